"""The bad-input corpus: loading its cases and judging a pipeline's output by them."""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from .output import Output
from .pipeline import KEPT_RAW_BYTES
from .records import (
    UNKNOWN,
    BookRecord,
    FundingRecord,
    Gap,
    Instrument,
    LiquidationRecord,
    QuarantineRecord,
    TradeRecord,
)
from .schema import ROOT

FOLDER: Final = ROOT / "tests" / "corpus"

BINANCE_SPOT: Final = "binance spot"

Expected = dict[str, Any]
EventRecord = TradeRecord | BookRecord | FundingRecord | LiquidationRecord
_Found = TypeVar("_Found")


class Pipeline(Protocol):
    """What the corpus needs of an implementation."""

    def push(self, frames: list[bytes], received_ns: list[int | None]) -> Output:
        """Give every frame a verdict."""

    def counters(self) -> dict[str, Any]:
        """Return the counters."""

    def gaps(self) -> list[Gap]:
        """Return what is missing."""


class Case(NamedTuple):
    """One case of the manifest with its frames."""

    id: str
    market: str
    time_unit: Any
    frames: list[bytes]
    received_ns: list[int | None]
    expected: list[Expected]
    coverage: list[tuple[str, int | None, int | None]] | None
    gaps: list[tuple[int, int]]


@cache
def instruments(market: str = BINANCE_SPOT) -> dict[str, str]:
    """Return the corpus's instrument list of a market, venue's symbol to normalised symbol."""
    return dict(_manifest()["instruments"][market])


@cache
def cases() -> dict[str, Case]:
    """Return all cases by their id."""
    return {entry["id"]: _load(entry) for entry in _manifest()["cases"]}


@cache
def _manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_bytes())
    return manifest


def _load(entry: dict[str, Any]) -> Case:
    frames, received_ns = _frames(entry)
    expected = entry["expected"]
    if entry.get("generate") == "every_prefix":
        (whole,) = frames
        frames = [whole[:length] for length in range(1, len(whole))]
        expected = [{**expected[0], "offset": len(frame)} for frame in frames]
        received_ns *= len(frames)
    coverage = entry.get("coverage")
    return Case(
        entry["id"],
        entry["market"],
        entry["time_unit"],
        frames,
        received_ns,
        expected,
        None if coverage is None else [(kind, first, last) for kind, first, last in coverage],
        [(first, last) for first, last in entry.get("gaps", [])],
    )


def _frames(entry: dict[str, Any]) -> tuple[list[bytes], list[int | None]]:
    if "recipe" in entry:
        text = "".join(part["text"] * part["times"] for part in entry["recipe"])
        return [text.encode()], [entry["received_ns"]]
    content = (FOLDER / entry["file"]).read_bytes()
    if Path(entry["file"]).suffix != ".jsonl":
        return [content], [entry["received_ns"]]
    lines = [json.loads(line) for line in content.splitlines()]
    return [line["raw"].encode() for line in lines], [line["recv_ns"] for line in lines]


def check_case(case: Case, pipeline: Pipeline) -> None:
    """Push the frames of a case to a fresh pipeline and compare every verdict."""
    output = pipeline.push(case.frames, case.received_ns)
    check_verdicts(case, output)
    check_counters(case, pipeline.counters())
    gaps = [(gap.first_missing, gap.last_missing) for gap in pipeline.gaps()]
    assert gaps == case.gaps
    if case.coverage is not None:
        ((_, records),) = output.coverage.items()
        assert [(said.kind, said.first_id, said.last_id) for said in records] == case.coverage


def check_verdicts(case: Case, output: Output) -> None:
    """Compare events, quarantine records and controls, in their order, with the manifest."""
    for kind, records in (
        ("trade", output.trades),
        ("orderbook", output.books),
        ("funding", output.fundings),
        ("liquidation", output.liquidations),
    ):
        events = [(place, record) for place, list_ in records.items() for record in list_]
        for (event_place, record), index, expected in _pair(case, "event", events, kind):
            _check_event(event_place, record, expected, case, _frame_index(case, index))
    refused = [(place, record) for place, list_ in output.quarantine.items() for record in list_]
    for (place, refusal), index, expected in _pair(case, "quarantine", refused):
        _check_quarantine(place, refusal, expected, case, _frame_index(case, index))
    controls = [(said.frame_index, said.kind) for said in output.controls]
    assert controls == [(index, said["kind"]) for index, said in _select(case, "control")]


