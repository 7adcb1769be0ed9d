"""``/metrics``, ``/health/live`` and ``/health/ready`` on a listener of their own.

It answers from threads of its own, so a busy loop is seen and not waited for.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socket import AF_INET6
from typing import Any, ClassVar, Final

import orjson
from prometheus_client.exposition import choose_encoder

from tapeline.errors import SettingsError
from tapeline.telemetry.health import Health, Report
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics

_LOG = logger("tapeline.telemetry")
_TIMEOUT_S: Final = 5.0
_LOOK_S: Final = 0.1
_ASKED_AT_ONCE_MAX: Final = 16
_PORT_MAX: Final = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address for people."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def parse_address(text: str, default_host: str = "127.0.0.1") -> Address:
    """Read ``HOST:PORT``, ``[HOST]:PORT``, ``:PORT`` or ``PORT``.

    Raises
    ------
    SettingsError
        It is something else, or the port is none.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    is_port = port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= _PORT_MAX
    if not is_port or (":" in host and not text.startswith("[")):
        raise SettingsError(f"metrics: expected HOST:PORT, was {text!r}")
    return Address(host or default_host, int(port))


def serve(address: Address, metrics: Metrics, health: Health) -> Callable[[], None]:
    """Answer on an address until the function returned is called.

    Raises
    ------
    SettingsError
        Nothing can listen there.
    """
    handler = type("Handler", (_Handler,), {"metrics": metrics, "health": health})
    kind = _Server6 if ":" in address.host else _Server
    try:
        server = kind((address.host, address.port), handler)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"metrics: cannot listen on {address.host}:{address.port}: {error}"
        ) from error
    if not _is_loopback(address.host):
        _LOG.warning("metrics are readable by whoever reaches this address", url=address.url)
    metrics.gauge("tapeline_apps_live_state").set_function(lambda: float(health.live().is_ok))
    metrics.gauge("tapeline_apps_ready_state").set_function(lambda: float(health.ready().is_ok))
    thread = threading.Thread(
        target=server.serve_forever, args=(_LOOK_S,), name="metrics", daemon=True
    )
    thread.start()
    _LOG.info("metrics", url=f"{address.url}/metrics")

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - passed through
        self._room = threading.BoundedSemaphore(_ASKED_AT_ONCE_MAX)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base has it
        """Hang up on the seventeenth at once: each takes a thread."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base has it
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base has it
        """Say nothing on stderr: somebody hung up."""
        _LOG.debug("a reader of metrics went away")


class _Server6(_Server):
    address_family = AF_INET6


class _Handler(BaseHTTPRequestHandler):
    metrics: ClassVar[Metrics]
    health: ClassVar[Health]
    timeout = _TIMEOUT_S
    server_version = "tapeline"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one of three paths."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            self._answer(HTTPStatus.OK, kind, encode(self.metrics.registry))
        elif path == "/health/live":
            self._tell(self.health.live())
        elif path == "/health/ready":
            self._tell(self.health.ready())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"not found\n")

    def _tell(self, report: Report) -> None:
        status = HTTPStatus.OK if report.is_ok else HTTPStatus.SERVICE_UNAVAILABLE
        body = orjson.dumps(report.as_dict(), option=orjson.OPT_APPEND_NEWLINE)
        self._answer(status, "application/json", body)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""
