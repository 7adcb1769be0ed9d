"""Writes docs/exchanges/capabilities.md from what the adapters say; with --check compares alone."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tapeline.adapters.registry import capabilities, venues
from tapeline.adapters.venue import Venue

TARGET = Path(__file__).parent / "exchanges" / "capabilities.md"

HEAD = """\
# What each channel can prove

Made from `python/tapeline/adapters/*/*/capabilities.py` by `docs/gen_capabilities.py`; a test
compares it with the Rust adapters. A type stands for the channel in bold, the others are asked for
by their own name, and those in italics are read where they come.

A hole in the ids is **proven** loss where the venue promises ids without holes, **inferred** where
there is none in any recording but no promise, and **unverifiable** where nothing that the venue
sends can show a loss.
"""
COLUMNS = (
    "channel",
    "type",
    "ids",
    "a hole is",
    "known again by",
    "1 counts",
    "timestamp",
    "evidence",
)


def document() -> str:
    """Return the text of the page."""
    return "\n".join((HEAD, *(line for venue in venues() for line in _section(venue))))


def _section(venue: Venue) -> Iterator[str]:
    yield f"## {venue.exchange} {venue.market}"
    yield ""
    page = f"{venue.exchange}-{venue.market}.md"
    yield f"What its messages mean: [{page}]({page}). Book over REST: `{venue.depth_url}`"
    yield ""
    yield _row(COLUMNS)
    yield _row(["---"] * len(COLUMNS))
    first = {names[0] for names in venue.types.values()}
    for each in capabilities(venue):
        name = f"`{each.channel}`"
        if each.channel in first:
            name = f"**{name}**"
        elif each.channel not in venue.channels:
            name = f"*{name}*"
        yield _row(
            (
                name,
                each.type,
                each.ids,
                each.loss,
                each.recovery or "nothing",
                each.quantity or "-",
                each.time or "none",
                each.evidence,
            )
        )
    yield ""


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


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
