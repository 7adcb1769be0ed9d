"""The control file: what to collect, changed while running, without a new connection."""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson

from tapeline.apps.collect_plan import VenuePlan, unlisted_in
from tapeline.errors import SettingsError
from tapeline.telemetry.log import logger
from tapeline.transport.ports import MessageSink

_LOG = logger("tapeline.apps.control")
_LOOK_EVERY_S = 0.5
_KEYS = ("symbols", "types")


class Controlled(Protocol):
    """A market whose subscriptions can change."""

    plan: VenuePlan

    def update(self, plan: VenuePlan, sink: MessageSink) -> None:
        """Take another plan."""
        ...


class ControlFile:
    """Watches a file and passes on what it says.

    The file is a JSON object or a TOML document, by its name: ``symbols`` and ``types``, lists, of
    the one market; or one such object a market, under its name ``exchange:market``. What is not
    named stays as it is. Content that is wrong changes nothing and is told once.
    """

    def __init__(self, path: Path, markets: Sequence[Controlled], sink: MessageSink) -> None:
        self._path = path
        self._markets = {market.plan.name: market for market in markets}
        self._sink = sink
        self._seen: tuple[int, ...] | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    def look(self) -> bool:
        """Read the file if it has changed; return whether it was applied."""
        try:
            # A stat of a local file is microseconds; a thread would cost more.
            found = self._path.stat()
        except OSError:
            self._seen = None
            return False
        # A symbol that was unknown may have been listed since.
        listed = sum(len(market.plan.listed) for market in self._markets.values())
        stamp = (found.st_mtime_ns, found.st_size, listed)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            plans = self._plans()
        except SettingsError as error:
            _LOG.error("control file refused, nothing changed", error=str(error))
            return False
        for name, plan in plans.items():
            if plan.feed != self._markets[name].plan.feed:
                self._markets[name].update(plan, self._sink)
        return True

    def _plans(self) -> dict[str, VenuePlan]:
        """Return the plans of all markets named; all are right or none is used."""
        document = self._document()
        if set(document) <= set(_KEYS):
            if len(self._markets) != 1:
                names = ", ".join(self._markets)
                raise SettingsError(f"{self._path}: name the market, one of {names}")
            document = {next(iter(self._markets)): document}
        unknown = [name for name in document if name not in self._markets]
        if unknown:
            names = ", ".join([*_KEYS, *self._markets])
            raise SettingsError(f"{self._path}: unknown key {unknown[0]!r}; there are: {names}")
        return {name: self._plan(name, wanted) for name, wanted in document.items()}

    def _document(self) -> dict[str, Any]:
        try:
            content = self._path.read_text("utf-8")
            if self._path.suffix == ".toml":
                document: Any = tomllib.loads(content)
            else:
                document = orjson.loads(content)
        except (OSError, ValueError) as error:
            raise SettingsError(f"{self._path}: cannot be read: {error}") from error
        if not isinstance(document, dict):
            raise SettingsError(f"{self._path}: expected an object with symbols and types")
        return document

    def _plan(self, name: str, wanted: object) -> VenuePlan:
        plan = self._markets[name].plan
        if not isinstance(wanted, Mapping) or not set(wanted) <= set(_KEYS):
            raise SettingsError(f"{self._path}: {name}: expected symbols and types, was {wanted!r}")
        symbols = _words(wanted, "symbols", [each.raw_symbol for each in plan.feed.instruments])
        types = _words(wanted, "types", plan.feed.channels)
        try:
            selected = plan.selecting(symbols, types)
        except SettingsError as error:
            raise SettingsError(f"{self._path}: {name}: {error}") from error
        if selected.unlisted:
            _LOG.error("not listed, the others are collected", symbols=unlisted_in([selected]))
        return selected


def _words(wanted: Mapping[str, Any], key: str, present: Sequence[str]) -> Sequence[str]:
    words = wanted.get(key)
    if words is None:
        return [f"@{each}" for each in present] if key == "types" else present
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise SettingsError(f"{key} must be a list of texts, was {words!r}")
    return words
