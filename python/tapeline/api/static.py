"""The dashboard's files: read once at the start, and nothing else is ever served."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER: Final = Path(__file__).parent / "dashboard"
"""Where `just web` puts the built dashboard."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_TEXTS: Final = (".html", ".js", ".css", ".svg", ".json", ".txt", ".webmanifest", ".map")
_KINDS: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_MOST_BYTES: Final = 64 * 1024 * 1024
_MISSING: Final = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>tapeline</title>
<h1>The dashboard is not built</h1>
<p>Run <code>just web</code> in the repository and start the server again.</p>
<p>The API works without it: <a href="/api/openapi.json">/api/openapi.json</a> lists what there
is.</p></html>
"""


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes | None
    kind: str
    tag: str
    cache: str


class Dashboard:
    """Serves files by the paths they were found at; a path is never joined to a folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = _found(folder)

    @property
    def is_built(self) -> bool:
        """Whether there is a page to show."""
        return "index.html" in self._files

    async def serve(self, request: Request) -> Response:
        """Answer with a file; a path without one is a page of the dashboard."""
        path = request.path_params["path"]
        if path.partition("/")[0] in ("api", "ws"):
            if request.method == "HEAD":
                raise HTTPException(405, headers={"allow": "GET"})
            raise HTTPException(404)
        if not self.is_built:
            return Response(_MISSING, 404, media_type="text/html")
        file = self._files.get(path)
        if file is None and "." not in path.rpartition("/")[2]:
            file = self._files["index.html"]
        if file is None:
            raise HTTPException(404)
        return _answer(request, file)


def _found(folder: Path) -> dict[str, _File]:
    files: dict[str, _File] = {}
    left = _MOST_BYTES
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink() and (size := path.stat().st_size) <= left:
            left -= size
            name = path.relative_to(folder).as_posix()
            files[name] = _file(name, path)
    return files


def _file(name: str, path: Path) -> _File:
    body = path.read_bytes()
    ending = path.suffix.lower()
    kind = _KINDS.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 6, mtime=0) if ending in _TEXTS else None
    # The build puts a hash into the names of all that is there.
    cache = _FOR_EVER if name.startswith("assets/") else _ASK_AGAIN
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return _File(body, packed, kind, tag, cache)


def _answer(request: Request, file: _File) -> Response:
    headers = {
        "etag": file.tag,
        "cache-control": file.cache,
        "content-security-policy": _POLICY,
        "vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    body = file.body
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = file.packed
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type=file.kind)
