"""Strategies from one folder, by name."""

import difflib
import hashlib
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import index
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tapeline.compute.backtest.strategy import COLUMNS
from tapeline.errors import StrategyError

_ID: Final = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class LoadedStrategy:
    """A strategy as its file defines it."""

    strategy_id: str
    entry: Callable[..., Any]
    """A function, or a class with ``on_chunk``."""
    columns: Mapping[str, tuple[str, ...]]
    """The types it reads and the columns of each; the first is its clock."""
    lookback: int | Callable[..., int] | None
    source_hash: str

    @property
    def is_class(self) -> bool:
        """Whether it remembers."""
        return inspect.isclass(self.entry)

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all parameters, those with default values too.

        Raises
        ------
        StrategyError
            One is not known, or one that has no default is missing.
        """
        places = list(inspect.signature(self.entry).parameters.values())
        if not self.is_class:
            places = places[1:]
        takes_any = any(each.kind is each.VAR_KEYWORD for each in places)
        several = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        known = {each.name: each for each in places if each.kind not in several}
        if not takes_any:
            for name in given:
                if name not in known:
                    close = difflib.get_close_matches(name, known, n=1)
                    hint = f"did you mean {close[0]!r}? " if close else ""
                    names = ", ".join(known) or "none"
                    raise self._error(f"has no parameter {name!r}: {hint}there are {names}")
        values = {
            name: given.get(name, each.default)
            for name, each in known.items()
            if name in given or each.default is not each.empty
        }
        missing = [name for name in known if name not in values]
        if missing:
            raise self._error(f"needs the parameter {missing[0]!r}")
        return values | {name: value for name, value in given.items() if name not in values}

    def rows_back(self, parameters: Mapping[str, Any]) -> int | None:
        """Return how many rows of the past a function needs; None is all.

        Raises
        ------
        StrategyError
            ``LOOKBACK`` raises, or is no number of 0 or more.
        """
        found: object = self.lookback
        if callable(self.lookback):
            try:
                found = self.lookback(**parameters)
            except Exception as error:
                raise self._error(f"raised in LOOKBACK: {error!r}") from error
        if found is None:
            return None
        try:
            rows = -1 if isinstance(found, bool) else index(found)  # type: ignore[arg-type]
        except TypeError:
            rows = -1
        if rows < 0:
            raise self._error(f"needs a LOOKBACK of 0 or more rows, was {found!r}")
        return rows

    def _error(self, text: str) -> StrategyError:
        return StrategyError(f"strategy {self.strategy_id!r} {text}")


class StrategyLoader:
    """Loads strategies of one folder.

    An id is the name of a file there, without ``.py``; nothing else is ever loaded, and the folder
    does not become a place that ``import`` looks in. A strategy is a program: load only what you
    would run.

    Parameters
    ----------
    folder
        Where the strategies are.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def ids(self) -> list[str]:
        """Return the ids there are, in order."""
        names = (path.stem for path in self._folder.glob("*.py") if path.is_file())
        return sorted(name for name in names if _ID.fullmatch(name))

    def load(self, strategy_id: str) -> LoadedStrategy:
        """Load a strategy.

        Raises
        ------
        StrategyError
            The id is none, no file has it, or the file is no strategy: the message says why.
        """
        path = self._path(strategy_id)
        try:
            source = path.read_bytes()
        except OSError as error:
            raise StrategyError(f"strategy {strategy_id!r} cannot be read: {error}") from error
        module = _run(strategy_id, path, source)
        entry = getattr(module, "strategy", None)
        if inspect.isclass(entry):
            if not callable(getattr(entry, "on_chunk", None)):
                raise StrategyError(f"the class of strategy {strategy_id!r} has no on_chunk")
        elif not inspect.isfunction(entry):
            raise StrategyError(
                f"strategy {strategy_id!r} defines no function or class named 'strategy'"
            )
        columns = _columns(strategy_id, getattr(module, "TYPES", None))
        source_hash = hashlib.sha256(source).hexdigest()
        lookback = getattr(module, "LOOKBACK", None)
        return LoadedStrategy(strategy_id, entry, columns, lookback, source_hash)

    def _path(self, strategy_id: str) -> Path:
        if not _ID.fullmatch(strategy_id) or len(strategy_id) > _LONGEST:
            raise StrategyError(
                f"{strategy_id!r} is no strategy id: a small letter, then small letters, digits and"
                f" _, {_LONGEST} at most"
            )
        path = self._folder / f"{strategy_id}.py"
        if not path.is_file():
            known = self.ids()
            close = difflib.get_close_matches(strategy_id, known, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            names = ", ".join(known) or "none"
            raise StrategyError(
                f"no strategy {strategy_id!r} in {self._folder}: {hint}there are {names}"
            )
        if path.resolve().parent != self._folder.resolve():
            raise StrategyError(f"strategy {strategy_id!r} is a link out of {self._folder}")
        return path


def _run(strategy_id: str, path: Path, source: bytes) -> ModuleType:
    """Run a file as a module of its own: no cached bytecode, which may be of another source."""
    module = ModuleType(f"tapeline_strategy_{strategy_id}")
    module.__file__ = str(path)
    # Dataclasses look their module up.
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - it is what a loader is for
    except (Exception, SystemExit) as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        raise StrategyError(f"strategy {strategy_id!r} cannot be loaded: {text}") from error
    return module


def _columns(strategy_id: str, types: object) -> dict[str, tuple[str, ...]]:
    if isinstance(types, str) or not isinstance(types, (tuple, list, Mapping)) or not types:
        raise StrategyError(
            f"strategy {strategy_id!r} must say TYPES, such as ('trade',); was {types!r}"
        )
    found: dict[str, tuple[str, ...]] = {}
    for name in types:
        if not isinstance(name, str) or name not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise StrategyError(f"strategy {strategy_id!r} reads {name!r}; there are {known}")
        wanted = types[name] if isinstance(types, Mapping) else COLUMNS[name]
        if isinstance(wanted, str) or not isinstance(wanted, (tuple, list)):
            raise StrategyError(
                f"strategy {strategy_id!r} must name columns of {name} as a tuple, such as"
                f" ('time_ns',); was {wanted!r}"
            )
        for column in wanted:
            if column not in COLUMNS[name]:
                known = ", ".join(COLUMNS[name])
                raise StrategyError(
                    f"strategy {strategy_id!r} reads {column!r} of {name}; there are {known}"
                )
        found[name] = tuple(wanted)
    return found