def check_counters(case: Case, counters: dict[str, Any]) -> None:
    """Compare the counters, and that every frame got exactly one verdict."""
    assert counters["frames"] == len(case.frames)
    assert counters["items"] == len(case.expected)
    for kind, count in counters["events"].items():
        assert count == len(_select(case, "event", kind)), kind
    assert counters["duplicates"] == len(_select(case, "duplicate"))
    for verdict, key, counter in (
        ("quarantine", "reason", "quarantined"),
        ("control", "kind", "control"),
        ("unsupported", "type", "unsupported"),
    ):
        wanted = Counter(expected[key] for _, expected in _select(case, verdict))
        assert counters[counter] == wanted, counter


def _frame_index(case: Case, index: int) -> int:
    """Return the frame of a verdict: a frame that is a list has one for each element."""
    return min(index, len(case.frames) - 1)


def _select(case: Case, verdict: str, kind: str = "trade") -> list[tuple[int, Expected]]:
    return [
        (index, expected)
        for index, expected in enumerate(case.expected)
        if expected["verdict"] == verdict
        and (verdict != "event" or expected.get("type", "trade") == kind)
    ]


def _pair(
    case: Case, verdict: str, found: list[_Found], kind: str = "trade"
) -> list[tuple[_Found, int, Expected]]:
    wanted = _select(case, verdict, kind)
    assert len(found) == len(wanted), (verdict, kind)
    return [(one, index, said) for one, (index, said) in zip(found, wanted, strict=True)]


def plain_decimal(value: tuple[int, int]) -> str:
    """Return (units, scale) as decimal digits without exponent."""
    units, scale = value
    if units < 0:
        return "-" + plain_decimal((-units, scale))
    digits = str(units).rjust(scale + 1, "0")
    return f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a record has
    """Return a record's value as the manifest spells it."""
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(x, int) for x in value):
        return plain_decimal(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _check_event(
    place: Instrument, record: EventRecord, expected: Expected, case: Case, index: int
) -> None:
    values = {**record._asdict(), "metadata": dict(record.metadata), **place._asdict()}
    found = {key: _plain(values[key]) for key in expected if key not in ("verdict", "type")}
    assert found == {key: expected[key] for key in found}
    assert dict(record.metadata) == expected.get("metadata", {})
    assert place.symbol == instruments(case.market)[place.raw_symbol]
    assert record.received_ns == case.received_ns[index]
    kept = b"" if record.quality == "perfect" else case.frames[index][:KEPT_RAW_BYTES]
    assert record.raw == kept


def _check_quarantine(
    place: Instrument, record: QuarantineRecord, expected: Expected, case: Case, index: int
) -> None:
    found = {
        "verdict": "quarantine",
        "reason": record.reason,
        "stage": record.stage,
        "field": record.field,
        "offset": record.offset,
    }
    assert found == expected
    assert place == UNKNOWN or place.raw_symbol in instruments(case.market)
    assert record.received_ns == case.received_ns[index]
    assert record.raw_length == len(case.frames[index])
    assert record.raw == case.frames[index][:KEPT_RAW_BYTES]


# -- neighbours --------------------------------------------------------------------------------

_RECEIVED_NS: Final = 1_723_161_255_400_000_000


def _good(symbol: str, number: int, time_unit: str) -> bytes:
    time = 1723161255342 * (1_000 if time_unit == "us" else 1)
    return (
        f'{{"e":"trade","E":{time},"s":"{symbol}","t":{number},"p":"61837.63000000",'
        f'"q":"0.02000000","T":{time},"m":true,"M":true}}'
    ).encode()


def check_neighbours(case: Case, pipeline: Pipeline, symbol: str) -> None:
    """Push the case between two good trades of a symbol: both must come out Perfect."""
    before, after = (_good(symbol, number, case.time_unit) for number in (7, 8))
    output = pipeline.push(
        [before, *case.frames, after], [_RECEIVED_NS, *case.received_ns, _RECEIVED_NS]
    )
    good = output.trades[Instrument(symbol, instruments()[symbol])]
    assert [(record.native_id, record.quality) for record in good] == [
        ("7", "perfect"),
        ("8", "perfect"),
    ]
    assert pipeline.counters()["frames"] == len(case.frames) + 2


def has_event(case: Case) -> bool:
    """Whether the case has frames that become events (or duplicates) of their own."""
    return any(expected["verdict"] in ("event", "duplicate") for expected in case.expected)
