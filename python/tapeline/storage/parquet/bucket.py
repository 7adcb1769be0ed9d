"""A bucket of any S3 endpoint with conditional puts (SeaweedFS, MinIO, AWS)."""

import contextlib
from collections.abc import Iterator
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import S3Store

from tapeline.errors import StoreUnavailableError
from tapeline.storage.parquet.folder import Listed
from tapeline.storage.targets import Target


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

    @contextlib.contextmanager
    def _faults(self, verb: str, path: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            text = str(error).splitlines()[0][:300]
            raise StoreUnavailableError(f"cannot {verb} {self._shown}/{path}: {text}") from error
