"""``tapeline collect`` against a server that was not written beside the simulator."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.binance_like import Manners, Written, binance_like, trade_text
from tests.python.contract.test_collect_process import Collect, collect

TEXTS = [(number, trade_text(number)) for number in range(1, 1_001)]
OFTEN = Manners(drop_every=400)


async def _run(manners: Manners, client: str, folder: Path) -> tuple[Written, Collect, Any]:
    async with binance_like(TEXTS, manners) as (fake, written):
        run = await collect(fake, folder / "bus.db", "--client", client, "--idle", "3")
        async with asyncio.timeout(120):
            code, facts, log = await run.finish()
    assert code == 0, log
    return written, run, facts


BOTH = {
    "pings, never pongs": Manners(ping_every_s=0.2, answers_pings=False),
    "fragments with pings between": Manners(fragments=3),
    "no close frame": replace(OFTEN, ending="fin"),
    "overlap": replace(OFTEN, repeats=100),
}
ONCE = {
    "one burst": Manners(frames_per_write=5_000),
    "broken handshakes": Manners(broken_handshakes=2),
    "slow handshake": Manners(slow_101_s=1.5),
    "data nobody asked for": Manners(strays=5),
    "1011": replace(OFTEN, ending="1011"),
    "announced shutdown": replace(OFTEN, ending="shutdown"),
    "gap": replace(OFTEN, skips=37),
}
CASES = [
    *(("websockets", name) for name in BOTH | ONCE),
    *(("picows", name) for name in BOTH),
]


@pytest.mark.parametrize(("client", "name"), CASES)
async def test_every_frame_is_accounted_for(client: str, name: str, tmp_path: Path) -> None:
    written, run, facts = await _run((BOTH | ONCE)[name], client, tmp_path)
    sent = set(written.ids)
    assert facts["frames"] == written.frames
    assert facts["events"]["trade"] == len(sent)
    assert facts["duplicates"] == len(written.ids) - len(sent)
    assert facts["residual"] == facts["transport"]["lost"] == 0
    assert run.ids() == sorted(sent)
    assert written.skipped == [
        number
        for gap in facts["gaps"]
        for number in range(gap["first_missing"], gap["last_missing"] + 1)
    ]
    assert facts["unsupported"] == ({"kline": written.strays} if written.strays else {})
