"""Opening one connection: where to, within which budget, and what a refusal means."""

import asyncio
from collections.abc import Sequence

from structlog.typing import FilteringBoundLogger

from tapeline.adapters.connection.dialect import Stream
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.line_context import LineContext, LineTarget
from tapeline.adapters.connection.ports import CertificateError, HandshakeError
from tapeline.adapters.connection.session import Session
from tapeline.adapters.connection.standby import Standing
from tapeline.errors import ConnectError, ConnectRefusedError

_RATE_LIMITED = frozenset({418, 429})
# Answers that say "not you" or "not here": asking again soon does not help.
_REFUSALS = frozenset({*range(300, 500)}) - _RATE_LIMITED - {408}


class Opening:
    """Opens the connections of one line.

    Parameters
    ----------
    standing
        Hears what a connection brings, where several lines bring the same; else None.
    """

    def __init__(
        self,
        context: LineContext,
        target: LineTarget,
        standing: Standing | None,
        log: FilteringBoundLogger,
    ) -> None:
        self._context = context
        self._target = target
        self._standing = standing
        self._log = log

    async def attempt(self, streams: Sequence[Stream], *, is_final: bool) -> Session | None:
        """Make one attempt within the budget; wait as the venue asked where it refused.

        Parameters
        ----------
        is_final
            A refusal for good is raised.

        Returns
        -------
        Session or None
            The open connection, whose inbox is still held; None if there is none.

        Raises
        ------
        ConnectRefusedError
            The venue refused for good, or is not who it should be.
        """
        endpoint, rate = self._target.endpoint, self._target.dialect.limits.connects
        remote = await self._context.dial_options.names.first_ip(endpoint)
        await asyncio.sleep(self._context.budgets.reserve_s(endpoint, remote, rate))
        try:
            return await self._open(tuple(streams))
        except HandshakeError as error:
            await self._refused(error, is_final)
        except ConnectError as error:
            if isinstance(error, CertificateError) and is_final:
                raise ConnectRefusedError(str(error)) from error
            self._log.warning("connect failed", error=str(error))
        return None

    async def _open(self, streams: tuple[Stream, ...]) -> Session:
        context, policy, target = self._context, self._context.policy, self._target
        address = target.dialect.address(target.endpoint, target.path, streams, target.time_unit)
        session = Session(
            context.clock,
            target.dialect,
            url=address.url,
            streams=streams,
            subscribe_to=address.subscribe_to,
            ack_timeout_s=policy.ack_timeout_s,
            bad_frames_max=policy.bad_frames_max,
            bad_window_s=policy.bad_window_s,
        )
        inbox = Inbox(session, context.downstream.ready, session.pressure, is_held=True)
        session.inbox = inbox
        if self._standing is not None:
            inbox.watch = self._standing.watch
            session.on_judged = self._standing.brought
        session.connection = await context.dial(
            address.url, inbox, session.closed, context.dial_options
        )
        if inbox.paused:
            # The mark was passed before there was a connection to pause.
            session.pressure(True)
        return session

    async def _refused(self, error: HandshakeError, is_final: bool) -> None:
        if error.status in _REFUSALS and is_final:
            raise ConnectRefusedError(f"{self._target.endpoint}: {error}") from error
        is_asked = error.status in _RATE_LIMITED or error.status in _REFUSALS
        wait_s = self._context.policy.rate_limited_s if is_asked else 0.0
        if error.retry_after_s is not None:
            wait_s = error.retry_after_s
        self._log.error("connect refused", status=error.status, wait_s=wait_s)
        await asyncio.sleep(wait_s)
