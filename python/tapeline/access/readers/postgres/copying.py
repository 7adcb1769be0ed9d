"""The rows of a statement, batch by batch, as they are asked for."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import asyncpg
import pyarrow as pa

from tapeline.errors import DecodeError, StoreFormatError
from tapeline.storage.postgres.native import CopyDecoder
from tapeline.storage.postgres.session import Session
from tapeline.storage.postgres.tables import Column

_ROWS_PER_BATCH: Final = 65_536
_PIECES_AHEAD: Final = 8
"""Pieces that wait to be decoded; the server stops sending beyond them."""
_NEVER_S: Final = 1e7
"""A COPY lasts as long as its reader likes; only waiting for the next piece is limited."""
_PATIENCE: Final = 10.0
"""The first piece may take so many times as long as a statement: the server sorts before it."""


class Copying:
    """One statement's data.

    Parameters
    ----------
    session
        Not used by anything else meanwhile.
    """

    def __init__(self, session: Session, statement: str, columns: Sequence[Column]) -> None:
        self._session = session
        self._statement = statement
        self._decoder = CopyDecoder([(column.name, column.kind) for column in columns])
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue(_PIECES_AHEAD)
        self._task: asyncio.Task[str] | None = None
        self.bytes_read = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows.

        Raises
        ------
        StoreUnavailableError, StoreFormatError
            See :meth:`Session.run`; also for data that is not what was asked for.
        """
        while (piece := self._session.run(self._next_piece, "reading rows")) is not None:
            self.bytes_read += len(piece)
            if self._fed(piece) >= _ROWS_PER_BATCH:
                yield from self._taken()
        if not self._decoder.is_ended:
            raise StoreFormatError(f"{self._session.address.shown}: an answer is cut off")
        yield from self._taken()

    async def _next_piece(self, connection: asyncpg.Connection) -> bytes | None:
        if self._task is None:
            self._task = asyncio.create_task(
                connection.copy_from_query(
                    self._statement, output=self._pieces.put, format="binary", timeout=_NEVER_S
                )
            )
        wanted = asyncio.create_task(self._pieces.get())
        limit_s = self._session.address.timeout_s * _PATIENCE
        done, _ = await asyncio.wait(
            {wanted, self._task}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
        )
        if wanted in done:
            return wanted.result()
        wanted.cancel()
        if not done:
            raise TimeoutError
        self._task.result()
        return None if self._pieces.empty() else self._pieces.get_nowait()

    def _fed(self, piece: bytes) -> int:
        try:
            return self._decoder.feed(piece)
        except DecodeError as error:
            shown = self._session.address.shown
            raise StoreFormatError(f"{shown}: an answer cannot be read: {error}") from error

    def _taken(self) -> Iterator[pa.RecordBatch]:
        yield from pa.table(self._decoder.take()).to_batches()
