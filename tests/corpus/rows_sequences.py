"""Rows about several frames of one stream: J48 to J50, J56, J58."""

from __future__ import annotations

from typing import Any

from tests.corpus.building import DUPLICATE, Verdict, event, quarantine, sequence, trade_json

START_MS = 1723161255342
DELAY_NS = 58_000_000

Tape = list[tuple[str, int]]


def trade(
    number: int, price: str = "100", quantity: str = "1", time_ms: int = START_MS
) -> tuple[str, int]:
    """Return a trade and its receive time."""
    frame = trade_json(number, price, quantity, time_ms)
    return frame, time_ms * 1_000_000 + DELAY_NS


def kept(
    number: int, *issues: str, price: str = "100", quantity: str = "1", time_ms: int = START_MS
) -> Verdict:
    """Expect that trade."""
    return event(
        *issues,
        native_id=str(number),
        price=price,
        quantity=quantity,
        timestamp_ns=time_ms * 1_000_000,
    )


def wrapped(number: int) -> tuple[str, int]:
    """Return a trade as the combined connection sends it, a little later."""
    frame, received_ns = trade(number)
    return '{"stream":"btcusdt@trade","data":' + frame + "}", received_ns + 5_000_000


def start(number: int) -> list[Any]:
    """Expect the session's first record."""
    return ["session_start", number, number]


DUPLICATES = [
    sequence("J48", [trade(5), trade(5)], [kept(5), DUPLICATE], coverage=[start(5)]),
    sequence(
        "J48",
        [trade(5), wrapped(5), trade(6), wrapped(6)],
        [kept(5), DUPLICATE, kept(6), DUPLICATE],
        coverage=[start(5)],
        note="the same trades on two connections",
    ),
    sequence(
        "J48",
        [trade(5), trade(5, price="101")],
        [kept(5), quarantine("id_conflict", 6, "t")],
        coverage=[start(5)],
        note="the same id with another price and no later time",
    ),
    sequence(
        "J48",
        [trade(5), trade(5, quantity="2")],
        [kept(5), quarantine("id_conflict", 6, "t")],
        coverage=[start(5)],
    ),
    sequence(
        "J48",
        [trade(5), trade(5, price="100.00", quantity="1.000")],
        [kept(5), DUPLICATE],
        coverage=[start(5)],
        note="equal as numbers",
    ),
]

GAPS = [
    sequence(
        "J49",
        [trade(5), trade(6), trade(9)],
        [kept(5), kept(6), kept(9, "sequence_gap")],
        coverage=[start(5), ["gap_opened", 7, 8]],
        gaps=[[7, 8]],
    ),
    sequence(
        "J49",
        [trade(5), trade(6), trade(9), trade(7), trade(8)],
        [
            kept(5),
            kept(6),
            kept(9, "sequence_gap"),
            kept(7, "out_of_order"),
            kept(8, "out_of_order"),
        ],
        coverage=[start(5), ["gap_opened", 7, 8], ["gap_filled", 7, 8]],
        note="consecutive late ids make one record",
    ),
    sequence(
        "J49",
        [trade(5), trade(6), trade(9), trade(8), trade(7)],
        [
            kept(5),
            kept(6),
            kept(9, "sequence_gap"),
            kept(8, "out_of_order"),
            kept(7, "out_of_order"),
        ],
        coverage=[start(5), ["gap_opened", 7, 8], ["gap_filled", 8, 8], ["gap_filled", 7, 7]],
    ),
    sequence(
        "J49",
        [trade(7), trade(9), trade(8), trade(10)],
        [kept(7), kept(9, "sequence_gap"), kept(8, "out_of_order"), kept(10)],
        coverage=[start(7), ["gap_opened", 8, 8], ["gap_filled", 8, 8]],
        note="9 and 8 swapped",
    ),
    sequence(
        "J49",
        [trade(5), trade(10), trade(7), trade(7)],
        [kept(5), kept(10, "sequence_gap"), kept(7, "out_of_order"), DUPLICATE],
        coverage=[start(5), ["gap_opened", 6, 9], ["gap_filled", 7, 7]],
        gaps=[[6, 6], [8, 9]],
        note="a gap is split, and a late id is late only once",
    ),
    sequence(
        "J49",
        [trade(9), trade(8), trade(5), trade(10)],
        [kept(9), kept(8, "out_of_order"), kept(5, "out_of_order"), kept(10)],
        coverage=[start(9), ["gap_opened", 6, 7]],
        gaps=[[6, 7]],
        note="ids from before the session's first",
    ),
]

