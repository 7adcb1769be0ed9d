"""The Rust hot path. Import it only from a layer's ``native.py``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, final

from typing_extensions import disjoint_base

__all__ = [
    "ArgumentError",
    "BatchInfo",
    "BookReplay",
    "ColumnRows",
    "ContentHash",
    "CopiedRows",
    "CopyDecoder",
    "CopyEncoder",
    "DecodeError",
    "Events",
    "IndicatorStream",
    "NativeEncoder",
    "Normalizer",
    "PushResult",
    "RowOrder",
    "RunRows",
    "Simulator",
    "StoredRows",
    "TapelineError",
    "crc32c",
    "decode",
    "decode_decimals",
    "decode_rows",
    "decode_wholes",
    "encode_parquet",
    "floats",
    "inspect",
    "merge_rows",
    "repeats",
    "time_order",
    "topic",
]

class TapelineError(Exception):
    retryable: ClassVar[bool]

class ArgumentError(TapelineError, ValueError): ...
class DecodeError(TapelineError, ValueError): ...

@final
class IndicatorStream:
    def __new__(
        cls,
        name: str,
        windows: Sequence[int],
        numbers: Sequence[float] = ...,
        *,
        instruction_set: str | None = None,
    ) -> IndicatorStream: ...
    @property
    def inputs(self) -> int: ...
    @property
    def outputs(self) -> int: ...
    def update(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None: ...
    @staticmethod
    def instruction_sets() -> list[str]: ...

@disjoint_base
class Normalizer:
    def __new__(
        cls,
        *,
        exchange: str,
        market: str,
        instruments: Sequence[tuple[str, str, str, str | None, int | None]],
        producer: str = ...,
        time_unit: Literal["ms", "us"] = "ms",
        future_after_ns: int = 5_000_000_000,
        stale_after_ns: int = 60_000_000_000,
        max_frame_bytes: int = 4_194_304,
        keep_raw: Literal["imperfect", "all"] = "imperfect",
        book_every: int = 0,
        gap_patience_ns: int = 0,
    ) -> Normalizer: ...
    def learn(self, instruments: Sequence[tuple[str, str, str, str | None, int | None]]) -> int: ...
    def push(
        self,
        frames: bytes | Sequence[bytes],
        received_ns: int | Sequence[int | None] | None,
        *,
        sent_ns: int | None = None,
    ) -> PushResult: ...
    def push_reply(
        self, url: str, body: bytes, received_ns: int | None, *, sent_ns: int | None = None
    ) -> PushResult: ...
    def connection(
        self,
        state: Literal["lost", "restored", "started", "stopped"],
        received_ns: int,
        reason: str,
        *,
        streams: Sequence[tuple[str, str]] | None = None,
        sent_ns: int | None = None,
    ) -> PushResult: ...
    def finish(self, received_ns: int | None, *, sent_ns: int | None = None) -> PushResult: ...
    def counters(self) -> dict[str, Any]: ...
    def gaps(self) -> list[dict[str, Any]]: ...
    def last_received(self) -> dict[tuple[str, str], int]: ...
    def book_requests(self) -> list[tuple[str, str, Literal["rest", "resubscribe"]]]: ...
    def books(self) -> list[dict[str, Any]]: ...
    def book(
        self, raw_symbol: str, channel: str | None = None, depth: int | None = None
    ) -> dict[str, Any] | None: ...
    def topics(
        self, raw_symbols: Sequence[str], types: Sequence[str] | None = None
    ) -> list[str]: ...

@final
class BookReplay:
    def __new__(
        cls,
        *,
        rule: Literal[
            "snapshots",
            "first_after_last",
            "prev_is_last",
            "prev_is_last_or_checksum",
            "last_plus_one",
        ],
        depth: Literal[1, 2],
    ) -> BookReplay: ...
    def apply(
        self,
        actions: bytes,
        origins: bytes,
        numbers: Sequence[bytes],
        bids: tuple[bytes, bytes, bytes],
        asks: tuple[bytes, bytes, bytes],
    ) -> None: ...
    def apply_each(
        self,
        codes: tuple[bytes, bytes],
        numbers: Sequence[bytes],
        sides: tuple[tuple[bytes, bytes, bytes], tuple[bytes, bytes, bytes]],
        levels: int,
    ) -> tuple[tuple[bytes, bytes, bytes], tuple[bytes, bytes, bytes]]: ...
    @property
    def state(self) -> Literal["buffering", "live", "unsynced"]: ...
    @property
    def last_update_id(self) -> int | None: ...
    @property
    def last_time_ns(self) -> int | None: ...
    @property
    def missing(self) -> list[tuple[int, int]]: ...
    def bids(self) -> list[tuple[str, str]]: ...
    def asks(self) -> list[tuple[str, str]]: ...

@final
class PushResult:
    @property
    def messages(self) -> list[tuple[str, bytes, bytes]]: ...
    @property
    def controls(self) -> list[tuple[int, str, str]]: ...
    @property
    def frames(self) -> int: ...
    @property
    def items(self) -> int: ...
    @property
    def events(self) -> int: ...
    @property
    def quarantined(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def control(self) -> int: ...
    @property
    def unsupported(self) -> int: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[str, bytes, bytes]]: ...

@final
class ColumnRows:
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class BatchInfo:
    @property
    def schema_version(self) -> int: ...
    @property
    def producer(self) -> str: ...
    @property
    def batch_id(self) -> int: ...
    @property
    def event_count(self) -> int: ...
    @property
    def sent_ns(self) -> int: ...
    @property
    def exchange(self) -> str: ...
    @property
    def market(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def raw_symbol(self) -> str: ...
    @property
    def event_type(self) -> str: ...

@final
class Events:
    @property
    def event_type(self) -> str: ...
    @property
    def rejected(self) -> list[tuple[int, str]]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...

@final
class CopyEncoder:
    def __new__(cls, table: object, *, piece_bytes: int = 1_048_576) -> CopyEncoder: ...
    def __iter__(self) -> CopyEncoder: ...
    def __next__(self) -> bytes: ...

@final
class NativeEncoder:
    def __new__(
        cls, table: object, types: Sequence[str], *, piece_bytes: int = 1_048_576
    ) -> NativeEncoder: ...
    def __iter__(self) -> NativeEncoder: ...
    def __next__(self) -> bytes: ...

@final
class CopyDecoder:
    def __new__(cls, columns: Sequence[tuple[str, str]]) -> CopyDecoder: ...
    def feed(self, piece: bytes) -> int: ...
    def take(self) -> CopiedRows: ...
    @property
    def is_ended(self) -> bool: ...

@final
class CopiedRows:
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class StoredRows:
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

def decode_decimals(
    chunk: tuple[object, int, bool, bool], digits: tuple[int, int], *, with_keys: bool
) -> StoredRows | None: ...
def decode_wholes(chunk: tuple[object, int, bool, bool]) -> StoredRows | None: ...

@final
class RowOrder:
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

def encode_parquet(
    table: object,
    order: object | None,
    options: Mapping[str, object],
) -> bytes: ...
def time_order(times: object) -> RowOrder | None: ...
def decode(
    values: Sequence[bytes],
    *,
    event_type: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
) -> Events: ...
def decode_rows(values: Sequence[bytes], offsets: Sequence[int], event_type: str) -> Events: ...
def floats(table: object) -> ColumnRows: ...
def repeats(table: object) -> list[int]: ...
def merge_rows(tables: Sequence[object]) -> ColumnRows | None: ...
def inspect(value: bytes) -> BatchInfo: ...
def crc32c(data: bytes) -> int: ...
def topic(event_type: str, exchange: str, market: str, raw_symbol: str) -> str: ...

@final
class Simulator:
    def __new__(
        cls,
        *,
        capital: float,
        is_inverse: bool,
        multiplier: float,
        fees: tuple[float, float],
        slippage: tuple[str, float],
        latency_ns: int,
        cap: tuple[float, int] | None,
        sample_ns: int,
        is_same_stream: bool,
        window_starts: Sequence[int],
    ) -> Simulator: ...
    def run(
        self,
        market: object,
        signals: object,
        *,
        funding: object | None = None,
        levels: object | None = None,
    ) -> None: ...
    def advance(self, time_ns: int) -> None: ...
    def finish(self, end_ns: int | None = None) -> None: ...
    def take(self, name: str) -> RunRows: ...

@final
class RunRows:
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class ContentHash:
    def __new__(cls) -> ContentHash: ...
    def update(self, table: object) -> None: ...
    def hexdigest(self) -> str: ...
