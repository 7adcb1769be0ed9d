"""Clock, log, metrics and histograms."""

import ast
import io
import logging
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Gauge, generate_latest

from tapeline.telemetry.catalogue import CATALOGUE
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.log import escape_controls, logger, logging_to
from tapeline.telemetry.metrics import Metrics, Reading, cleaning_readings

ROOT = Path(__file__).parents[3]
KINDS = ("counter", "gauge", "latency")


@given(st.lists(st.integers(0, 10**12), min_size=1), st.sampled_from([0.0, 0.5, 0.99, 1.0]))
def test_a_percentile_is_never_too_good_and_at_most_a_thirtysecond_too_bad(
    values: list[int], fraction: float
) -> None:
    histogram = LatencyHistogram()
    for value in values:
        histogram.record(value)
    rank = max(1, -int(-fraction * len(values) // 1))
    exact = sorted(values)[rank - 1]
    found = histogram.percentile_ns(fraction)
    assert found is not None
    assert exact <= found <= exact + exact / 32 + 1
    assert histogram.max_ns == max(values)


@given(st.lists(st.integers(-5, 10**9)), st.lists(st.integers(-5, 10**9)))
def test_merging_is_the_same_as_recording_everything_in_one(
    left: list[int], right: list[int]
) -> None:
    one, other, both = LatencyHistogram(), LatencyHistogram(), LatencyHistogram()
    for value in left:
        one.record(value)
        both.record(value)
    for value in right:
        other.record(value)
        both.record(value)
    one.merge(other)
    assert one.summary() == both.summary()


def test_an_empty_histogram_has_no_percentile() -> None:
    assert LatencyHistogram().summary() == {
        "count": 0,
        "p50_ns": None,
        "p99_ns": None,
        "max_ns": None,
    }


def test_log_lines_are_json_and_hold_no_control_characters() -> None:
    out = io.StringIO()
    with logging_to(out, style="json"):
        logger("test").warning("frame\x1b[31m refused", text="\x1b]0;title\x07\x9b\u202e", count=3)
        logging.getLogger("elsewhere").error("plain %s", "record\x07")
    lines = [orjson.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0]["event"] == "frame\\x1b[31m refused"
    assert lines[0]["text"] == "\\x1b]0;title\\x07\\x9b\\u202e"
    assert (lines[0]["count"], lines[0]["level"]) == (3, "warning")
    assert lines[1]["event"] == "plain record\\x07"


def test_console_lines_hold_no_control_characters_either() -> None:
    out = io.StringIO()
    with logging_to(out, style="console"):
        logger("test").info("hello", text="a\x1b[2Jb")
    assert "\x1b" not in out.getvalue()
    assert "a\\x1b[2Jb" in out.getvalue()


@given(st.text())
def test_printable_text_is_left_alone(text: str) -> None:
    if text.isprintable():
        assert escape_controls(text) == text


def counters(unsupported: dict[str, int]) -> dict[str, object]:
    stage = {"stage": "structure", "in": 9, "out": 8, "repaired": 1, "flagged": 0, "quarantined": 1}
    return {
        "frames": 9,
        "items": 9,
        "events": {"trade": 7},
        "quality": {"perfect": 7},
        "quarantined": {"not_json": 1},
        "duplicates": 1,
        "control": {},
        "unsupported": unsupported,
        "fallbacks": 2,
        "gaps_opened": 3,
        "stages": [stage],
    }


VENUE = {"exchange": "binance", "market": "spot"}


def test_the_pipelines_counters_are_read_when_scraped_and_labels_are_bounded() -> None:
    metrics = Metrics()
    found = counters({f"type{n}": 1 for n in range(200)})
    metrics.read_from(lambda: cleaning_readings(found, VENUE))

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"tapeline_cleaning_{name}", VENUE | labels)

    assert value("frames_total") == 9
    assert value("events_total", type="trade") == 7
    assert value("stage_quarantined_frames_total", stage="structure") == 1
    assert value("unsupported_frames_total", type="other") == 136


def test_readings_of_several_markets_are_one_metric() -> None:
    metrics = Metrics()
    for market in ("spot", "usdm"):
        labels = {"exchange": "binance", "market": market}
        metrics.read_from(lambda labels=labels: [("tapeline_cleaning_frames", labels, 3)])  # type: ignore[misc]
    text = generate_latest(metrics.registry).decode()
    assert text.count("# TYPE tapeline_cleaning_frames_total counter") == 1
    assert 'tapeline_cleaning_frames_total{exchange="binance",market="usdm"} 3.0' in text


def test_a_reading_that_fails_costs_itself_alone_and_is_counted() -> None:
    def broken() -> Iterator[Reading]:
        yield "tapeline_transport_sent_messages", {}, 1
        raise OSError("gone")

    metrics = Metrics()
    metrics.read_from(broken)
    metrics.read_from(lambda: [("tapeline_cleaning_frames", VENUE, 3)])
    assert metrics.registry.get_sample_value("tapeline_transport_sent_messages_total") is None
    assert metrics.registry.get_sample_value("tapeline_cleaning_frames_total", VENUE) == 3
    assert metrics.registry.get_sample_value("tapeline_telemetry_scrape_faults_total") == 2


@given(st.lists(st.integers(-5, 10**11)))
def test_a_histogram_shows_every_value_at_or_above_its_bucket(values: list[int]) -> None:
    metrics = Metrics()
    shown = metrics.latency("tapeline_transport_send_to_ack_seconds")
    for value in values:
        shown.record(value)
    name = "tapeline_transport_send_to_ack_seconds"
    read = metrics.registry.get_sample_value
    for bound in (0.001, 0.05, 1.0, 60.0):
        below = read(f"{name}_bucket", {"le": repr(bound)})
        assert below is not None
        # Never too good, and at most 3.2 % too bad.
        assert below <= sum(value <= bound * 1e9 for value in values)
        assert below >= sum(value < bound * 1e9 / 1.033 for value in values)
    assert read(f"{name}_bucket", {"le": "+Inf"}) == read(f"{name}_count") == len(values)
    assert read(f"{name}_sum") == pytest.approx(sum(max(0, value) for value in values) / 1e9)


def test_every_metric_that_the_code_names_is_in_the_catalogue() -> None:
    named: set[str] = set()
    for path in (ROOT / "python" / "tapeline").rglob("*.py"):
        calls = (
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        )
        for call in calls:
            is_metric = isinstance(call.func, ast.Attribute) and call.func.attr in KINDS
            first = call.args[0] if is_metric and call.args else None
            if isinstance(first, ast.Constant) and str(first.value).startswith("tapeline_"):
                named.add(str(first.value).removesuffix("_total"))
    assert len(named) > 10
    assert named <= set(CATALOGUE)


def test_a_metric_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="tapeline_<layer>_<thing>_<unit>"):
        Metrics().counter("frames", "no")


def test_threads_that_ask_for_the_same_metric_at_once_get_one() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(50):
            metrics = Metrics()
            together = threading.Barrier(4)

            def ask(metrics: Metrics = metrics, together: threading.Barrier = together) -> Gauge:
                together.wait()
                return metrics.gauge("tapeline_storage_lag_messages", "Lag.", target="a")

            with ThreadPoolExecutor(4) as threads:
                gauges = [each.result() for each in [threads.submit(ask) for _ in range(4)]]
            assert all(gauge is gauges[0] for gauge in gauges)
    finally:
        sys.setswitchinterval(interval)