HIGH = 50_000_000
FAR = 1_000_000_000_006
JUMPS = [
    sequence(
        "J50",
        [trade(5), trade(FAR), trade(FAR + 1_000)],
        [kept(5), kept(FAR, "sequence_jump"), kept(FAR + 1_000, "sequence_jump")],
        coverage=[
            start(5),
            ["sequence_reset", FAR + 1_000, FAR + 1_000],
            ["gap_opened", FAR + 1, FAR + 999],
        ],
        gaps=[[FAR + 1, FAR + 999]],
        note="two jumps just near enough",
    ),
    sequence(
        "J50",
        [trade(HIGH), trade(HIGH + 1), trade(1), trade(2), trade(3)],
        [kept(HIGH), kept(HIGH + 1), kept(1, "sequence_jump"), kept(2, "sequence_jump"), kept(3)],
        coverage=[start(HIGH), ["sequence_reset", 2, 2]],
        note="numbering from 1 again",
    ),
    sequence(
        "J50",
        [trade(5), trade(6), trade(FAR), trade(7)],
        [kept(5), kept(6), kept(FAR, "sequence_jump"), kept(7)],
        coverage=[start(5)],
        note="10^12 up and back: no gap of that length",
    ),
    sequence(
        "J50",
        [trade(5), trade(FAR), trade(FAR + 3), trade(FAR + 4)],
        [kept(5), kept(FAR, "sequence_jump"), kept(FAR + 3, "sequence_jump"), kept(FAR + 4)],
        coverage=[start(5), ["sequence_reset", FAR + 3, FAR + 3], ["gap_opened", FAR + 1, FAR + 2]],
        gaps=[[FAR + 1, FAR + 2]],
        note="10^12 up to stay",
    ),
    sequence(
        "J50",
        [trade(5), trade(8), trade(FAR), trade(FAR + 1)],
        [
            kept(5),
            kept(8, "sequence_gap"),
            kept(FAR, "sequence_jump"),
            kept(FAR + 1, "sequence_jump"),
        ],
        coverage=[start(5), ["gap_opened", 6, 7], ["sequence_reset", FAR + 1, FAR + 1]],
        gaps=[[6, 7]],
        note="what was missing before the reset stays missing",
    ),
    sequence(
        "J50",
        [trade(5), trade(FAR), trade(FAR + 1_001), trade(6)],
        [kept(5), kept(FAR, "sequence_jump"), kept(FAR + 1_001, "sequence_jump"), kept(6)],
        coverage=[start(5)],
        note="two jumps too far apart are no new numbering",
    ),
    sequence(
        "J50",
        [trade(5), trade(1_000_000_005), trade(2_000_000_006)],
        [kept(5), kept(1_000_000_005, "sequence_gap"), kept(2_000_000_006, "sequence_jump")],
        coverage=[start(5), ["gap_opened", 6, 1_000_000_004]],
        gaps=[[6, 1_000_000_004]],
        note="10^9 is still a gap, one more is a jump",
    ),
    sequence(
        "J50",
        [trade(1_000_005), trade(5), trade(1_000_006)],
        [kept(1_000_005), kept(5, "out_of_order"), kept(1_000_006)],
        coverage=[start(1_000_005), ["gap_opened", 6, 1_000_004]],
        gaps=[[6, 1_000_004]],
    ),
    sequence(
        "J50",
        [trade(1_000_006), trade(5), trade(1_000_007)],
        [kept(1_000_006), kept(5, "sequence_jump"), kept(1_000_007)],
        coverage=[start(1_000_006)],
    ),
    sequence(
        "J50",
        [trade(5), trade(6), trade(5, time_ms=START_MS + 1)],
        [kept(5), kept(6), kept(5, "sequence_jump", time_ms=START_MS + 1)],
        coverage=[start(5)],
        note="an old id with a later time",
    ),
]

