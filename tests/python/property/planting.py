"""Plants faults into recorded trades and knows from the plan alone what must be found.

Nothing here looks at an implementation: the gaps and duplicates follow from what was dropped,
doubled and swapped.
"""

import json
from random import Random
from typing import NamedTuple

from tests.python.property.recordings import Frame

MAX_DISTANCE = 3_000


class Planted(NamedTuple):
    """Frames with faults, and the ids missing and the number of repeats among them."""

    frames: list[Frame]
    gaps: list[tuple[int, int]]
    duplicates: int


def trade_id(frame: Frame) -> int | None:
    """Return the id of a combined-stream trade, None for any other frame."""
    if b"@trade" not in frame.raw:
        return None
    number: int = json.loads(frame.raw)["data"]["t"]
    return number


def drop(frames: list[Frame], share: float, random: Random) -> Planted:
    """Drop trades, but neither the first nor the last one: their loss cannot show."""
    ids = [trade_id(frame) for frame in frames]
    numbers = [number for number in ids if number is not None]
    inner = [number for number in numbers if min(numbers) < number < max(numbers)]
    dropped = set(random.sample(inner, round(len(numbers) * share)))
    kept = [frame for frame, number in zip(frames, ids, strict=True) if number not in dropped]
    return Planted(kept, runs(dropped), 0)


def double(frames: list[Frame], share: float, random: Random) -> Planted:
    """Repeat trades, half of them at once and half of them later."""
    doubled = list(frames)
    places = [place for place, frame in enumerate(frames) if trade_id(frame) is not None]
    chosen = sorted(random.sample(places, round(len(places) * share)), reverse=True)
    for place in chosen:
        distance = random.choice([1, random.randrange(1, MAX_DISTANCE)])
        doubled.insert(min(place + distance, len(doubled)), frames[place])
    return Planted(doubled, [], len(chosen))


def swap(frames: list[Frame], share: float, random: Random) -> Planted:
    """Swap trades with the next one or with one far away: nothing is missing in the end."""
    swapped = list(frames)
    places = [place for place, frame in enumerate(frames) if trade_id(frame) is not None]
    for index in random.sample(range(len(places) - 1), round(len(places) * share)):
        distance = random.choice([1, random.randrange(1, MAX_DISTANCE)])
        first, second = places[index], places[min(index + distance, len(places) - 1)]
        swapped[first], swapped[second] = swapped[second], swapped[first]
    return Planted(swapped, [], 0)


def mix(frames: list[Frame], share: float, random: Random) -> Planted:
    """Drop, then double, then swap."""
    dropped = drop(frames, share, random)
    doubled = double(dropped.frames, share, random)
    ends = _ends(doubled.frames)
    inner = [frame for frame in doubled.frames if trade_id(frame) not in ends]
    swapped = swap(inner, share, random)
    first = [frame for frame in doubled.frames if trade_id(frame) == ends[0]]
    last = [frame for frame in doubled.frames if trade_id(frame) == ends[1]]
    return Planted(first + swapped.frames + last, dropped.gaps, doubled.duplicates)


def runs(numbers: set[int]) -> list[tuple[int, int]]:
    """Return the runs of consecutive numbers as (first, last), ascending."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _ends(frames: list[Frame]) -> tuple[int, int]:
    numbers = [number for number in map(trade_id, frames) if number is not None]
    return min(numbers), max(numbers)
