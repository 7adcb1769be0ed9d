"""What the adapters say of their channels, and the page made from it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tapeline.adapters.registry import capabilities, venues
from tapeline.adapters.venue import Venue

ROOT = Path(__file__).parents[3]
IDS = [f"{each.exchange}-{each.market}" for each in venues()]


@pytest.mark.parametrize("venue", venues(), ids=IDS)
def test_every_channel_says_what_it_can_prove(venue: Venue) -> None:
    said = {each.channel: each for each in capabilities(venue)}
    assert len(said) == len(capabilities(venue))
    for kind, channels in venue.types.items():
        for channel in channels:
            assert said[channel].type == kind
    for each in capabilities(venue):
        assert all((each.ids, each.evidence))
        assert bool(each.quantity) == (each.type != "funding")
        assert "|" not in "".join(str(getattr(each, name)) for name in each.__slots__)


@pytest.mark.parametrize("venue", venues(), ids=IDS)
def test_every_market_has_a_page(venue: Venue) -> None:
    page = (ROOT / f"docs/exchanges/{venue.exchange}-{venue.market}.md").read_text("utf-8")
    shared = (ROOT / "docs/exchanges/bybit-linear.md", ROOT / "docs/exchanges/okx-swap.md")
    pages = page + "".join(each.read_text("utf-8") for each in shared if each.stem in page)
    for each in capabilities(venue):
        name, _, depth = each.channel.partition(".")
        assert f"`{each.channel}" in pages or (f"`{name}." in pages and f".{depth}`" in pages)


def test_the_table_is_up_to_date() -> None:
    script = ROOT / "docs" / "gen_capabilities.py"
    found = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
