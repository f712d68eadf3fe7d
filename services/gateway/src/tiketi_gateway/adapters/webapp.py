"""The built web app, read into memory at the start, so that no request reaches the file system.

Files under `assets/` carry a hash in their names and are cached for a week. `index.html` is never
cached; it is the answer for every path that is not a file, since the app has a router of its own.
"""

import mimetypes
from pathlib import Path

from tiketi_gateway.http1.documents import COMPRESS_FROM, Document, gzipped, make_document

FOREVER = b"Cache-Control: public, max-age=604800, immutable\r\n"
REVALIDATE = b"Cache-Control: no-cache\r\n"
NEVER = b"Cache-Control: no-store\r\n"

POLICY = (
    b"Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self'; "
    b"style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
    b"connect-src 'self'%b; media-src 'self' blob:; worker-src 'self' blob:; "
    b"manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'\r\n"
    b"Permissions-Policy: camera=(self), microphone=(), geolocation=(), payment=()\r\n"
    b"Cross-Origin-Opener-Policy: same-origin\r\n"
)
"""Scripts and style sheets are files. Styles that a script sets (a progress bar's width) are
attributes."""

_TEXT = {".css", ".html", ".js", ".json", ".map", ".mjs", ".svg", ".txt", ".webmanifest", ".wasm"}
_CODED = (".br", ".gz")


class WebApp:
    """Documents by path; see `ports.WebApp` for the contract."""

    def __init__(self, root: str, websocket_origin: str) -> None:
        """`websocket_origin` is allowed besides 'self', which in older browsers does not include
        ws. A root that is empty or does not exist serves nothing."""
        self._policy = POLICY % (b" " + websocket_origin.encode())
        self._files: dict[str, Document] = {}
        folder = Path(root) if root else None
        if folder is not None and folder.is_dir():
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.suffix not in _CODED:
                    self._files["/" + path.relative_to(folder).as_posix()] = self._read(path)
        self.index = self._files.get("/index.html")

    def at(self, path: str) -> Document | None:
        found = self._files.get(path)
        if found is not None:
            return found
        return self.index if "." not in path.rpartition("/")[2] else None

    def _read(self, path: Path) -> Document:
        body = path.read_bytes()
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        is_text = path.suffix in _TEXT
        if is_text and not media_type.startswith("application/wasm"):
            media_type += "; charset=utf-8"
        gzip = _beside(path, ".gz")
        if gzip is None and is_text and len(body) >= COMPRESS_FROM:
            gzip = gzipped(body)
        return make_document(
            body, media_type.encode(), self._headers(path), gzip=gzip, brotli=_beside(path, ".br")
        )

    def _headers(self, path: Path) -> bytes:
        if path.name == "index.html":
            return NEVER + self._policy
        hashed = path.parent.name == "assets"
        return (FOREVER if hashed else REVALIDATE) + self._policy


def _beside(path: Path, suffix: str) -> bytes | None:
    coded = path.with_name(path.name + suffix)
    return coded.read_bytes() if coded.is_file() else None
