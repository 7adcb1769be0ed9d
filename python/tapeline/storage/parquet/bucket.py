"""A bucket of any S3 endpoint with conditional puts (SeaweedFS, MinIO, AWS)."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import S3Store

from tapeline.errors import StoreUnavailableError
from tapeline.storage.parquet.folder import Listed
from tapeline.storage.targets import Target

_ROLE: Final = "/latest/api/token"
"""What a machine of a cloud is asked for, to get its role's keys, where no others are given."""


class Bucket:
    """A prefix of a bucket. Keys come from the environment, as for every S3 client.

    ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and, where the address does not say,
    ``AWS_ENDPOINT`` and ``AWS_REGION``.
    """

    def __init__(self, target: Target) -> None:
        endpoint = target.option("endpoint")
        config: dict[str, Any] = {"region": target.option("region") or "us-east-1"}
        if endpoint is not None:
            config["endpoint"] = endpoint
        self._shown = f"s3://{target.bucket}/{target.prefix}"
        with self._faults("open", ""):
            self._store = S3Store(
                target.bucket or "",
                prefix=target.prefix or None,
                config=config,  # type: ignore[arg-type] # a typed dict of far more keys
                client_options={
                    "allow_http": bool(endpoint and endpoint.startswith("http:")),
                    "timeout": "30s",
                },
                retry_config=None,
            )

    @property
    def shown(self) -> str:
        """Bucket and prefix."""
        return self._shown

    @property
    def fails_for_sure(self) -> bool:
        """False: a put whose answer was lost may still be carried out."""
        return False

    def read(self, path: str) -> bytes | None:
        """Get an object; see :meth:`tapeline.storage.parquet.folder.Folder.read`."""
        with self._faults("read", path):
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def read_part(self, path: str, offset: int, length: int) -> bytes | None:
        """Get a range of an object; see :meth:`Folder.read_part`."""
        with self._faults("read", path):
            try:
                return bytes(obstore.get_range(self._store, path, start=offset, length=length))
            except (NotFoundError, FileNotFoundError):
                return None

    def put(self, path: str, content: bytes | memoryview) -> None:
        """Put an object, which appears whole."""
        with self._faults("write", path):
            obstore.put(self._store, path, bytes(content))

    def put_new(self, path: str, content: bytes) -> bool:
        """Put an object with ``If-None-Match: *``."""
        with self._faults("write", path):
            try:
                obstore.put(self._store, path, content, mode="create", use_multipart=False)
            except (AlreadyExistsError, FileExistsError):
                return False
            return True

    def upload(self, file: Path, path: str) -> None:
        """Put a local file, in parts where it is large; it appears whole."""
        with self._faults("write", path):
            obstore.put(self._store, path, file)

    def download(self, path: str, file: Path) -> bool:
        """Write an object into a local file, piece by piece; False when it is not there."""
        with self._faults("read", path):
            try:
                found = obstore.get(self._store, path)
            except (NotFoundError, FileNotFoundError):
                return False
            with file.open("wb") as copy:
                for piece in found.stream(min_chunk_size=8 * 1024 * 1024):
                    copy.write(bytes(piece))
            return True

    def read_versioned(self, path: str) -> tuple[bytes | None, str | None]:
        """Get an object and its ETag; None and None when it is not there."""
        with self._faults("read", path):
            try:
                found = obstore.get(self._store, path)
                return bytes(found.bytes()), found.meta["e_tag"]
            except (NotFoundError, FileNotFoundError):
                return None, None

    def put_versioned(self, path: str, content: bytes, version: str | None) -> str | None:
        """Put an object with ``If-Match``; None when it is another one now.

        Parameters
        ----------
        version
            The ETag it must have; None when it must not be there.
        """
        mode: Any = "create" if version is None else {"e_tag": version}
        with self._faults("write", path):
            try:
                done = obstore.put(self._store, path, content, mode=mode, use_multipart=False)
            except (AlreadyExistsError, PreconditionError, FileExistsError):
                return None
            return done["e_tag"]

    def list(self, prefix: str) -> list[Listed]:
        """List the objects below a prefix."""
        with self._faults("list", prefix):
            return [
                Listed(each["path"], each["size"], int(each["last_modified"].timestamp() * 1e9))
                for page in obstore.list(self._store, prefix or None)
                for each in page
            ]

    def delete(self, path: str) -> None:
        """Delete an object."""
        with self._faults("delete", path), contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, path)

    def rename(self, path: str, to: str) -> None:
        """Copy an object within the bucket, then delete it."""
        with self._faults("rename", path), contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.rename(self._store, path, to)

    @contextlib.contextmanager
    def _faults(self, verb: str, path: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            text = str(error).splitlines()[0][:300]
            if _ROLE in text:
                text = f"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; {text}"
            raise StoreUnavailableError(f"cannot {verb} {self._shown}/{path}: {text}") from error
