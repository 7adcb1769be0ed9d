"""What lies where in a Parquet store. Everything a reader needs to know is here.

::

    PATH/_log/00000000000000000042.json             commit 42
    PATH/_log/00000000000000000040.checkpoint.json  the state after commit 40
    PATH/trade/date=2026-01-05/trade-2026-01-05-00000042-0-9f2c61ab.parquet
    PATH/orderbook/date=2026-01-05/...              one folder an event type
    PATH/quarantine/date=unknown/...                rows without any time

**The log says what is in the store, and nothing else does.** A data file that no commit names is
left over from a writer that died, or is about to be committed, and its name ends in
``.parquet.new`` (:mod:`tapeline.storage.parquet.datafiles`): readers do not look at it. To read
the state, list ``_log``, take the checkpoint with the highest number (if there is one) and apply
the commits after it in order. Numbers have no holes behind the newest checkpoint. A commit is a
file made with a create that fails when the file is there, with all its content or not at all: two
writers cannot make the same one. Neither commits nor data files are ever changed.

A commit is a JSON object::

    {"format": 1, "commit": 42, "written_ns": 1767..., "writer": "host-4711",
     "added": [{"type": "trade", "date": "2026-01-05", "path": "trade/date=...parquet",
                "rows": 2000, "bytes": 31000, "sha256": "...",
                "time_min_ns": 1767..., "time_max_ns": 1767...,
                "instruments": [["binance", "spot", "BTC/USDT", "BTCUSDT"], ...],
                "is_distinct": true, "spans": [[1767..., 1767...], ...]}],
     "removed": ["trade/date=.../older.parquet"],
     "offsets": [["trade.binance.spot.btcusdt", 0, 1234]],
     "marks": [["producer", "trade.binance.spot.btcusdt", 17, "<base64>"]]}

``time_min_ns`` and ``time_max_ns`` are over the row's time
(:data:`tapeline.storage.schema.TIME_COLUMNS`), both inclusive, null where no row has one. A file
has the rows of one UTC day of that time. ``instruments`` lists every instrument of the file:
exchange, market, symbol and the venue's spelling (the last two null where not known).
``is_distinct`` says that no two rows have one time and one event id, so that nobody need look for
repeats; false, or not there, says nothing. ``spans`` says of each instrument, in their order, the
time of its first row and of its last, or more; null where none has a time. Without it, or where it
is empty, the file's bounds are all that is known. ``removed`` names files that later ones replace.
``offsets`` gives topic, partition and next offset. ``marks`` are runs of batches: producer, routing
key, number of the first batch, and the CRC32Cs of it and those that follow it, four bytes each,
little-endian. A checkpoint has the same fields, its
``added`` being all files, and no ``removed``; it may have ``gone``: files that were removed lately,
each with the time of that. They stay for an hour, as ``*.parquet.old``, for readers that know an
older state. So a reader that knows nothing of the log and takes ``**/*.parquet`` sees every row
once too, but for the moment of a commit.

Inside a file the rows are in the order of an answer: by time, then by
:data:`tapeline.storage.schema.ORDER_COLUMNS`. Files of a type overlap in time only where events
came late. The columns are those of :func:`tapeline.storage.schema.stored_schema_of`, which the
file's own Arrow schema repeats. Row groups have up to 131,072 rows and statistics. Pages and footer
have checksums (:mod:`tapeline.storage.parquet.sealing`), but in files of earlier versions.
"""

import re
from typing import Final

from tapeline.storage.schema import UNKNOWN_DATE

FORMAT: Final = 1
LOG_FOLDER: Final = "_log"
MANIFEST: Final = "manifest.json"
"""An archive has it, and a store has not."""
ROWS_PER_GROUP: Final = 131_072

_ENTRY: Final = re.compile(r"([0-9]{20})\.json")
_CHECKPOINT: Final = re.compile(r"([0-9]{20})\.checkpoint\.json")
_FOLDER: Final = rf"[a-z_]+/date=(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|{UNKNOWN_DATE})"
_PLACE: Final = re.compile(rf"(?:{LOG_FOLDER}|{_FOLDER})/[^/]+")
_DATA: Final = re.compile(r"([a-z_]+)/date=([0-9a-z-]+)/\1-\2-[0-9]{8,}-[0-9]+-[0-9a-f]+\.parquet")


def entry_path(commit: int) -> str:
    """Return where a commit lies."""
    return f"{LOG_FOLDER}/{commit:020d}.json"


def checkpoint_path(commit: int) -> str:
    """Return where the state after a commit lies, if it was written."""
    return f"{LOG_FOLDER}/{commit:020d}.checkpoint.json"


def entry_number(name: str) -> int | None:
    """Return the commit a file of the log folder holds; None for other files."""
    found = _ENTRY.fullmatch(name)
    return None if found is None else int(found[1])


def checkpoint_number(name: str) -> int | None:
    """Return the commit whose state a file of the log folder holds; None for other files."""
    found = _CHECKPOINT.fullmatch(name)
    return None if found is None else int(found[1])


def data_path(event_type: str, date: str, commit: int, piece: int, unique: str) -> str:
    """Return a new data file's place; ``unique`` keeps two writers apart."""
    name = f"{event_type}-{date}-{commit:08d}-{piece}-{unique}.parquet"
    return f"{event_type}/date={date}/{name}"


def is_data_path(path: str) -> bool:
    """Whether a path is one that :func:`data_path` gives: others in the folder are not ours."""
    return bool(_PLACE.fullmatch(path) and _DATA.fullmatch(path))


def is_in_store(path: str) -> bool:
    """Whether a file lies in one of the folders that a store makes."""
    return _PLACE.fullmatch(path) is not None
