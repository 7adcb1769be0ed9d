"""Recorded tapes through the archive of raw frames, and back, byte for byte."""

import gzip
import itertools
from pathlib import Path

import pytest

from tapeline.apps.archive_raw import exchange_of
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.rawframes.archive import RawArchive, recordings_in
from tapeline.tape import TapeReader, format_line
from tests.python.integration.test_every_capture import CAPTURES, TAPES

# The largest have hundreds of thousands of frames, and none that is of another kind.
SOME = [tape for tape in TAPES if (CAPTURES / tape).stat().st_size < 1_000_000]

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not TAPES, reason=f"no recorded tapes in {CAPTURES}"),
]


def test_tapes_come_back_line_by_line(tmp_path: Path) -> None:
    place = LocalPlace(tmp_path)
    with place.working() as working:
        archive = RawArchive(place, working)
        for tape in SOME:
            path = CAPTURES / tape
            archive.add(path, TapeReader(path).__iter__, exchange_of(path))
    exchanges = set()
    for recording, reader in recordings_in(place, pytest.fail):
        exchanges.add(recording.exchange)
        path = CAPTURES / recording.capture
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as lines:
            for line, frame in itertools.zip_longest(lines, reader.frames()):
                assert format_line(frame) == line
    assert exchanges == {"binance", "okx", "bybit"}
    assert len(archive.manifest.recordings) == len(SOME)
