"""One client of a ClickHouse server, or of the engine inside this process.

Both are the same engine and take the same statements. Three things differ: how it is reached, how
an answer is streamed, and that the embedded engine holds one folder a process.
"""

import io
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.binding import finalize_query
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from urllib3.exceptions import HTTPError

from tapeline.errors import SettingsError, StoreFormatError, StoreUnavailableError
from tapeline.storage.clickhouse.faults import store_error
from tapeline.storage.clickhouse.native import NativeEncoder
from tapeline.storage.targets import Target

DEFAULT_DATABASE: Final = "tapeline"
_CONNECT_S: Final = 10
_ANSWER_S: Final = 60
_END_OF_STREAM: Final = b"\xff\xff\xff\xff\0\0\0\0"
_OPTIONS: Final = frozenset({"timeout", "secure"})
_FAULTS: Final = (ClickHouseError, HTTPError, OSError, RuntimeError, pa.ArrowException)
_ANSWER_SETTINGS: Final = {
    "output_format_arrow_string_as_string": 1,
    "output_format_arrow_low_cardinality_as_dictionary": 0,
    "output_format_arrow_compression_method": "none",
}

# Its complaints about a server come as errors too; without logging set up they would be a stray
# line on stderr.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())


class Connection:
    """Statements in, rows out; whatever goes wrong is one of our errors.

    Parameters
    ----------
    target
        A ClickHouse address. Options: ``timeout`` (seconds to wait for an answer, default 60) and
        ``secure=1`` (TLS).

    Raises
    ------
    SettingsError
        The address has an unknown option or a bad one.
    """

    def __init__(self, target: Target) -> None:
        unknown = {name for name, _ in target.options} - _OPTIONS
        if unknown:
            raise SettingsError(f"{target.shown}: unknown option {', '.join(sorted(unknown))}")
        self.shown = target.shown
        self.is_embedded = target.path is not None
        self._path = target.path
        self._parts = urlsplit(target.text)
        name = "" if self.is_embedded else self._parts.path.strip("/")
        self.database = name or DEFAULT_DATABASE
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.database):
            raise SettingsError(f"{target.shown}: {self.database!r} is no name of a database")
        self._is_secure = target.option("secure") in ("1", "true")
        try:
            self._timeout_s = int(target.option("timeout") or _ANSWER_S)
        except ValueError:
            raise SettingsError(f"{target.shown}: timeout must be whole seconds") from None
        self._client: Client | None = None
        self.bytes_read = 0
        """Bytes of rows streamed so far, as Arrow."""

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that gives no rows."""
        with self._translated():
            self._connected().command(self._bound(sql, parameters), use_database=False)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Return the rows of a small answer, as tuples of Python objects."""
        with self._translated():
            return self._connected().query(self._bound(sql, parameters)).result_rows

    def insert(
        self, table: str, rows: pa.Table, types: Mapping[str, str], settings: Mapping[str, Any]
    ) -> None:
        """Insert rows as one block.

        Parameters
        ----------
        rows, types
            The columns, and as what ClickHouse has them, by name.
        """
        names = rows.schema.names
        pieces = NativeEncoder(rows.combine_chunks(), [types[name] for name in names])
        where = f"`{self.database}`.`{table}`"
        with self._translated():
            client = self._connected()
            if self.is_embedded:
                columns = ", ".join(f"`{name}`" for name in names)
                self._append(f"INSERT INTO {where} ({columns})", settings, pieces)
            else:
                # Not piece by piece: the client sends it again when the connection breaks.
                content = b"".join(pieces)
                client.raw_insert(where, names, content, settings=dict(settings), fmt="Native")

    def stream(
        self, sql: str, parameters: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> Iterator[pa.RecordBatch]:
        """Yield an answer as it comes; one that ends early is an error."""
        bound = self._bound(sql, parameters)
        with self._translated():
            client = self._connected()
            blocks = (
                self._embedded(bound, {**settings, **_ANSWER_SETTINGS})
                if self.is_embedded
                else _served(client, bound, {**settings, **_ANSWER_SETTINGS})
            )
            for batch in blocks:
                self.bytes_read += batch.nbytes
                yield batch

    def close(self) -> None:
        """Let go of it."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _embedded(self, bound: str, settings: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        # clickhouse_connect would hold the whole answer; the engine itself gives it in blocks, each
        # a stream of its own.
        import chdb

        session = chdb.connect(str(_real(self._path)))
        try:
            answer = session.send_query(f"{bound} {_clause(settings)}", "ArrowStream")
            with answer:
                for block in answer:
                    yield from pa.ipc.open_stream(block.bytes())
        finally:
            session.close()

    def _append(self, statement: str, settings: Mapping[str, Any], pieces: Iterable[bytes]) -> None:
        # clickhouse_connect would write them to a file for the engine to read.
        import chdb

        session = chdb.connect(str(_real(self._path)))
        try:
            # Left by an exception it is cancelled: a block without its end is no block.
            with session.send_insert(f"{statement} {_clause(settings)}", "Native") as insert:
                for piece in pieces:
                    insert.append(piece)
                insert.finish()
        finally:
            session.close()

    def _bound(self, sql: str, parameters: Mapping[str, Any] | None) -> str:
        text = sql.replace("{db}", f"`{self.database}`")
        if parameters is None:
            return text
        return finalize_query(text, dict(parameters))

    def _connected(self) -> Client:
        if self._client is None:
            self._client = self._connect_embedded() if self.is_embedded else self._connect()
        return self._client

    def _connect(self) -> Client:
        parts = self._parts
        return clickhouse_connect.get_client(
            interface="https" if self._is_secure else "http",
            host=parts.hostname,
            port=parts.port or (8443 if self._is_secure else 8123),
            username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            compress=False,
            query_retries=0,
            connect_timeout=_CONNECT_S,
            send_receive_timeout=self._timeout_s,
            autogenerate_session_id=False,
        )

    def _connect_embedded(self) -> Client:
        path = _real(self._path)
        if path.exists() and not path.is_dir():
            raise StoreUnavailableError(f"{self.shown}: is not a folder")
        if path.is_dir() and any(path.iterdir()) and not (path / "store").is_dir():
            raise StoreFormatError(f"{self.shown}: the folder holds something else")
        try:
            return clickhouse_connect.get_client(interface="chdb", path=str(path))
        except ImportError as error:
            raise SettingsError(
                f"{self.shown} needs the embedded engine: pip install tapeline[chdb]"
            ) from error
        except ClickHouseError as error:
            raise StoreUnavailableError(
                f"{self.shown}: the engine does not open it; one process may, and one folder at a"
                f" time ({error})"
            ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _FAULTS as error:
            raise store_error(self.shown, error) from error


def _served(client: Client, bound: str, settings: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    source = client.raw_stream(bound, settings=dict(settings), fmt="ArrowStream")
    watched = _Watched(cast(io.IOBase, source))
    with watched, pa.ipc.open_stream(pa.PythonFile(watched, mode="r")) as reader:
        yield from reader
        watched.check()


class _Watched(io.RawIOBase):
    """Remembers how a stream ended: an answer cut between two batches looks whole to Arrow."""

    def __init__(self, source: io.IOBase) -> None:
        self._source = source
        self._tail = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        try:
            found = cast(bytes, self._source.read(size))
        except HTTPError as error:
            # A server that fails midway says so in the body, and breaks it off.
            rest = getattr(error.args[-1], "partial", b"").decode(errors="replace")
            raise OSError(rest if "Exception" in rest else str(error)) from error
        self._tail = (self._tail + found)[-len(_END_OF_STREAM) :]
        return found

    def check(self) -> None:
        """Raise OSError unless the stream's own end was the last that came."""
        if self._tail != _END_OF_STREAM:
            raise OSError("the answer ended before its end")

    def close(self) -> None:
        self._source.close()
        super().close()


def _clause(settings: Mapping[str, Any]) -> str:
    return "SETTINGS " + ", ".join(f"{name} = {value!r}" for name, value in settings.items())


def _real(path: Path | None) -> Path:
    assert path is not None  # noqa: S101 - for the type checker: only embedded targets come here
    return path.resolve()
