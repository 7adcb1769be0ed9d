"""Dictionaries: trained once for an exchange, a channel and a month, and then used for ever."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import zstandard

from tapeline.errors import StoreFormatError
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.rawframes.layout import (
    DICTIONARY_BYTES,
    LEVEL,
    Dictionary,
    dictionary_path,
)

_SAMPLES_MIN: Final = 100
_BYTES_MIN: Final = 8 * DICTIONARY_BYTES
_ID_MIN, _ID_MAX = 1 << 15, (1 << 31) - 1
"""zstd keeps the ids below and above for itself."""


class Dictionaries:
    """The dictionaries of an archive.

    Parameters
    ----------
    known
        By id, as the manifest has them.
    """

    def __init__(self, folder: Folder, known: Mapping[int, Dictionary]) -> None:
        self._folder = folder
        self.known = dict(known)
        self._loaded: dict[int, zstandard.ZstdCompressionDict] = {}

    def load(self, id_: int) -> zstandard.ZstdCompressionDict | None:
        """Return the dictionary of an id; None for 0.

        Raises
        ------
        StoreFormatError
            It is missing or damaged.
        """
        if not id_:
            return None
        if id_ not in self._loaded:
            fact = self.known.get(id_)
            if fact is None:
                raise StoreFormatError(f"no dictionary {id_:08x} is named in the manifest")
            content = self._folder.read(fact.path)
            if content is None or hashlib.sha256(content).hexdigest() != fact.sha256:
                what = "missing" if content is None else "damaged"
                raise StoreFormatError(
                    f"the dictionary {self._folder.shown}/{fact.path} is {what}; what was packed"
                    " with it cannot be read: restore it from a copy"
                )
            self._loaded[id_] = zstandard.ZstdCompressionDict(content)
        return self._loaded[id_]

    def find(self, exchange: str, channel: str, month: str) -> int:
        """Return the id for frames; 0 when there is none."""
        found = (
            each.id
            for each in self.known.values()
            if (each.exchange, each.channel, each.month) == (exchange, channel, month)
        )
        return min(found, default=0)

    def train(self, exchange: str, channel: str, month: str, samples: Sequence[bytes]) -> int:
        """Make a dictionary and write it, never over another; 0 when that is not worth while.

        Raises
        ------
        StoreUnavailableError
            It cannot be written.
        """
        if len(samples) < _SAMPLES_MIN or sum(map(len, samples)) < _BYTES_MIN:
            return 0
        seed = hashlib.sha256(f"{exchange} {channel} {month}".encode())
        for sample in samples:
            seed.update(sample)
        id_ = _ID_MIN + int.from_bytes(seed.digest()[:4], "little") % (_ID_MAX - _ID_MIN)
        try:
            trained = zstandard.train_dictionary(
                DICTIONARY_BYTES, list(samples), level=LEVEL, dict_id=id_
            )
        except zstandard.ZstdError:
            return 0
        content = trained.as_bytes()
        path = dictionary_path(exchange, channel, month, id_)
        if not self._folder.put_new(path, content):
            # A run that was killed has left it unnamed: it is as good, and never changes.
            content = self._folder.read(path) or content
        sha256 = hashlib.sha256(content).hexdigest()
        self.known[id_] = Dictionary(id_, exchange, channel, month, path, sha256)
        self._loaded[id_] = zstandard.ZstdCompressionDict(content)
        return id_
