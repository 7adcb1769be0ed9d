"""The lists that a venue serves, fetched over real sockets while it is collected."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from tapeline.adapters.connection.rest import RestError, RestScheduler, http_fetch
from tapeline.adapters.instrument_cache import InstrumentCache
from tapeline.apps.collect_plan import VenuePlan, venue_plans
from tapeline.apps.instrument_refresh import InstrumentRefresh
from tapeline.apps.settings import CollectSettings
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.http_venue import Reply, http_venue

_HOUR_NS = 3_600_000_000_000


@dataclass
class Market:
    plan: VenuePlan
    learnt: list[Instrument] = field(default_factory=list)

    def learn(self, instruments: Sequence[Instrument]) -> None:
        self.learnt = list(instruments)


def listed(*bases: str) -> bytes:
    rows = [
        {
            "symbol": f"{base}USDT",
            "baseAsset": base,
            "quoteAsset": "USDT",
            "marginAsset": "USDT",
            "contractType": "PERPETUAL",
            "deliveryDate": 4_133_404_800_000,
            "status": "TRADING",
            "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10"}],
        }
        for base in bases
    ]
    return orjson.dumps({"symbols": rows})


async def refreshed(served: dict[str, Reply], folder: Path) -> dict[str, int | None]:
    """Return the funding interval of each perpetual that was learnt."""

    async def script(path: str, _index: int) -> Reply:
        return served.get(path, Reply(404, b""))

    async with http_venue(script) as fake, http_fetch() as fetch:
        settings = CollectSettings(
            exchange="binance",
            market="usdm",
            symbols=("BTCUSDT",),
            endpoint=("ws://127.0.0.1:1",),
            rest_endpoint=(fake.url,),
        )
        market = Market(venue_plans(settings)[0])
        rest = RestScheduler(fetch, SystemClock(), random.Random(7), Metrics(), attempts_max=2)
        refresh = InstrumentRefresh([market], rest, InstrumentCache(folder), every_s=60.0)
        await refresh.refresh(market)
    return {each.raw_symbol: each.funding_interval_ns for each in market.learnt}


async def test_funding_intervals_are_those_the_venue_says(tmp_path: Path) -> None:
    adjusted = orjson.dumps([{"symbol": "NEWUSDT", "fundingIntervalHours": 4}])
    served = {
        "/fapi/v1/exchangeInfo": Reply(body=listed("BTC", "NEW")),
        "/fapi/v1/fundingInfo": Reply(body=adjusted),
    }
    found = await refreshed(served, tmp_path)
    assert found == {"BTCUSDT": 8 * _HOUR_NS, "NEWUSDT": 4 * _HOUR_NS}


async def test_a_venue_that_does_not_say_intervals_is_listed_all_the_same(tmp_path: Path) -> None:
    served = {"/fapi/v1/exchangeInfo": Reply(body=listed("BTC", "NEW"))}
    assert set(await refreshed(served, tmp_path)) == {"BTCUSDT", "NEWUSDT"}


async def test_without_the_list_nothing_is_learnt(tmp_path: Path) -> None:
    with pytest.raises(RestError):
        await refreshed({"/fapi/v1/fundingInfo": Reply(body=b"[]")}, tmp_path)
