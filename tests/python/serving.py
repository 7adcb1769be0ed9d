"""The HTTP interface on a real socket, and a client that says exactly what it sends."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn

from tapeline.api.app import create_app
from tapeline.api.protocol import BoundedProtocol
from tapeline.api.queries import OpenSource
from tapeline.api.settings import ApiSettings
from tapeline.apps import access
from tapeline.apps.serve import uvicorn_config

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - a JSON document
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs."""

    port: int
    connections: Callable[[], int]
    """How many there are now, as the server counts them."""

    def get(
        self,
        path: str,
        query: Mapping[str, object] | None = None,
        /,
        *,
        accept: str | None = None,
        **more: object,
    ) -> Reply:
        """Ask; ``None`` values say nothing."""
        asked = {**(query or {}), **more}
        said = urlencode({name: value for name, value in asked.items() if value is not None})
        headers = {} if accept is None else {"accept": accept}
        return self.ask("GET", f"{path}?{said}" if said else path, headers)

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Send a request with exactly this target."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def pages(
        self, path: str, query: Mapping[str, object] | None = None, /, **more: object
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list."""
        cursor: str | None = None
        while True:
            reply = self.get(path, {**(query or {}), **more}, cursor=cursor)
            assert reply.status == 200, reply.body
            yield reply.json
            cursor = reply.json["next_cursor"]
            if cursor is None:
                return


@contextmanager
def serving(
    targets: Sequence[str | Path] | OpenSource,
    settings: ApiSettings | None = None,
    http: type[BoundedProtocol] = BoundedProtocol,
    options: Mapping[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - passed to the application
) -> Iterator[Served]:
    """Serve stores on a free port of loopback, in a thread with an event loop of its own."""
    opener = targets if callable(targets) else partial(access.open, list(targets))
    app = create_app(opener, settings, version="test", shown="a test", **more)
    chosen = {"host": "127.0.0.1", "port": 0, "loop": "uvloop", "http": http, **(options or {})}
    server = uvicorn.Server(uvicorn_config(app, **chosen))
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(port, lambda: len(server.server_state.connections))
    finally:
        server.should_exit = True
        thread.join()
