"""A TCP line to a PostgreSQL server that can be cut right behind a COMMIT."""

import socket
import threading
from contextlib import suppress
from typing import Self


class CutLine:
    """Passes bytes both ways. When told to, it lets one COMMIT through and its answer not."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.must_cut = threading.Event()
        self.was_cut = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # What waits in `accept` is woken by this, not by closing.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                committed = threading.Event()
                for source, sink, is_client in ((client, server, True), (server, client, False)):
                    threading.Thread(
                        target=self._pass, args=(source, sink, is_client, committed), daemon=True
                    ).start()

    def _pass(
        self,
        source: socket.socket,
        sink: socket.socket,
        is_client: bool,
        committed: threading.Event,
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if is_client and self.must_cut.is_set() and b"COMMIT" in data:
                    committed.set()
                if not is_client and committed.is_set():
                    # This is the answer: the server has committed.
                    self.must_cut.clear()
                    self.was_cut.set()
                    break
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
