"""The readers of target addresses."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from tapeline.access.ports import Reader
from tapeline.access.routing import Source
from tapeline.access.source import DataSource
from tapeline.access.survey import ChannelFacts
from tapeline.errors import SettingsError
from tapeline.storage.targets import Kind, Target

READERS: Final = {
    Kind.PARQUET: "tapeline.access.readers.parquet.reader",
    Kind.POSTGRES: "tapeline.access.readers.postgres",
    Kind.CLICKHOUSE: "tapeline.access.readers.clickhouse",
}
"""Where ``open_reader`` of each kind is; imported when it is asked for."""


def open_source(targets: Sequence[Target], facts: ChannelFacts) -> DataSource:
    """Open stores for reading.

    Raises
    ------
    SettingsError
        No target, one that is named twice, or one of a kind that cannot be read.
    StoreUnavailableError
        A store cannot be reached now.
    """
    if not targets:
        raise SettingsError("nothing to open: name a target, for example parquet:./data")
    if len({target.name for target in targets}) < len(targets):
        raise SettingsError("a target is named twice")
    sources: list[Source] = []
    try:
        for target in targets:
            sources.append(Source(target.kind, open_reader(target)))  # noqa: PERF401 - closed when one fails
    except BaseException:
        for source in sources:
            source.reader.close()
        raise
    return DataSource(sources, facts)


def open_reader(target: Target, *, is_checked: bool = False) -> Reader:
    """Open one store for reading.

    Parameters
    ----------
    is_checked
        Whether files are compared with their hashes before they are read, for those who copy or
        delete what they read. A damaged one is a StoreFormatError then, and never other values.

    Raises
    ------
    SettingsError
        It is of a kind that cannot be read.
    StoreUnavailableError
        It cannot be reached now.
    """
    if target.kind not in READERS:
        known = ", ".join(READERS)
        raise SettingsError(
            f"{target.shown} is a cache and keeps no history: open a {known} target instead"
        )
    opened = import_module(READERS[target.kind]).open_reader
    # A server checks what it reads itself.
    options = {"is_checked": is_checked} if target.kind is Kind.PARQUET else {}
    reader: Reader = opened(target, **options)
    return reader
