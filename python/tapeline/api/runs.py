"""The folder of backtest runs: what ``tapeline backtest`` has written there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.api.schemas.runs import Run
from tapeline.compute.backtest.result import TABLES
from tapeline.errors import StoreFormatError, UnknownNameError

RUN_ID: Final = re.compile(r"[a-z0-9_-]{1,128}")
_FILE: Final = "run.json"
_MOST_BYTES: Final = 64 * 1024 * 1024
_LISTED: Final = (
    "run_id",
    "strategy_id",
    "symbols",
    "types",
    "start_ns",
    "end_ns",
    "rows",
    "version",
    "parameters",
    "metrics",
)
_NUMBERS: Final = ("start_ns", "end_ns", "rows")
_DETAILS: Final = ("strategy_hash", "data_hash", "policy", "costs")


class Runs:
    """Reads runs; a folder is opened by the id of its run, and nothing else is.

    Parameters
    ----------
    folder
        Need not be there: then there are no runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def listed(self) -> list[dict[str, Any]]:
        """Return the runs, the latest first; what is no run is left out."""
        found = [self._read(path, _LISTED) for path in self._paths()]
        runs = [each for each in found if each is not None]
        return sorted(runs, key=lambda run: (-run["written_ns"], run["run_id"]))

    def run(self, run_id: str) -> dict[str, Any]:
        """Return a run with its settings and what is known of its data's completeness.

        Raises
        ------
        UnknownNameError
            There is no such run.
        """
        found = self._read(self._path(run_id), (*_LISTED, *_DETAILS, "coverage"))
        if found is None:
            raise UnknownNameError("there is no such run: `/api/backtests` lists them")
        return found

    def table(self, run_id: str, name: str) -> pa.Table:
        """Return one of the tables of a run.

        Raises
        ------
        UnknownNameError
            There is no such run.
        StoreFormatError
            Its file is damaged, or not of this version.
        """
        path = self._path(run_id) / f"{name}.parquet"
        if not path.is_file():
            raise UnknownNameError("there is no such run: `/api/backtests` lists them")
        try:
            table = pq.read_table(path)
            return table.select(TABLES[name].names).cast(TABLES[name])
        except (OSError, pa.ArrowException, KeyError) as error:
            raise StoreFormatError(f"{path} is not of this version's form: {error}") from error

    def _paths(self) -> Iterator[Path]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            if RUN_ID.fullmatch(path.name) and not path.is_symlink():
                yield path

    def _path(self, run_id: str) -> Path:
        path = self._folder / run_id if RUN_ID.fullmatch(run_id) else None
        if path is None or path.is_symlink() or not path.is_dir():
            raise UnknownNameError("there is no such run: `/api/backtests` lists them")
        return path

    @staticmethod
    def _read(folder: Path, names: tuple[str, ...]) -> dict[str, Any] | None:
        path = folder / _FILE
        try:
            status = path.stat()
            if status.st_size > _MOST_BYTES:
                return None
            said = json.loads(path.read_text(encoding="utf-8"))
            found = {name: said[name] for name in names}
            written_ns = status.st_mtime_ns
            listed = {name: found[name] for name in _LISTED}
            Run.model_validate({**listed, "written_ns": written_ns}, strict=True)
            # What is beyond 64 bits cannot be told, in any form.
            orjson.dumps(found)
            pa.array([found[name] for name in _NUMBERS], pa.int64())
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return None
        if found["run_id"] != folder.name:
            # A copy under another name: its tables could not be found by its id.
            return None
        return {**found, "written_ns": written_ns}
