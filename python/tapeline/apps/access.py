"""``tapeline.open``: stores opened for reading, with what is known of the venues' channels."""

import os
from collections.abc import Sequence
from pathlib import Path

from tapeline.access.opening import open_source
from tapeline.access.source import DataSource
from tapeline.access.survey import ChannelFact, ChannelFacts
from tapeline.adapters.registry import capabilities, venues
from tapeline.apps.settings import StoreSettings, load_settings
from tapeline.storage.targets import Kind, Target, parse_target

Targets = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | StoreSettings | None
"""An address, a folder, several of them, settings, or None for the settings of this environment."""


def open(targets: Targets = None) -> DataSource:
    """Open a store for reading, or several as one.

    Parameters
    ----------
    targets
        Where ``tapeline store`` wrote: ``parquet:PATH``, ``parquet:s3://BUCKET/PREFIX``,
        ``timescale://...``, ``clickhouse://...``, ``clickhouse:PATH``; a ``Path`` is a folder of
        Parquet files. A list opens several as one: their answer has each row once. Settings are
        those of ``tapeline store``; None takes them from the environment
        (``TAPELINE_STORE_TARGETS``, else ``parquet:./tapeline-data/parquet``).

    Returns
    -------
    DataSource
        ``.load()``, ``.instruments()``, ``.book_at()`` and ``.stream()``.

    Raises
    ------
    SettingsError
        An address is not one, or the store cannot be read.
    StoreUnavailableError
        A store cannot be reached now.

    Examples
    --------
    >>> import tapeline as tl
    >>> tl.open("parquet:./data")
    <data of parquet:data>
    """
    return open_source(_parsed(targets), channel_facts())


def channel_facts() -> ChannelFacts:
    """Return what each venue's channels can prove, from the list of capabilities."""
    types = {"l1": "orderbook", "l2": "orderbook"}
    return {
        (venue.exchange, venue.market, each.channel): ChannelFact(
            types.get(each.type, each.type), each.loss
        )
        for venue in venues()
        for each in capabilities(venue)
    }


def _parsed(targets: Targets) -> list[Target]:
    if targets is None:
        targets = load_settings(StoreSettings, "store")
    if isinstance(targets, StoreSettings):
        return [parse_target(text) for text in targets.targets if not text.startswith("redis:")]
    if isinstance(targets, str | os.PathLike):
        targets = [targets]
    return [_target(each) for each in targets]


def _target(target: str | os.PathLike[str]) -> Target:
    if isinstance(target, str):
        return parse_target(target)
    path = Path(target).expanduser()
    return Target(Kind.PARQUET, f"parquet:{path}", path=path)
