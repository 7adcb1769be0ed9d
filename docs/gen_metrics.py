"""Writes docs/metrics.md from the catalogue of metrics; with --check compares alone."""

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tapeline.telemetry.catalogue import CATALOGUE, LABEL_VALUES_MAX, STREAMS_MAX, Spec

TARGET = Path(__file__).parent / "metrics.md"

HEAD = f"""\
# Metrics

Made from `python/tapeline/telemetry/catalogue.py` by `docs/gen_metrics.py`.

`tapeline collect`, `store`, `serve` and `up` take `--metrics HOST:PORT` and answer there `/metrics`
for Prometheus, `/health/live` and `/health/ready` (see [operations](operations.md)). Without it
nothing listens. It is a listener of its own: nobody who reaches the API reaches it.

Nothing is counted per event in Python. Counters of the Rust core, the bus and the books are read
when somebody scrapes; what a store has taken is added once per chunk. Times are in seconds, and a
histogram's bucket boundaries lie between 100 µs and 60 s.

How many series there are is bounded: label values that come from the wire are cut at
{LABEL_VALUES_MAX} and the rest is `other`; the {STREAMS_MAX} most overdue subscriptions have a
series each, all of them are in the sums. A label `line` names a connection, `target` a store
without its password.
"""
LAYERS = {
    "adapters": "Connections",
    "cleaning": "Cleaning",
    "transport": "Bus",
    "storage": "Stores",
    "api": "API",
    "telemetry": "Telemetry",
    "apps": "Process",
}
FOOT = """\
## From the exchange to a query

| part of the way | metric |
|---|---|
| exchange to received | `tapeline_adapters_exchange_to_received_seconds`, of a sample of batches |
| received to judged | `tapeline_apps_received_to_pushed_seconds` and `tapeline_apps_push_seconds` |
| judged to published | `tapeline_transport_send_to_ack_seconds` |
| published to stored | `tapeline_storage_published_to_stored_seconds`, of a sample of messages |
| stored to queryable | none: every store makes rows visible in the step that `stored` ends with |

The first needs a clock that is synchronised with the venue's.

Beside these, the process's own: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_open_fds`, `process_start_time_seconds`.
"""


def document() -> str:
    """Return the text of the page."""
    layers = groupby(CATALOGUE.values(), key=lambda spec: spec.name.split("_")[1])
    tables = [line for layer, specs in layers for line in _table(layer, list(specs))]
    return "\n".join((HEAD, *tables, FOOT))


def _table(layer: str, specs: list[Spec]) -> Iterator[str]:
    yield f"## {LAYERS[layer]}"
    yield ""
    yield "| metric | kind | labels | meaning |"
    yield "|---|---|---|---|"
    for spec in specs:
        labels = ", ".join(f"`{label}`" for label in spec.labels)
        yield f"| `{spec.exported}` | {spec.kind} | {labels} | {spec.text} |"
    yield ""


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the page is out of date")
    text = document()
    if not parser.parse_args().check:
        TARGET.write_text(text, "utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text("utf-8") == text:
        return 0
    sys.stderr.write(f"{TARGET} is out of date: run `just gen`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
