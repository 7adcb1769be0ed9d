"""A simulated account, slow and obvious: one event after the other, money in fractions.

It shares no code with the engine. The rules are those that docs state: what is wanted of the market
acts on the first later row at least the latency after the row that wanted it; funding is settled
before the rows of its moment; a window that is left out makes void what was wanted before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

ORDER = {"trade": 0, "orderbook": 1, "funding": 2, "liquidation": 3}
ZERO = Fraction(0)


@dataclass
class Rules:
    clock: str
    market: str
    capital: Fraction = Fraction(100_000)
    maker: Fraction = ZERO
    taker: Fraction = ZERO
    slippage: str = "fixed"
    slippage_share: Fraction = ZERO
    latency: int = 0
    cap_share: Fraction | None = None
    cap_interval: int = 0
    multiplier: Fraction = Fraction(1)
    inverse: bool = False
    pays_funding: bool = True
    sample: int = 60_000_000_000
    windows: Sequence[tuple[int, int]] = ()
    end: int | None = None


@dataclass
class Event:
    """A row: a trade (price, quantity), a book (bids, asks), a funding state (rate, mark, next)."""

    time: int
    kind: str
    values: dict[str, Any]


@dataclass
class Wish:
    """What one row of the clock wants: a position, or an order."""

    time: int
    target: Fraction | None = None
    order: Fraction | None = None
    limit: Fraction | None = None
    cancel: bool = False


@dataclass
class Fill:
    time: int
    side: str
    quantity: Fraction
    price: Fraction
    notional: Fraction
    fee: Fraction
    slippage: Fraction
    signal_time: int
    is_maker: bool


@dataclass
class Account:
    rules: Rules
    cash: Fraction = ZERO
    position: Fraction = ZERO
    price: Fraction | None = None
    fills: list[Fill] = field(default_factory=list)
    payments: list[tuple[int, Fraction, Fraction]] = field(default_factory=list)
    trips: list[dict[str, Any]] = field(default_factory=list)
    states: list[tuple[int, Fraction, Fraction, Fraction]] = field(default_factory=list)
    open_trip: dict[str, Any] | None = None

    def notional(self, quantity: Fraction, price: Fraction) -> Fraction:
        if self.rules.inverse:
            return quantity * self.rules.multiplier / price
        return quantity * self.rules.multiplier * price

    def equity(self) -> Fraction:
        if self.position == 0 or self.price is None:
            return self.cash
        worth = self.notional(self.position, self.price)
        return self.cash - worth if self.rules.inverse else self.cash + worth

    def note(self, time: int) -> None:
        if self.price is not None:
            self.states.append((time, self.equity(), self.cash, self.position))

    def trade(self, time: int, signed: Fraction, notional: Fraction, fill: Fill) -> None:
        pays = notional if signed > 0 else -notional
        self.cash += (pays if self.rules.inverse else -pays) - fill.fee
        self._follow(time, signed, notional, fill.fee)
        self.position += signed
        self.fills.append(fill)

    def _follow(self, time: int, signed: Fraction, notional: Fraction, fee: Fraction) -> None:
        """Cut the fill where it crosses zero, and book both parts on their trips."""
        parts = [signed]
        if (
            self.position
            and (self.position > 0) != (signed > 0)
            and abs(signed) > abs(self.position)
        ):
            parts = [-self.position, signed + self.position]
        place = self.position
        for part in parts:
            share = part / signed
            if place == 0:
                self.open_trip = {
                    "entry_time": time,
                    "side": "long" if part > 0 else "short",
                    "in": ZERO,
                    "in_notional": ZERO,
                    "out": ZERO,
                    "out_notional": ZERO,
                    "fees": ZERO,
                    "funding": ZERO,
                }
            trip = self.open_trip
            assert trip is not None
            way = "in" if (part > 0) == (trip["side"] == "long") else "out"
            trip[way] += abs(part)
            trip[f"{way}_notional"] += abs(notional * share)
            trip["fees"] += fee * share
            place += part
            if place == 0:
                gain = trip["out_notional"] - trip["in_notional"]
                if (trip["side"] == "short") != self.rules.inverse:
                    gain = -gain
                trip["exit_time"] = time
                trip["pnl"] = gain - trip["fees"] + trip["funding"]
                self.trips.append(trip)
                self.open_trip = None

    def fund(self, time: int, rate: Fraction, mark: Fraction) -> None:
        if self.position == 0:
            return
        amount = -self.notional(self.position, mark) * rate
        self.cash += amount
        if self.open_trip is not None:
            self.open_trip["funding"] += amount
        self.payments.append((time, self.position, amount))
        self.note(time)


def run(events: Sequence[Event], wishes: Sequence[Wish], rules: Rules) -> Account:
    """Go through all events; ``wishes`` has one for every row of the clock that is not left out."""
    replay = Replay(rules, wishes)
    for event in sorted(events, key=lambda each: (each.time, ORDER[each.kind])):
        if not any(start < event.time < end for start, end in rules.windows):
            replay.take(event)
    replay.finish()
    return replay.account


class Replay:
    """What is known between two events."""

    def __init__(self, rules: Rules, wishes: Sequence[Wish]) -> None:
        self.rules = rules
        self.account = Account(rules, cash=rules.capital)
        self.coming = iter(wishes)
        self.waiting: list[Wish] = []
        self.working: dict[str, Any] | None = None
        self.pending: tuple[int, Fraction, Fraction | None] | None = None
        self.settled: int | None = None
        self.spread: Fraction | None = None
        self.bucket: dict[str, Any] = {"number": None, "seen": ZERO, "used": ZERO}
        self.voids = sorted(start for start, _ in rules.windows)

    def take(self, event: Event) -> None:
        if self.pending is not None and self.pending[0] <= event.time:
            self.settle()
        while self.voids and self.voids[0] < event.time:
            start = self.voids.pop(0)
            self.waiting = [wish for wish in self.waiting if wish.time > start]
            self.working = None
        if event.kind == "orderbook":
            self.spread = event.values["asks"][0][0] - event.values["bids"][0][0]
        if event.kind == self.rules.market:
            self.trade_at(event)
        if event.kind == self.rules.clock:
            self.waiting.append(next(self.coming))
        if event.kind == "funding" and self.rules.pays_funding:
            self.hear(event)

    def trade_at(self, event: Event) -> None:
        self.account.price = _price(event)
        if not self.account.states:
            self.account.note(event.time)
        while self.waiting and _is_due(self.waiting[0], event.time, self.rules):
            self.working = _taken(self.waiting.pop(0), self.working)
        _see(self.bucket, event, self.rules)
        self.working = _work(
            self.account, self.working, event, self.rules, self.spread, self.bucket
        )
        self.account.note(event.time)

    def hear(self, event: Event) -> None:
        said = event.values
        is_new = self.settled is None or said["next"] > self.settled
        if said["rate"] is not None and said["next"] > event.time and is_new:
            self.pending = (said["next"], said["rate"], said["mark"])

    def settle(self) -> None:
        assert self.pending is not None
        time, rate, mark = self.pending
        self.settled, self.pending = time, None
        if self.account.position:
            price = self.account.price if mark is None else mark
            assert price is not None
            self.account.fund(time, rate, price)

    def finish(self) -> None:
        assert next(self.coming, None) is None
        end = self.rules.end
        if self.pending is not None and end is not None and self.pending[0] < end:
            self.settle()


def sampled(account: Account, sample: int, until: int) -> list[tuple[int, Fraction]]:
    """Return the equity at every multiple of the interval, between the first and the last row."""
    first = account.states[0][0]
    found = []
    at = (first // sample + 1) * sample
    while at < until:
        found.append((at, [state for state in account.states if state[0] <= at][-1][1]))
        at += sample
    return found


def _price(event: Event) -> Fraction:
    if event.kind == "trade":
        return Fraction(event.values["price"])
    if event.kind == "funding":
        return Fraction(event.values["mark"])
    return Fraction(event.values["bids"][0][0] + event.values["asks"][0][0]) / 2


def _is_due(wish: Wish, now: int, rules: Rules) -> bool:
    if rules.clock != rules.market and wish.time >= now:
        return False
    return wish.time + rules.latency <= now


def _taken(wish: Wish, working: dict[str, Any] | None) -> dict[str, Any] | None:
    if wish.target is not None:
        return {"target": wish.target, "signal": wish.time}
    if wish.order:
        return {"left": wish.order, "limit": wish.limit, "rests": False, "signal": wish.time}
    return None if wish.cancel else working


def _see(bucket: dict[str, Any], event: Event, rules: Rules) -> None:
    if rules.cap_share is None or event.kind != "trade":
        return
    number = event.time // rules.cap_interval if rules.cap_interval else object()
    if number != bucket["number"]:
        bucket.update(number=number, seen=ZERO, used=ZERO)
    bucket["seen"] += event.values["quantity"]


def _work(
    account: Account,
    working: dict[str, Any] | None,
    event: Event,
    rules: Rules,
    spread: Fraction | None,
    bucket: dict[str, Any],
) -> dict[str, Any] | None:
    """Fill what can be filled at a row of the market; return what is still wanted."""
    if working is None:
        return None
    is_target = "target" in working
    wanted = working["target"] - account.position if is_target else working["left"]
    if wanted == 0:
        return working
    limit = None if is_target else working["limit"]
    if limit is not None and working["rests"]:
        pieces = _resting(wanted, limit, event, rules, bucket)
        is_maker = True
    else:
        pieces = _pieces(wanted, limit, event, rules, spread, bucket)
        is_maker = False
        if not is_target and limit is not None:
            working["rests"] = True
    quantity = sum((amount for amount, _ in pieces), ZERO)
    if quantity <= 0:
        return working
    notional = sum((account.notional(amount, price) for amount, price in pieces), ZERO)
    sign = 1 if wanted > 0 else -1
    fair = account.notional(quantity, _price(event))
    lost = ZERO if is_maker else sign * (notional - fair) * (-1 if rules.inverse else 1)
    average = quantity * rules.multiplier
    fill = Fill(
        time=event.time,
        side="buy" if wanted > 0 else "sell",
        quantity=quantity,
        price=average / notional if rules.inverse else notional / average,
        notional=notional,
        fee=notional * (rules.maker if is_maker else rules.taker),
        slippage=lost,
        signal_time=working["signal"],
        is_maker=is_maker,
    )
    bucket["used"] += quantity
    account.trade(event.time, sign * quantity, notional, fill)
    if is_target:
        return working
    working["left"] -= sign * quantity
    return working if working["left"] else None


def _pieces(
    wanted: Fraction,
    limit: Fraction | None,
    event: Event,
    rules: Rules,
    spread: Fraction | None,
    bucket: dict[str, Any],
) -> list[tuple[Fraction, Fraction]]:
    """Return quantities and prices that a row gives to an order that takes."""
    sign = 1 if wanted > 0 else -1
    levels = _levels(wanted, event)
    if rules.slippage == "book":
        pieces = []
        left = abs(wanted)
        for price, shown in levels:
            if limit is not None and sign * (price - limit) > 0:
                break
            part = min(left, shown * (1 if rules.cap_share is None else rules.cap_share))
            pieces.append((part, price))
            left -= part
        return pieces
    if rules.slippage == "spread":
        if spread is None:
            return []
        price = _price(event) + sign * rules.slippage_share * spread
    else:
        price = _price(event) * (1 + sign * rules.slippage_share)
    if price <= 0 or (limit is not None and sign * (price - limit) > 0):
        return []
    return [(min(abs(wanted), _room(wanted, event, rules, bucket)), price)]


def _resting(
    wanted: Fraction, limit: Fraction, event: Event, rules: Rules, bucket: dict[str, Any]
) -> list[tuple[Fraction, Fraction]]:
    """Return what a row gives to an order that rests at its limit."""
    levels = _levels(wanted, event)
    met = levels[0][0] if event.kind == "orderbook" else _price(event)
    if not (met < limit if wanted > 0 else met > limit):
        return []
    if rules.cap_share is not None:
        room = _room(wanted, event, rules, bucket)
    elif event.kind == "orderbook":
        room = levels[0][1]
    else:
        room = event.values["quantity"]
    return [(min(abs(wanted), room), limit)]


def _room(wanted: Fraction, event: Event, rules: Rules, bucket: dict[str, Any]) -> Fraction:
    if rules.cap_share is None:
        return abs(wanted)
    if event.kind == "orderbook":
        return Fraction(rules.cap_share * _levels(wanted, event)[0][1])
    left: Fraction = rules.cap_share * bucket["seen"] - bucket["used"]
    return max(ZERO, left)


def _levels(wanted: Fraction, event: Event) -> list[tuple[Fraction, Fraction]]:
    if event.kind != "orderbook":
        return []
    found: list[tuple[Fraction, Fraction]] = event.values["asks" if wanted > 0 else "bids"]
    return found
