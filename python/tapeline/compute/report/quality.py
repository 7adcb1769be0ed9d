"""How good the data of a run was: what was recorded, what is missing, what was left out."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from tapeline.compute.backtest.result import RunResult
from tapeline.compute.report import formats
from tapeline.compute.report.tables import Cell, Table

_NOT_WINDOWS: Final = ("no time", "no price")
"""Reasons to leave out rows that do not lie in one place of the timeline."""

_ROWS: Final = 100
_BARS: Final = 400
_THINNEST: Final = 100 / _BARS
Window = tuple[int | None, int | None]


class Bar(NamedTuple):
    """A piece of a track, in per cent of its width."""

    left: float
    width: float
    kind: str
    """``recorded``, ``hole`` or ``excluded``."""
    title: str


class Track(NamedTuple):
    """One line of the timeline."""

    label: str
    summary: str
    bars: list[Bar]


class Quality(NamedTuple):
    """Everything the report says about the data."""

    verdict: str
    """``complete``, ``incomplete`` or ``unknown``."""
    summary: str
    start: str
    end: str
    tracks: list[Track]
    holes: Table
    excluded: Table


def quality(result: RunResult) -> Quality:
    """Return what is known of the completeness of what was read, and what had no part."""
    coverage = result.coverage
    streams: list[Mapping[str, Any]] = list(coverage.get("streams", ()))
    holes: list[Mapping[str, Any]] = list(coverage.get("holes", ()))
    excluded = result.excluded.to_pylist()
    axis = _axis(result, streams)
    verdicts = {True: "complete", False: "incomplete", None: "unknown"}
    tracks = [_stream_track(stream, holes, axis) for stream in streams]
    tracks += _excluded_tracks(excluded, axis)
    return Quality(
        verdicts[coverage.get("is_complete")],
        str(coverage.get("summary", "nothing is known of its completeness")),
        formats.moment(axis[0]),
        formats.moment(axis[1]),
        tracks,
        _hole_table(holes),
        _excluded_table(excluded),
    )


def _axis(result: RunResult, streams: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Return the first and the last time of the timeline: as asked for, else of the data."""
    times = result.equity["time_ns"].to_numpy()
    known = [time for s in streams for time in (s["first_ns"], s["last_ns"]) if time is not None]
    known += [int(times.min()), int(times.max())] if times.size else []
    start = result.start_ns if result.start_ns is not None else min(known, default=0)
    end = result.end_ns if result.end_ns is not None else max(known, default=start)
    return start, max(end, start + 1)


def _stream_track(
    stream: Mapping[str, Any], holes: Iterable[Mapping[str, Any]], axis: tuple[int, int]
) -> Track:
    key = itemgetter("exchange", "market", "raw_symbol", "channel")
    own = [hole for hole in holes if key(hole) == key(stream)]
    bars = []
    if stream["first_ns"] is not None:
        bars.append(_bar((stream["first_ns"], stream["last_ns"]), axis, "recorded", "recorded"))
    bars += _thinned(
        [((hole["start_ns"], hole["end_ns"]), str(hole["kind"])) for hole in own], axis, "hole"
    )
    name = f"{stream['exchange']} {stream['market']} {stream['symbol']} {stream['channel']}"
    said = f"{len(own):,} hole{'' if len(own) == 1 else 's'}, loss {stream['loss']}"
    return Track(name.strip(), said, bars)


def _excluded_tracks(rows: list[dict[str, Any]], axis: tuple[int, int]) -> Iterable[Track]:
    key = itemgetter("symbol", "type")
    rows = [row for row in rows if row["reason"] not in _NOT_WINDOWS]
    for (symbol, event_type), own in groupby(sorted(rows, key=key), key):
        windows = [((row["start_ns"], row["end_ns"]), str(row["reason"])) for row in own]
        label = f"left out of {symbol} {event_type}"
        said = f"{len(windows):,} window{'' if len(windows) == 1 else 's'}"
        yield Track(label, said, _thinned(windows, axis, "excluded"))


def _thinned(windows: Iterable[tuple[Window, str]], axis: tuple[int, int], kind: str) -> list[Bar]:
    """Return bars from left to right; one that would lie on the bar before it is part of that."""
    bars: list[Bar] = []
    for bar in sorted(_bar(window, axis, kind, reason) for window, reason in windows):
        last = bars[-1] if bars else None
        if last is None or bar.left - last.left > _THINNEST:
            bars.append(bar)
        else:
            width = max(last.width, bar.left + bar.width - last.left)
            bars[-1] = last._replace(width=round(width, 3))
    return bars


def _bar(window: Window, axis: tuple[int, int], kind: str, reason: str) -> Bar:
    start, end = axis
    begin = min(max(window[0] if window[0] is not None else start, start), end)
    stop = min(max(window[1] if window[1] is not None else end, begin), end)
    left = min((begin - start) / (end - start) * 100, 100 - _THINNEST)
    width = max((stop - begin) / (end - start) * 100, _THINNEST)
    width = min(width, 100 - left)
    since = formats.moment(window[0], missing="always")
    until = formats.moment(window[1], missing="the end")
    return Bar(round(left, 3), round(width, 3), kind, f"{reason}: {since} to {until}")


def _hole_table(holes: list[Mapping[str, Any]]) -> Table:
    rows = [
        (
            Cell(f"{hole['exchange']} {hole['market']} {hole['symbol']} {hole['channel']}".strip()),
            Cell(str(hole["kind"]), "bad"),
            Cell(formats.moment(hole["start_ns"])),
            Cell(formats.moment(hole["end_ns"])),
            Cell(str(hole["proof"])),
            Cell(str(hole["reason"])),
        )
        for hole in holes[:_ROWS]
    ]
    columns = ("Stream", "Kind", "From", "To", "Proof", "Reason")
    return Table(_caption("holes in the data", len(rows), len(holes)), columns, rows)


def _excluded_table(excluded: list[dict[str, Any]]) -> Table:
    rows = [
        (
            Cell(row["symbol"]),
            Cell(row["type"]),
            Cell(formats.moment(row["start_ns"], missing="always")),
            Cell(formats.moment(row["end_ns"], missing="the end")),
            Cell(row["reason"]),
            Cell(f"{row['events']:,}"),
        )
        for row in excluded[:_ROWS]
    ]
    columns = ("Symbol", "Type", "From", "To", "Reason", "Events")
    return Table(_caption("exclusions", len(rows), len(excluded)), columns, rows)


def _caption(what: str, shown: int, all_of_them: int) -> str:
    first = f"The first {shown:,} of {all_of_them:,}" if shown < all_of_them else f"{shown:,}"
    return f"{first} {what}"
