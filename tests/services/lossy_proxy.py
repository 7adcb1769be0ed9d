"""A TCP proxy that loses what a test says: what a network between writer and server can do."""

import socket
import threading
from contextlib import suppress
from types import TracebackType


class LossyProxy:
    """Passes bytes on to a server of this machine, until told otherwise."""

    def __init__(self, upstream_port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.loses_answers = False
        """Requests arrive, answers do not: the connection ends instead."""
        self.answer_bytes_max: int | None = None
        """After so many bytes of an answer the connection ends."""
        self._upstream_port = upstream_port
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "LossyProxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What waits in `accept` is woken by this, not by closing.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._upstream_port))
            except OSError:
                client.close()  # As the server would refuse it.
                continue
            for job in (self._requests, self._answers):
                threading.Thread(target=job, args=(client, server), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(65_536):
                server.sendall(data)
        except OSError:
            pass
        _end(client, server)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        passed = 0
        try:
            while data := server.recv(4096):
                passed += len(data)
                if self.loses_answers or passed > (self.answer_bytes_max or passed):
                    break
                client.sendall(data)
        except OSError:
            pass
        _end(client, server)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
