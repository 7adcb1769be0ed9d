"""What trading costs: fees of each venue, slippage, latency, volume, funding."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

import numpy as np

from tapeline.compute.backtest.strategy import Instrument
from tapeline.errors import ArgumentError

MINUTE_NS: Final = 60_000_000_000

SlippageKind = Literal["fixed", "spread", "book"]


@dataclass(frozen=True, slots=True)
class Fees:
    """Shares of the notional: 0.001 is ten basis points; negative is a rebate."""

    maker: float
    taker: float


DEFAULT_FEES: Final[Mapping[tuple[str, str], Fees]] = {
    ("binance", "spot"): Fees(0.0010, 0.0010),
    ("binance", "usdm"): Fees(0.0002, 0.0005),
    ("binance", "coinm"): Fees(0.0002, 0.0005),
    ("bybit", "spot"): Fees(0.0010, 0.0010),
    ("bybit", "linear"): Fees(0.0002, 0.00055),
    ("bybit", "inverse"): Fees(0.0002, 0.00055),
    ("okx", "spot"): Fees(0.0008, 0.0010),
    ("okx", "swap"): Fees(0.0002, 0.0005),
}
"""Fees of the lowest tier, without discounts, by exchange and market.

From the venues' fee schedules: https://www.binance.com/en/fee/schedule,
https://www.bybit.com/en/help-center/article/Trading-Fee-Structure, https://www.okx.com/fees. They
change, and depend on the account: say ``fees=`` where it matters.
"""


@dataclass(frozen=True, slots=True)
class Slippage:
    """The price of a fill.

    - ``fixed``: the price of the market, worse by ``share`` of it (0.0001 is one basis point);
    - ``spread``: worse by ``share`` of the spread between best bid and best ask as last known;
      needs order-book rows. 0.5 around the middle of a book is its best price;
    - ``book``: the levels of the book, best first, as far as they go; what they do not hold waits
      for the next row. Needs order-book rows, at which it fills.
    """

    kind: SlippageKind = "fixed"
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class VolumeCap:
    """How much of what the market trades may be ours; the rest of an order waits.

    Of trades: ``share`` of the quantity, of each trade by itself or, with ``interval_ns``, of what
    was traded since the interval (a multiple since 1970) began. Of books: ``share`` of the best
    level, or of every level that is walked.
    """

    share: float
    interval_ns: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """Settings of the account and of its market."""

    capital: float = 100_000.0
    """Cash of each symbol's account at the beginning, in the currency it settles in."""
    fees: Fees | None = None
    """None: :data:`DEFAULT_FEES` of the venue."""
    slippage: Slippage = field(default_factory=Slippage)
    latency_ns: int = 0
    """From the time of the row that gave a signal to the first row that can fill it."""
    volume_cap: VolumeCap | None = None
    funding: bool = True
    """Whether perpetual contracts pay funding; the strategy's types must have ``funding`` then."""
    multiplier: float = 1.0
    """Base units of a unit of quantity (quote units where inverse); 1, because stored quantities
    are in units and not in contracts."""
    inverse: bool | None = None
    """Whether quantities are in the quote currency and money in the base; None: by the symbol."""
    fill_on: str | None = None
    """The type at whose rows orders fill; None: trades, else books, else funding states' marks."""
    sample_ns: int = MINUTE_NS
    """Distance of the rows of equity."""

    def __post_init__(self) -> None:
        self._check_kinds()
        cap, share = self.volume_cap, self.slippage.share
        shares = () if self.fees is None else (self.fees.maker, self.fees.taker)
        checks = [
            ("capital must be a number above 0", self.capital, _is_above_0(self.capital)),
            ("latency_ns must be whole and 0 or more", self.latency_ns, _is_whole(self.latency_ns)),
            ("multiplier must be a number above 0", self.multiplier, _is_above_0(self.multiplier)),
            (
                "sample_ns must be whole and above 0",
                self.sample_ns,
                _is_whole(self.sample_ns) and self.sample_ns > 0,
            ),
            (
                "slippage is fixed, spread or book",
                self.slippage.kind,
                self.slippage.kind in get_args(SlippageKind),
            ),
            (
                "slippage must be a share of 0 or more, below 1",
                share,
                share == 0 or (_is_above_0(share) and share < 1),
            ),
            ("fees must be shares between -1 and 1", shares, all(map(_is_share, shares))),
        ]
        if cap is not None:
            checks += [
                ("the share of volume must be a number above 0", cap.share, _is_above_0(cap.share)),
                (
                    "interval_ns must be whole and 0 or more",
                    cap.interval_ns,
                    _is_whole(cap.interval_ns),
                ),
            ]
        for sentence, found, is_right in checks:
            if not is_right:
                raise ArgumentError(f"{sentence}, was {found!r}")

    def _check_kinds(self) -> None:
        kinds: Mapping[str, tuple[object, type]] = {
            "fees must be Fees(maker, taker)": (self.fees, Fees),
            "slippage must be Slippage(kind, share)": (self.slippage, Slippage),
            "volume_cap must be VolumeCap(share)": (self.volume_cap, VolumeCap),
        }
        for sentence, (found, kind) in kinds.items():
            if not isinstance(found, kind) and (found is not None or kind is Slippage):
                raise ArgumentError(f"{sentence}, was {found!r}")
        for name in ("latency_ns", "sample_ns"):
            found = getattr(self, name)
            if isinstance(found, np.integer):
                object.__setattr__(self, name, int(found))

    def fees_of(self, instrument: Instrument) -> Fees:
        """Return the fees of an instrument.

        Raises
        ------
        ArgumentError
            None were given, and none of the venue are known.
        """
        if self.fees is not None:
            return self.fees
        found = DEFAULT_FEES.get((instrument.exchange, instrument.market))
        if found is None:
            raise ArgumentError(
                f"no fees are known of {instrument.exchange} {instrument.market}: say fees="
            )
        return found

    def is_inverse(self, instrument: Instrument) -> bool:
        """Return whether an instrument settles in its base currency."""
        if self.inverse is not None:
            return self.inverse
        pair, _, settle = instrument.symbol.partition(":")
        return settle.split("-")[0] == pair.split("/")[0] != ""

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)


def _is_above_0(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) < 1


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
