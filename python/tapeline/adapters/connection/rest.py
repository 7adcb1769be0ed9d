"""GET requests to venues: one schedule a host, whatever asks; never in the way of a socket.

A venue counts what requests cost and bans who asks too much: every book of a process that comes
back wants its snapshot at the same moment. So requests wait here for their share of the host's
minute, for the end of a ban, and for each other.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from tapeline.adapters.connection.dialect import RestLimits
from tapeline.adapters.connection.patience import Backoff
from tapeline.adapters.connection.ports import retry_after_s
from tapeline.adapters.connection.turns import Turns
from tapeline.errors import ConnectError
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics

_LOG = logger("tapeline.adapters.rest")
_NS = 1_000_000_000
_TOO_MANY, _BANNED = 429, 418
# What a venue is given where it does not say how long: a ban grows with each disregard.
_TOO_MANY_S = 10.0
_BANNED_S = 120.0
_CONCURRENT_MAX = 4


class RestError(ConnectError):
    """A request failed as often as it may; nothing was learnt."""


@dataclass(frozen=True, slots=True)
class RestReply:
    """A reply with status 200.

    Parameters
    ----------
    url
        What was asked.
    body
        As received.
    received_ns
        When its last byte was there, Unix UTC nanoseconds.
    """

    url: str
    body: bytes
    received_ns: int


@dataclass(frozen=True, slots=True)
class Response:
    """What a server said, of whatever status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetch(Protocol):
    """Makes one GET request."""

    async def __call__(self, url: str) -> Response:
        """Return the answer.

        Raises
        ------
        ConnectError
            There was none.
        """
        ...


class _Host:
    """One host's budget, ban and queue."""

    def __init__(self, limits: RestLimits, now_ns: int) -> None:
        self.limits = limits
        # A quarter of a minute's budget may go at once.
        self._burst = max(limits.weight_per_minute / 4, float(limits.snapshot_weight))
        self._tokens = self._burst
        self._at_ns = now_ns
        self.closed_until_ns = 0
        self.turns = Turns()
        self.room = asyncio.Semaphore(_CONCURRENT_MAX)

    def wait_s(self, weight: int, now_ns: int) -> float:
        """Return how long a request of this weight must wait still, in seconds; 0 takes it."""
        per_ns = self.limits.weight_per_minute / (60 * _NS)
        self._tokens = min(self._burst, self._tokens + (now_ns - self._at_ns) * per_ns)
        self._at_ns = now_ns
        ban_ns = self.closed_until_ns - now_ns
        if ban_ns > 0:
            return ban_ns / _NS
        missing = min(weight, self._burst) - self._tokens
        if missing > 0:
            return missing / per_ns / _NS
        self._tokens -= weight
        return 0.0

    def used(self, weight: int) -> None:
        """Take note of what the venue says was used in this minute, by all of this address."""
        # The header speaks of the venue's limit, of which our budget is a half or less.
        left = 2 * self.limits.weight_per_minute - weight
        self._tokens = min(self._tokens, float(left))


class RestScheduler:
    """Makes requests when the venue allows them.

    Parameters
    ----------
    fetch
        Makes one request; tests give their own.
    attempts_max
        After so many failures :class:`RestError` is raised.
    """

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        random_source: random.Random,
        metrics: Metrics,
        *,
        attempts_max: int = 5,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._random = random_source
        self._metrics = metrics
        self._attempts_max = attempts_max
        self._hosts: dict[str, _Host] = {}

    async def get(
        self, url: str, *, weight: int, limits: RestLimits, is_urgent: bool = False
    ) -> RestReply:
        """Return the reply of a GET, after as long as the host's rules ask for.

        Parameters
        ----------
        weight
            What it costs of the host's budget.
        is_urgent
            It goes before all that wait and are not.

        Raises
        ------
        RestError
            All attempts failed, or the server refuses the request for good.
        """
        parts = urlsplit(url)
        host = self._hosts.setdefault(parts.netloc, _Host(limits, self._clock.monotonic_ns()))
        backoff = Backoff(self._random, self._clock.monotonic_ns, base_s=0.25)
        fault = ""
        for attempt in range(self._attempts_max):
            if attempt:
                await asyncio.sleep(backoff.next_delay_s())
            await self._enter(host, weight, rank=0 if is_urgent else 1)
            try:
                response = await self._fetch(url)
            except ConnectError as error:
                fault = str(error)
                self._count("none")
                continue
            finally:
                host.room.release()
            self._count(str(response.status))
            if response.status == 200:
                self._note_weight(host, response)
                return RestReply(url, response.body, self._clock.wall_ns())
            fault = f"HTTP {response.status}"
            if response.status in (_TOO_MANY, _BANNED):
                self._close(parts.netloc, host, response)
            elif response.status < 500 and response.status not in (408, 425):
                break
        raise RestError(f"GET {url} failed: {fault}")

    async def _enter(self, host: _Host, weight: int, *, rank: int) -> None:
        """Wait for room and for the host's budget; of one rank, requests go as they came."""
        async with host.turns.turn(rank):
            await host.room.acquire()
            try:
                while True:
                    wait_s = host.wait_s(weight, self._clock.monotonic_ns())
                    if not wait_s:
                        return
                    await asyncio.sleep(wait_s)
            except BaseException:
                host.room.release()
                raise

    def _close(self, name: str, host: _Host, response: Response) -> None:
        """Ask nothing of a host until it says that we may again."""
        wait_s = retry_after_s(response.headers.get("retry-after"))
        if wait_s is None:
            wait_s = _BANNED_S if response.status == _BANNED else _TOO_MANY_S
        until_ns = self._clock.monotonic_ns() + int(wait_s * _NS)
        host.closed_until_ns = max(host.closed_until_ns, until_ns)
        _LOG.error("rest requests held back", host=name, status=response.status, wait_s=wait_s)

    def _note_weight(self, host: _Host, response: Response) -> None:
        name = host.limits.weight_header
        text = response.headers.get(name, "") if name is not None else ""
        if text.isascii() and text.isdigit():
            host.used(int(text[:9]))

    def _count(self, status: str) -> None:
        self._metrics.counter(
            "tapeline_adapters_rest_requests", "GET requests, by answer.", status=status
        ).inc()


@contextlib.asynccontextmanager
async def http_fetch(ca_file: str | None = None) -> AsyncIterator[Fetch]:
    """Give a :class:`Fetch` over one pool of kept-alive connections, with names remembered.

    Parameters
    ----------
    ca_file
        Trust this certificate authority, and no other; None for those of the system.
    """
    # Loaded here: most commands never ask anything of a venue.
    import ssl

    import aiohttp

    tls = ssl.create_default_context(cafile=ca_file)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    connector = aiohttp.TCPConnector(
        ssl=tls, limit_per_host=_CONCURRENT_MAX, ttl_dns_cache=300, keepalive_timeout=60.0
    )
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=10.0, connect=5.0),
        headers={"User-Agent": "tapeline"},
        # Proxies of the environment would see what a trader looks at.
        trust_env=False,
        auto_decompress=True,
    )

    async def fetch(url: str) -> Response:
        try:
            async with session.get(url, allow_redirects=False) as answer:
                body = await answer.read()
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status, headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ConnectError(f"GET {url} failed: {error or type(error).__name__}") from error

    try:
        yield fetch
    finally:
        await session.close()