REVERSED = [
    sequence(
        "J56",
        [trade(5), trade(6, time_ms=START_MS - 1)],
        [kept(5), kept(6, "time_reversed", time_ms=START_MS - 1)],
        coverage=[start(5)],
        note="time and published time before those of the latest event",
    ),
    sequence(
        "J56",
        [trade(5), (trade(6)[0].replace(f'"E":{START_MS + 1}', f'"E":{START_MS}'), trade(6)[1])],
        [kept(5), kept(6, "time_reversed")],
        coverage=[start(5)],
        note="published before the latest event was",
    ),
    sequence(
        "J56",
        [trade(5), trade(7, time_ms=START_MS - 1)],
        [kept(5), kept(7, "sequence_gap", time_ms=START_MS - 1)],
        coverage=[start(5), ["gap_opened", 6, 6]],
        gaps=[[6, 6]],
        note="only the expected next id is compared",
    ),
]


def steady(count: int, price: str = "100", quantity: str = "1") -> tuple[Tape, list[Verdict]]:
    """Return that many equal trades from id 1, all Perfect."""
    ids = range(1, count + 1)
    return (
        [trade(number, price, quantity) for number in ids],
        [kept(number, price=price, quantity=quantity) for number in ids],
    )


def after(
    steady_part: tuple[Tape, list[Verdict]], *rest: tuple[str, str, str], note: str
) -> dict[str, Any]:
    """Return a case of steady trades and then (price, quantity, issue or nothing)."""
    tape, verdicts = list(steady_part[0]), list(steady_part[1])
    for price, quantity, issue in rest:
        number = len(tape) + 1
        tape.append(trade(number, price, quantity))
        issues = [issue] if issue else []
        verdicts.append(kept(number, *issues, price=price, quantity=quantity))
    return sequence("J58", tape, verdicts, coverage=[start(1)], note=note)


SMALLEST = "0.000000000000000001"
AVERAGES = [
    after(
        steady(31),
        ("105", "1", ""),
        ("105.1", "1", "price_band"),
        ("94.9", "1", "price_band"),
        ("95.1", "1", ""),
        note="5 % is inside; the average is 100, 100.0049, 100.0098, 100.0048 before each",
    ),
    after(
        steady(30),
        ("1000", "1", ""),
        ("100", "1", ""),
        ("1000", "1", "price_band"),
        note="the first 31 are not judged, and their median is the average",
    ),
    after(
        steady(64),
        ("100", "10", ""),
        ("100", "10.00000001", "quantity_spike"),
        note="above ten times the mean of the first 64",
    ),
    after(
        steady(63),
        ("100", "5000", ""),
        ("100", "790", ""),
        ("100", "791.09375", ""),
        ("100", "791.1", "quantity_spike"),
        note="the 64th counts: 10 x 5063 / 64 = 791.09375",
    ),
    after(([], []), ("99999999999999999", "50000000000000000", ""), note="the first trade ever"),
    after(
        steady(31, SMALLEST, SMALLEST),
        (SMALLEST, SMALLEST, ""),
        ("0.000000000000000002", SMALLEST, "price_band"),
        note="a band of width 0; nothing is divided by 0",
    ),
    after(
        steady(31),
        *[("105", "1", "")] * 200,
        ("105.931879893394552596", "1", ""),
        ("105.937052348467472254", "1", "price_band"),
        note="the last price inside and the first one outside, after 200 steps of the average",
    ),
]

CASES = DUPLICATES + GAPS + JUMPS + REVERSED + AVERAGES
