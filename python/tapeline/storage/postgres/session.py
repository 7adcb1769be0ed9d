"""One connection to PostgreSQL, for callers that block.

asyncpg speaks asyncio only, so a session has an event loop of its own that runs while somebody
waits for an answer, and stands still otherwise.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

import asyncpg
import structlog

from tapeline.errors import RowError, StoreConflictError
from tapeline.storage.postgres.address import Address
from tapeline.storage.postgres.faults import FAULTS, translated

_log = structlog.get_logger("tapeline.storage.postgres")

_CONNECT_S: Final = 10.0
_CLOSE_S: Final = 2.0

T = TypeVar("T")


class Session:
    """Connects when it must; a connection that failed is thrown away, never used again.

    Parameters
    ----------
    prepare
        Called with every new connection before anything else uses it.
    """

    def __init__(
        self,
        address: Address,
        prepare: Callable[[asyncpg.Connection], Awaitable[None]] | None = None,
    ) -> None:
        self.address = address
        self._prepare = prepare
        self._runner: asyncio.Runner | None = None
        self._connection: asyncpg.Connection | None = None

    def run(self, job: Callable[[asyncpg.Connection], Coroutine[Any, Any, T]], doing: str) -> T:
        """Do something with the connection, and wait for it.

        Parameters
        ----------
        doing
            What it is, for the message of an error: ``writing trade``.

        Raises
        ------
        StoreUnavailableError
            No connection, no answer in time, or the server cannot do it now. What was sent may have
            been done nevertheless.
        StoreFormatError, RowError, StoreConflictError
            See :mod:`tapeline.storage.postgres.faults`; nothing was done.
        """

        async def work() -> T:
            return await job(await self._connected())

        try:
            return self._loop().run(work())
        except FAULTS as error:
            fault = translated(error, self.address.shown, doing)
            if not isinstance(fault, RowError):
                self._discard()
            raise fault from error
        except (RowError, StoreConflictError):
            raise
        except BaseException:
            self._discard()
            raise

    def close(self) -> None:
        """Say goodbye; harmless when called twice."""
        if self._runner is None:
            return
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*FAULTS):
                self._runner.run(connection.close(timeout=_CLOSE_S))
        self._runner.close()
        self._runner = None

    def _loop(self) -> asyncio.Runner:
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=_loop_factory())
            self._runner.get_loop().set_exception_handler(_quietly)
        return self._runner

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        where = self.address
        connection = await asyncpg.connect(
            host=where.host,
            port=where.port,
            user=where.user,
            password=where.password,
            database=where.database,
            ssl=where.sslmode,
            timeout=min(_CONNECT_S, where.timeout_s),
            command_timeout=where.timeout_s,
            statement_cache_size=0,
            server_settings={"application_name": "tapeline"},
        )
        try:
            await connection.execute(_settings(where))
            if self._prepare is not None:
                await self._prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        return connection

    def _discard(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _settings(where: Address) -> str:
    """Return what holds for a connection.

    A client that vanishes must not hold the offsets' locks for longer than it may take to write.
    """
    limit_ms = int(where.timeout_s * 1000)
    return (
        f'SET search_path TO "{where.schema}", public;'
        f"SET lock_timeout = {max(limit_ms // 2, 1)};"
        f"SET idle_in_transaction_session_timeout = {limit_ms * 2};"
        "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10;"
        "SET client_min_messages = warning"
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the loop that moves a COPY's data with the least effort, where there is one."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _quietly(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Whatever a lost connection leaves unanswered has been reported by the call that lost it.
    _log.debug("left over from a lost connection", detail=str(context.get("message")))
