"""Writes dashboards/*.json from the tables below; with --check compares alone.

A panel is a title, a unit and queries; each query runs against the real Prometheus in
``tests/python/integration/test_dashboards.py``.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "dashboards"
SOURCE = {"type": "prometheus", "uid": "prometheus"}
LOGS = {"type": "loki", "uid": "loki"}
WIDTH, HEIGHT, COLUMNS = 12, 8, 24
VENUE = 'exchange=~"$exchange", market=~"$market"'


@dataclass(frozen=True)
class Panel:
    """One panel; ``queries`` are PromQL and the legend of their series."""

    title: str
    unit: str
    queries: Sequence[tuple[str, str]]
    kind: str = "timeseries"
    text: str = ""


def quantiles(metric: str, by: str, where: str = "") -> list[tuple[str, str]]:
    """Return the median and the 99th percentile of a histogram."""
    series = f"sum by (le, {by}) (rate({metric}_bucket{{{where}}}[$__rate_interval]))"
    legend = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    return [
        (f"histogram_quantile({share}, {series})", f"p{int(share * 100)} {legend}")
        for share in (0.5, 0.99)
    ]


OVERVIEW = (
    Panel(
        "Red",
        "short",
        [('count(ALERTS{alertstate="firing", severity!="none"}) or vector(0)', "alerts firing")],
        kind="stat",
    ),
    Panel("Ready", "bool_yes_no", [("tapeline_apps_ready_state", "{{part}} {{instance}}")], "stat"),
    Panel(
        "Frames a second",
        "ops",
        [(f"tapeline:frames:rate1m{{{VENUE}}}", "{{exchange}} {{market}}")],
    ),
    Panel(
        "Events a second",
        "ops",
        [(f"tapeline:events:rate1m{{{VENUE}}} > 0", "{{exchange}} {{market}} {{type}}")],
    ),
    Panel(
        "Bytes a second",
        "Bps",
        [(f"tapeline:received_bytes:rate1m{{{VENUE}}}", "{{exchange}} {{market}}")],
    ),
    Panel("Rows stored a second", "ops", [("tapeline:rows:rate1m", "{{target}} {{type}}")]),
    Panel(
        "Subscriptions",
        "short",
        [
            (f"tapeline_adapters_streams{{{VENUE}}}", "watched {{exchange}} {{market}}"),
            (f"tapeline_adapters_stale_streams{{{VENUE}}}", "stale {{exchange}} {{market}}"),
        ],
    ),
    Panel(
        "Most overdue subscriptions",
        "percentunit",
        [
            (
                "topk(10, tapeline_adapters_stream_silence_seconds"
                " / tapeline_adapters_stream_allowed_silence_seconds)",
                "{{symbol}}@{{channel}}",
            )
        ],
        text="Silence as a share of what is allowed.",
    ),
)
LATENCY = (
    Panel(
        "Exchange to received",
        "s",
        quantiles("tapeline_adapters_exchange_to_received_seconds", "exchange, market", VENUE),
        text="Needs a clock synchronised with the venue's.",
    ),
    Panel(
        "Received to judged",
        "s",
        quantiles("tapeline_apps_received_to_pushed_seconds", "exchange, market", VENUE),
    ),
    Panel(
        "Judging a batch", "s", quantiles("tapeline_apps_push_seconds", "exchange, market", VENUE)
    ),
    Panel(
        "Sent to acknowledged", "s", quantiles("tapeline_transport_send_to_ack_seconds", "instance")
    ),
    Panel(
        "Published to stored",
        "s",
        quantiles("tapeline_storage_published_to_stored_seconds", "target"),
    ),
    Panel("One flush", "s", quantiles("tapeline_storage_flush_seconds", "target")),
    Panel(
        "Event-loop lag", "s", quantiles("tapeline_apps_loop_lag_distribution_seconds", "instance")
    ),
    Panel(
        "p99 over five minutes",
        "s",
        [
            ("tapeline:exchange_to_received_seconds:p99_5m", "received {{exchange}} {{market}}"),
            ("tapeline:received_to_pushed_seconds:p99_5m", "judged {{exchange}} {{market}}"),
            ("tapeline:send_to_ack_seconds:p99_5m", "acknowledged {{instance}}"),
            ("tapeline:published_to_stored_seconds:p99_5m", "stored {{target}}"),
            ("tapeline:loop_lag_seconds:p99_5m", "loop {{instance}}"),
        ],
    ),
)
QUALITY = (
    Panel(
        "Residual",
        "short",
        [
            (f"sum(tapeline_cleaning_residual_items{{{VENUE}}})", "items"),
            ("sum(tapeline_storage_residual_messages)", "messages"),
        ],
        kind="stat",
        text="Anything but 0 is a defect.",
    ),
    Panel(
        "Open gaps",
        "short",
        [
            (f"tapeline_cleaning_open_gaps{{{VENUE}}}", "gaps {{exchange}} {{market}}"),
            (f"tapeline_cleaning_missing_events{{{VENUE}}}", "missing ids {{exchange}} {{market}}"),
        ],
    ),
    Panel(
        "Gaps opened in ten minutes",
        "short",
        [
            (
                f"increase(tapeline_cleaning_gaps_opened_total{{{VENUE}}}[10m])",
                "{{exchange}} {{market}}",
            )
        ],
    ),
    Panel(
        "Events by quality",
        "ops",
        [
            (
                f"sum by (quality) (rate(tapeline_cleaning_quality_events_total{{{VENUE}}}"
                "[$__rate_interval]))",
                "{{quality}}",
            )
        ],
    ),
    Panel(
        "Quarantine by reason",
        "ops",
        [
            (
                f"sum by (reason) (rate(tapeline_cleaning_quarantined_frames_total{{{VENUE}}}"
                "[$__rate_interval]))",
                "{{reason}}",
            )
        ],
    ),
    Panel(
        "Share quarantined",
        "percentunit",
        [("tapeline:quarantined:ratio5m", "{{exchange}} {{market}}")],
    ),
    Panel(
        "Duplicates and fallbacks",
        "ops",
        [
            (
                f"sum(rate(tapeline_cleaning_duplicate_events_total{{{VENUE}}}[$__rate_interval]))",
                "duplicates",
            ),
            (
                f"sum(rate(tapeline_cleaning_fallback_frames_total{{{VENUE}}}[$__rate_interval]))",
                "general parser",
            ),
        ],
    ),
    Panel(
        "Per stage",
        "ops",
        [
            (
                f"sum by (stage) (rate(tapeline_cleaning_stage_{side}_frames_total{{{VENUE}}}"
                "[$__rate_interval]))",
                f"{side} {{{{stage}}}}",
            )
            for side in ("repaired", "flagged", "quarantined")
        ],
    ),
    Panel("Books", "short", [(f"tapeline_cleaning_books{{{VENUE}}}", "{{market}} {{state}}")]),
    Panel(
        "Books that want a snapshot", "short", [("tapeline_adapters_books_unsynced", "{{market}}")]
    ),
)
SYSTEM = (
    Panel(
        "Lines up",
        "short",
        [
            (
                f"sum by (exchange, market) (tapeline_adapters_lines{{{VENUE}}})",
                "wanted {{market}}",
            ),
            ("sum(tapeline_adapters_line_up)", "up"),
            ("sum(tapeline_adapters_line_paused)", "paused"),
        ],
    ),
    Panel(
        "Reconnects in ten minutes",
        "short",
        [
            (
                f"increase(tapeline_adapters_reconnects_total{{{VENUE}}}[10m])",
                "{{exchange}} {{market}}",
            )
        ],
    ),
    Panel(
        "Frames waiting",
        "short",
        [
            (f"tapeline_adapters_inbox_frames{{{VENUE}}}", "{{exchange}} {{market}}"),
            (f"tapeline_adapters_inbox_capacity_frames{{{VENUE}}}", "room {{exchange}} {{market}}"),
        ],
    ),
    Panel(
        "Bus",
        "short",
        [
            ('tapeline_transport_messages{state!="acknowledged"}', "{{state}} {{instance}}"),
            ("tapeline_transport_stalled_seconds", "stalled s {{instance}}"),
        ],
    ),
    Panel("Consumer lag", "short", [("tapeline_storage_lag_messages", "{{target}}")]),
    Panel(
        "Buffer of a store",
        "bytes",
        [
            ("tapeline_storage_buffered_bytes", "{{target}}"),
            ("tapeline_storage_buffer_capacity_bytes", "room {{target}}"),
        ],
    ),
    Panel("Stores up", "bool_yes_no", [("tapeline_storage_up_state", "{{target}}")], "stat"),
    Panel(
        "Rows a flush",
        "short",
        [
            (
                "sum by (target) (rate(tapeline_storage_rows_total[$__rate_interval]))"
                " / sum by (target) (rate(tapeline_storage_commits_total[$__rate_interval]))",
                "{{target}}",
            )
        ],
    ),
    Panel(
        "Bytes stored a second",
        "Bps",
        [("sum by (target) (rate(tapeline_storage_bytes_total[$__rate_interval]))", "{{target}}")],
    ),
    Panel(
        "Faults and dead letters",
        "short",
        [
            (
                "sum by (target, kind) (increase(tapeline_storage_faults_total[10m]))",
                "{{kind}} {{target}}",
            ),
            (
                "sum by (target, reason) (increase(tapeline_storage_dead_letters_total[10m]))",
                "dead {{reason}} {{target}}",
            ),
        ],
    ),
    Panel(
        "Processor", "percentunit", [("rate(process_cpu_seconds_total[1m])", "{{job}} {{part}}")]
    ),
    Panel("Memory", "bytes", [("process_resident_memory_bytes", "{{job}} {{part}}")]),
    Panel(
        "Disk free",
        "percentunit",
        [("tapeline_apps_disk_free_bytes / tapeline_apps_disk_size_bytes", "{{part}} {{place}}")],
    ),
    Panel(
        "Build", "short", [("tapeline_apps_build_info", "{{role}} {{version}} {{python}}")], "stat"
    ),
)
API = (
    Panel(
        "Requests a second",
        "reqps",
        [
            (
                "sum by (route, status) (rate(tapeline_api_requests_total[$__rate_interval]))",
                "{{route}} {{status}}",
            )
        ],
    ),
    Panel("Time of a request", "s", quantiles("tapeline_api_request_seconds", "route")),
    Panel(
        "Queries",
        "short",
        [
            ("tapeline_api_queries_running", "running {{instance}}"),
            ("tapeline_api_queries_waiting", "waiting {{instance}}"),
            ("increase(tapeline_api_queries_refused_total[10m])", "refused in 10 min {{instance}}"),
        ],
    ),
    Panel(
        "Live clients",
        "short",
        [
            ("tapeline_api_live_clients", "clients {{instance}}"),
            ("sum by (state) (tapeline_api_live_streams)", "streams {{state}}"),
            ("tapeline_api_live_feed_up", "feed up {{instance}}"),
        ],
    ),
    Panel(
        "Live events a second",
        "ops",
        [
            ("rate(tapeline_api_live_events_total[$__rate_interval])", "given {{instance}}"),
            (
                "rate(tapeline_api_live_skipped_events_total[$__rate_interval])",
                "skipped {{instance}}",
            ),
            (
                "rate(tapeline_api_live_conflations_total[$__rate_interval])",
                "conflated {{instance}}",
            ),
        ],
    ),
    Panel(
        "Sent to read by the live feed", "s", quantiles("tapeline_api_live_bus_seconds", "instance")
    ),
)
BOARDS = {
    "overview": ("tapeline overview", OVERVIEW),
    "latency": ("tapeline latency", LATENCY),
    "quality": ("tapeline data quality", QUALITY),
    "system": ("tapeline system", SYSTEM),
    "api": ("tapeline API", API),
}


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCE,
        "gridPos": {
            "h": HEIGHT,
            "w": WIDTH,
            "x": number * WIDTH % COLUMNS,
            "y": number * WIDTH // COLUMNS * HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": panel.kind == "stat",
                "range": panel.kind != "stat",
            }
            for place, (query, legend) in enumerate(panel.queries)
        ],
    }
    if panel.kind == "timeseries":
        made["fieldConfig"]["defaults"]["min"] = 0
        made["options"] = {"tooltip": {"mode": "multi", "sort": "desc"}}
    return made


def _variable(name: str) -> dict[str, Any]:
    query = f"label_values(tapeline_adapters_frames_total, {name})"
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _logs(number: int) -> dict[str, Any]:
    row = (number + 1) // 2 * HEIGHT
    return {
        "id": number + 1,
        "type": "logs",
        "title": "Warnings and errors",
        "datasource": LOGS,
        "gridPos": {"h": HEIGHT, "w": COLUMNS, "x": 0, "y": row},
        "fieldConfig": {"defaults": {}, "overrides": []},
        "options": {"showTime": True, "wrapLogMessage": True, "sortOrder": "Descending"},
        "targets": [
            {
                "refId": "A",
                "datasource": LOGS,
                "expr": '{job="tapeline", level=~"warning|error|critical"}',
                "queryType": "range",
            }
        ],
    }


def board(name: str) -> dict[str, Any]:
    """Return one dashboard."""
    title, panels = BOARDS[name]
    made = [_panel(number, panel) for number, panel in enumerate(panels)]
    if name == "system":
        made.append(_logs(len(made)))
    return {
        "uid": f"tapeline-{name}",
        "title": title,
        "tags": ["tapeline"],
        "timezone": "utc",
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_variable("exchange"), _variable("market")]},
        "annotations": {"list": []},
        "links": [],
        "panels": made,
    }


def texts() -> Iterator[tuple[Path, str]]:
    """Return each file and what belongs into it."""
    for name in BOARDS:
        yield TARGET / f"{name}.json", json.dumps(board(name), indent=2) + "\n"


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a file is out of date")
    is_check = parser.parse_args().check
    for path, text in texts():
        if not is_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            sys.stderr.write(f"{path} is out of date: run `just gen`\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
