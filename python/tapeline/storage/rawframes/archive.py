"""Recordings into an archive: staged, read back, put in place and only then named."""

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from tapeline.errors import StoreFormatError
from tapeline.storage.archive.place import Place
from tapeline.storage.archive.staging import sha256_of
from tapeline.storage.parquet.folder import LocalFolder, disk_faults
from tapeline.storage.rawframes.dictionaries import Dictionaries
from tapeline.storage.rawframes.layout import (
    BLOCK_BYTES,
    MANIFEST,
    UNKNOWN_MONTH,
    Recording,
    raw_manifest_of,
    recording_path,
)
from tapeline.storage.rawframes.reading import RecordingReader
from tapeline.storage.rawframes.writing import month_of, train_missing, write_recording
from tapeline.tape import TapeFrame


class RawArchive:
    """An archive of raw frames, opened for writing.

    Parameters
    ----------
    working
        A folder for files to be, from :meth:`Place.working`.
    """

    def __init__(self, place: Place, working: Path) -> None:
        self._place = place
        self._working = working
        content, self._version = place.read_versioned(MANIFEST)
        self.manifest = raw_manifest_of(f"{place.folder.shown}/{MANIFEST}", content)
        self._dictionaries = Dictionaries(place.folder, self.manifest.dictionaries)

    def add(
        self,
        capture: Path,
        frames: Callable[[], Iterable[TapeFrame]],
        exchange: str,
        *,
        block_bytes: int = BLOCK_BYTES,
        advance: Callable[[int], None] = lambda _count: None,
    ) -> tuple[Recording, bool]:
        """Archive one recording, unless the archive has it; return whether it was written.

        Parameters
        ----------
        frames
            Gives all frames of the capture, again at each call.

        Raises
        ------
        StoreUnavailableError
            The disk is full, the bucket is away. The archive is as it was.
        StoreFormatError
            What was written does not read back.
        """
        sha256 = sha256_of(capture)
        for known in self.manifest.recordings.values():
            if (known.capture, known.capture_sha256) == (capture.name, sha256):
                return known, False
        first = next(iter(frames()), None)
        month = UNKNOWN_MONTH if first is None else month_of(first)
        train_missing(exchange, frames(), self._dictionaries)
        # What is named may be used; a dictionary that is named and not used costs 16 KiB.
        self._name()
        path = recording_path(exchange, month, capture.name, sha256)
        staged = self._working / Path(path).name
        try:
            with disk_faults("write", staged):
                written = write_recording(
                    staged,
                    exchange,
                    frames(),
                    self._dictionaries,
                    block_bytes=block_bytes,
                    advance=advance,
                )
            self._verify(staged, frames())
            recording = Recording(
                path,
                exchange,
                month,
                capture.name,
                sha256,
                written.frames,
                written.raw_bytes,
                staged.stat().st_size,
                sha256_of(staged),
                written.first_ns,
                written.last_ns,
                sorted(written.dictionaries),
            )
            self._place.replace(staged, path)
        finally:
            staged.unlink(missing_ok=True)
        self.manifest.recordings[path] = recording
        self._name()
        return recording, True

    def _name(self) -> None:
        self.manifest.dictionaries.update(self._dictionaries.known)
        self._version = self._place.put_versioned(MANIFEST, self.manifest.to_json(), self._version)

    def _verify(self, staged: Path, frames: Iterable[TapeFrame]) -> None:
        """Read the new file and compare every frame with the capture's."""
        damages: list[str] = []
        reader = RecordingReader(
            LocalFolder(staged.parent),
            staged.name,
            staged.stat().st_size,
            self._dictionaries,
            damages.append,
        )
        for place, (found, expected) in enumerate(zip_longest(reader.frames(), frames)):
            if found != expected:
                detail = damages[0] if damages else f"frame {place} is another one"
                raise StoreFormatError(f"{staged} does not read back: {detail}")


def recordings_in(
    place: Place, on_damage: Callable[[str], None], path: str | None = None
) -> Iterator[tuple[Recording, RecordingReader]]:
    """Yield the recordings of an archive, or the one at ``path``, with what reads them.

    Raises
    ------
    StoreFormatError
        There is no such archive or recording.
    """
    content = place.folder.read(MANIFEST)
    if content is None:
        raise StoreFormatError(f"{place.folder.shown} has no raw frames: there is no {MANIFEST}")
    manifest = raw_manifest_of(f"{place.folder.shown}/{MANIFEST}", content)
    dictionaries = Dictionaries(place.folder, manifest.dictionaries)
    chosen = [each for each in manifest.recordings.values() if path in (None, each.path)]
    if not chosen and path is not None:
        raise StoreFormatError(f"{place.folder.shown} has no recording {path}")
    for each in sorted(chosen, key=lambda one: (one.first_ns or 0, one.path)):
        reader = RecordingReader(place.folder, each.path, each.bytes, dictionaries, on_damage)
        yield each, reader
