"""Whether a stored file is the one that was written."""

import hashlib
from typing import Final

from tapeline.storage.parquet.folder import Folder

_PIECE: Final = 4 << 20


def sha256_at(folder: Folder, path: str) -> str | None:
    """Return the SHA-256 of a file, read in pieces; None when it is not there.

    Raises
    ------
    StoreUnavailableError
        It cannot be read now.
    """
    sizes = {each.path: each.bytes for each in folder.list(path.rpartition("/")[0])}
    if path not in sizes:
        return None
    digest, offset = hashlib.sha256(), 0
    while offset < sizes[path]:
        piece = folder.read_part(path, offset, min(_PIECE, sizes[path] - offset))
        if not piece:
            return None
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()
