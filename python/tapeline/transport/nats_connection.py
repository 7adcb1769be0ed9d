"""A connection to NATS that is made once: whoever uses it makes another when it breaks.

The client's own reconnecting would send again, behind our back and out of order, what it had
buffered.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import Any, Final

import nats.errors
import orjson
from nats.aio.client import Client

from tapeline.errors import TransportError
from tapeline.transport.uris import NatsUri

REQUEST_S: Final = 5.0
_CONNECT_S: Final = 2
_CONNECTED_S: Final = 5.0
_CLOSE_S: Final = 1.0
_PING_S: Final = 2
CLIENT_FAULTS: Final = (nats.errors.Error, OSError, TimeoutError)
"""What the client raises when a server is away, slow or says no."""

NOT_FOUND: Final = 404
_NAME_IN_USE: Final = 10058


class NatsApiError(TransportError):
    """The server has answered a request of JetStream's API with an error."""

    def __init__(self, text: str, *, status: int, code: int) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


async def connect(address: NatsUri, name: str) -> Client:
    """Connect once.

    Parameters
    ----------
    name
        Shown by the server's monitoring.

    Raises
    ------
    TransportError
        No server answers, or it refuses us.
    """
    client = Client()
    scheme = "tls" if address.is_tls else "nats"
    try:
        connecting = client.connect(
            [f"{scheme}://{server}" for server in address.servers.split(",")],
            name=name,
            allow_reconnect=False,
            # Each server is tried twice; by default sixty times, two seconds apart.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=_CONNECT_S,
            ping_interval=_PING_S,
            max_outstanding_pings=2,
            error_cb=_ignore,
            # Our own names are checked where they are made.
            skip_subject_validation=True,
            **_security(address),
        )
        await asyncio.wait_for(connecting, _CONNECTED_S)
    except (*CLIENT_FAULTS, ValueError) as error:
        reason = said(client.last_error or error)
        await close(client)
        raise TransportError(f"no answer from NATS at {address.servers}: {reason}") from error
    return client


async def close(client: Client) -> None:
    """Let go of a connection, whatever state it is in."""
    with contextlib.suppress(*CLIENT_FAULTS):
        await asyncio.wait_for(client.close(), _CLOSE_S)


async def request(
    client: Client, operation: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask JetStream's API.

    Raises
    ------
    NatsApiError
        The server says no.
    TransportError
        It does not answer.
    """
    payload = b"" if body is None else orjson.dumps(body)
    try:
        answer = await client.request(f"$JS.API.{operation}", payload, timeout=REQUEST_S)
    except CLIENT_FAULTS as error:
        raise TransportError(f"NATS does not answer {operation}: {said(error)}") from error
    found: dict[str, Any] = orjson.loads(answer.data)
    fault = found.get("error")
    if fault is not None:
        raise NatsApiError(
            f"NATS refuses {operation}: {fault.get('description', fault)}",
            status=int(fault.get("code", 0)),
            code=int(fault.get("err_code", 0)),
        )
    return found


async def streams(client: Client, prefix: str) -> list[dict[str, Any]]:
    """Return configuration and state of all streams under a prefix."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await request(
            client, "STREAM.LIST", {"subject": f"{prefix}.>", "offset": len(found)}
        )
        page = answer.get("streams") or []
        found += page
        if not page or len(found) >= int(answer.get("total", 0)):
            return found


async def make_stream(client: Client, config: dict[str, Any]) -> None:
    """Make a stream; one that is there already stays as it is."""
    name = config["name"]
    try:
        await request(client, f"STREAM.INFO.{name}")
    except NatsApiError as error:
        if error.status != NOT_FOUND:
            raise
        try:
            await request(client, f"STREAM.CREATE.{name}", config)
        except NatsApiError as refused:
            # Somebody else was faster, with other settings.
            if refused.code != _NAME_IN_USE:
                raise


def make_streams(address: NatsUri, configs: Sequence[dict[str, Any]]) -> None:
    """Connect, make streams, leave.

    Raises
    ------
    TransportError
        No server answers, or it refuses one of them.
    """

    async def make() -> None:
        client = await connect(address, "tapeline-topics")
        try:
            for config in configs:
                await make_stream(client, config)
        finally:
            await close(client)

    asyncio.run(make())


def said(error: BaseException) -> str:
    """Return what an exception says, or its name where it says nothing."""
    return str(error) or type(error).__name__


def _security(address: NatsUri) -> dict[str, Any]:
    options: dict[str, Any] = {}
    try:
        if address.is_tls:
            cafile = None if address.ca is None else str(address.ca)
            options["tls"] = ssl.create_default_context(cafile=cafile)
        if address.creds is not None:
            # Either a user's JWT with its seed, or the seed of a key alone.
            has_jwt = "BEGIN NATS USER JWT" in address.creds.read_text(encoding="utf-8")
            options["user_credentials" if has_jwt else "nkeys_seed"] = str(address.creds)
    except OSError as error:
        raise TransportError(f"cannot read credentials for {address.servers}: {error}") from error
    return options


async def _ignore(_error: Exception) -> None:
    """Leave faults to the calls that meet them."""
