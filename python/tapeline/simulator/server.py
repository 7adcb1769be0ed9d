"""The server: listens on loopback, lets clients in at the door, runs the player."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tapeline.errors import ArgumentError
from tapeline.simulator.connection import Connection
from tapeline.simulator.desk import FrontDesk
from tapeline.simulator.door import Door
from tapeline.simulator.faults import FaultSpec
from tapeline.simulator.ledger import Ledger
from tapeline.simulator.player import Player
from tapeline.simulator.reel import Reel
from tapeline.simulator.timeline import Timeline
from tapeline.simulator.venue import Venue
from tapeline.telemetry.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the simulator serves.

    Attributes
    ----------
    host, port
        Where it listens; port 0 takes a free one.
    speed
        Recorded seconds a second; None for as fast as the clients read.
    faults
        What shall go wrong.
    seed
        Seed of everything random.
    is_once
        End when the tape has been sent whole and the clients have read it.
    clients
        The tape starts when so many clients are subscribed.
    is_patient
        Stand still while no client is subscribed; else the tape runs on once it has started.
    is_live
        Send a frame when the wall clock reaches its recorded time, late ones at once.
    skips_late
        With ``is_live``: leave out what is late when the tape starts.
    tls_certificate, tls_key
        PEM files; both or none. With them it serves ``wss://``.
    """

    host: str = "127.0.0.1"
    port: int = 0
    speed: float | None = 1.0
    faults: Sequence[FaultSpec] = ()
    seed: int = 0
    is_once: bool = False
    clients: int = 1
    is_patient: bool = True
    is_live: bool = False
    skips_late: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    is_whole
        The tape was sent to its end.
    is_read
        Every client connected at the end had read all that was sent to it.
    """

    is_whole: bool
    is_read: bool


class Simulator:
    """A venue's WebSocket and REST server that plays a reel.

    Parameters
    ----------
    reel
        What is played.
    venue
        Whose protocol is spoken.
    settings
        How it is served.
    clock
        Paces the tape and the venue's limits.
    """

    def __init__(self, reel: Reel, venue: Venue, settings: ServerSettings, clock: Clock) -> None:
        self.ledger = Ledger(reel, venue, settings.seed)
        timeline = Timeline(reel, venue)
        self._desk = FrontDesk(timeline, venue, settings.faults, self.ledger, clock)
        self.player = Player(
            timeline,
            self.ledger,
            clock,
            speed=settings.speed,
            faults=settings.faults,
            seed=settings.seed,
            clients=settings.clients,
            is_patient=settings.is_patient,
            is_live=settings.is_live,
            skips_late=settings.skips_late,
            refuse_for=self._desk.refuse_for,
        )
        self._venue = venue
        self._settings = settings
        self._clock = clock
        self._accepted = 0

    async def run(self, stop: asyncio.Event, on_listening: Callable[[str], None]) -> Outcome:
        """Serve until `stop` is set or, with ``is_once``, until the tape has been read.

        Parameters
        ----------
        stop
            Set it to end the run; connections are closed in good order.
        on_listening
            Called with the URL once clients can connect.

        Raises
        ------
        ArgumentError
            The port cannot be listened on, or the certificate cannot be used.
        """
        server = await self._listen()
        on_listening(self._url(server))
        playing = asyncio.create_task(self.player.play(), name="player")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            is_read = False
            if playing.done():
                playing.result()
                is_read = await self._after_the_tape(stopping)
            return Outcome(playing.done(), is_read)
        finally:
            await _cancelled(playing)
            await _cancelled(stopping)
            server.close()
            await self.player.close("the tape has ended" if not stop.is_set() else "stopped")

    async def _after_the_tape(self, stopping: "asyncio.Task[bool]") -> bool:
        reading = asyncio.create_task(self.player.wait_until_read(), name="read")
        await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            await _cancelled(reading)
            return False
        if not self._settings.is_once:
            await stopping
        return reading.result()

    async def _listen(self) -> asyncio.Server:
        settings = self._settings
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(
                self._accept, settings.host, settings.port, ssl=_tls(settings)
            )
        except (OSError, OverflowError) as error:
            raise ArgumentError(
                f"cannot listen on {settings.host}:{settings.port}: {error}"
            ) from error

    def _accept(self) -> Door:
        return Door(self._desk, self._make_connection)

    def _make_connection(self, is_glued: bool) -> Connection:
        self._accepted += 1
        return Connection(self._accepted, self._venue, self._clock, self.player, is_glued=is_glued)

    def _url(self, server: asyncio.Server) -> str:
        host, port = server.sockets[0].getsockname()[:2]
        scheme = "ws" if self._settings.tls_certificate is None else "wss"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


async def _cancelled(task: "asyncio.Task[object]") -> None:
    task.cancel()
    await asyncio.wait({task})


def _tls(settings: ServerSettings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None and settings.tls_key is None:
        return None
    if settings.tls_certificate is None or settings.tls_key is None:
        raise ArgumentError("a TLS certificate and its key go together")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ArgumentError(
            f"cannot use the certificate {settings.tls_certificate}: {error}"
        ) from error
    return context
