"""The bad-input corpus: loading its cases and judging a pipeline's output by them."""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from .output import Output
from .pipeline import KEPT_RAW_BYTES
from .records import UNKNOWN, Gap, Instrument, QuarantineRecord, TradeRecord
from .schema import ROOT

FOLDER: Final = ROOT / "tests" / "corpus"

Expected = dict[str, Any]
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
    time_unit: Any
    frames: list[bytes]
    received_ns: list[int | None]
    expected: list[Expected]
    coverage: list[tuple[str, int, int]] | None
    gaps: list[tuple[int, int]]


@cache
def instruments() -> dict[str, str]:
    """Return the corpus's instrument list, venue's symbol to normalised symbol."""
    return dict(_manifest()["instruments"])


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
    events = [(place, record) for place, list_ in output.trades.items() for record in list_]
    for (trade_place, trade), index, expected in _pair(case, "event", events):
        _check_event(trade_place, trade, expected, case.frames[index], case.received_ns[index])
    refused = [(place, record) for place, list_ in output.quarantine.items() for record in list_]
    for (place, record), index, expected in _pair(case, "quarantine", refused):
        _check_quarantine(place, record, expected, case.frames[index], case.received_ns[index])
    controls = [(said.frame_index, said.kind) for said in output.controls]
    assert controls == [(index, said["kind"]) for index, said in _select(case, "control")]


def check_counters(case: Case, counters: dict[str, Any]) -> None:
    """Compare the counters, and that every frame got exactly one verdict."""
    assert counters["frames"] == len(case.frames)
    assert counters["events"].get("trade", 0) == len(_select(case, "event"))
    assert counters["duplicates"] == len(_select(case, "duplicate"))
    for verdict, key, counter in (
        ("quarantine", "reason", "quarantined"),
        ("control", "kind", "control"),
        ("unsupported", "type", "unsupported"),
    ):
        wanted = Counter(expected[key] for _, expected in _select(case, verdict))
        assert counters[counter] == wanted, counter


def _select(case: Case, verdict: str) -> list[tuple[int, Expected]]:
    numbered = enumerate(case.expected)
    return [(index, expected) for index, expected in numbered if expected["verdict"] == verdict]


def _pair(case: Case, verdict: str, found: list[_Found]) -> list[tuple[_Found, int, Expected]]:
    wanted = _select(case, verdict)
    assert len(found) == len(wanted), verdict
    return [(one, index, said) for one, (index, said) in zip(found, wanted, strict=True)]


def plain_decimal(value: tuple[int, int]) -> str:
    """Return (units, scale) as decimal digits without exponent."""
    units, scale = value
    digits = str(units).rjust(scale + 1, "0")
    return f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits


def _check_event(
    place: Instrument,
    record: TradeRecord,
    expected: Expected,
    frame: bytes,
    received_ns: int | None,
) -> None:
    found = {
        "verdict": "event",
        "quality": record.quality,
        "issues": list(record.issues),
        "raw_symbol": place.raw_symbol,
        "native_id": record.native_id,
        "price": plain_decimal(record.price),
        "quantity": plain_decimal(record.quantity),
        "side": record.side,
        "timestamp_ns": record.timestamp_ns,
        "metadata": dict(record.metadata),
    }
    assert found == {"metadata": {}, **expected}
    assert place.symbol == instruments()[place.raw_symbol]
    assert record.received_ns == received_ns
    assert record.raw == (b"" if record.quality == "perfect" else frame[:KEPT_RAW_BYTES])


def _check_quarantine(
    place: Instrument,
    record: QuarantineRecord,
    expected: Expected,
    frame: bytes,
    received_ns: int | None,
) -> None:
    found = {
        "verdict": "quarantine",
        "reason": record.reason,
        "stage": record.stage,
        "field": record.field,
        "offset": record.offset,
    }
    assert found == expected
    assert place == UNKNOWN or place.raw_symbol in instruments()
    assert record.received_ns == received_ns
    assert record.raw_length == len(frame)
    assert record.raw == frame[:KEPT_RAW_BYTES]


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
