"""Structured logging that never does IO on the caller's thread.

Records go through a bounded queue to one thread, which renders and writes them. When the queue is
full a record is dropped and counted: logging must not stop the feed.
"""

import logging
import logging.handlers
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TextIO, cast

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

LogFormat = Literal["console", "json"]

_QUEUE_RECORDS_MAX = 10_000
# Everything a terminal may act upon: C0, DEL and C1. Frames and server messages end up in logs, and
# an escape sequence in one of them must not reach the operator's terminal.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
# The bidirectional overrides reorder what a person reads.
_CONTROLS |= {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def escape_controls(text: str) -> str:
    r"""Return the text with control characters spelled out, e.g. ``\x1b``."""
    return text.translate(_CONTROLS)


def _escape_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = escape_controls(value)
    return event


class _QueueHandler(logging.handlers.QueueHandler):
    """Hands records over unrendered and counts those that found the queue full."""

    dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


def _json_line(event: EventDict, **_options: object) -> str:
    return orjson.dumps(event, default=repr).decode()


def _formatter(style: LogFormat, stream: TextIO) -> logging.Formatter:
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor
    if style == "json":
        renderer = structlog.processors.JSONRenderer(serializer=_json_line)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _escape_values,
            renderer,
        ],
    )


@contextmanager
def logging_to(
    stream: TextIO | None = None, *, style: LogFormat = "console", level: str = "INFO"
) -> Iterator[None]:
    """Send all logging of the process to a stream (default: stderr) until the block ends.

    On leaving, everything still queued is written.
    """
    out = stream if stream is not None else sys.stderr
    handler = _QueueHandler(queue.Queue(_QUEUE_RECORDS_MAX))
    writer = logging.StreamHandler(out)
    writer.setFormatter(_formatter(style, out))
    listener = logging.handlers.QueueListener(handler.queue, writer)
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("websockets", "picows", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        root.setLevel(before[0])
        root.handlers[:] = before[1]
        structlog.reset_defaults()
        if handler.dropped:
            out.write(f"{handler.dropped} log records were dropped: the log was too slow\n")


def logger(name: str) -> FilteringBoundLogger:
    """Return a structured logger; bind exchange, market and symbol once."""
    return cast(FilteringBoundLogger, structlog.get_logger(name))
