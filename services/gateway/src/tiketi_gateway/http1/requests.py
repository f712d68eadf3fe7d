"""Parses what a client sends. Pure: bytes go in, and a receiver is called.

llhttp parses strictly. The rules above it are here: one Host, paths that mean the same to every
service, no Transfer-Encoding except chunked, and bounds on heads and bodies.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import httptools

from tiketi_gateway.domain.headers import Headers
from tiketi_gateway.errors import HeaderTooLarge, MalformedRequest, VersionNotSupported
from tiketi_shared.errors import TiketiError, TooLarge

BUFFERED_BODY = 65536
"""A body whose length is known and at most this many bytes is collected before it is handled."""

MAX_HEADERS = 100
MAX_REMEMBERED = 4096
MAX_REMEMBERED_PATH = 128
_AMBIGUOUS = (b"%2e", b"%2f", b"%5c", b"%00", b"%25")


class Request:
    """One request of a client.

    `path` is the raw path without its query; it has no dot segments, empty segments or encoded
    slashes. `headers` holds all headers in order, `fields` the last value of each, by lower-case
    name. `is_streamed` says that the body arrives in parts; otherwise it is whole in `body`.
    """

    __slots__ = (
        "body", "fields", "headers", "is_http10", "is_last", "is_streamed", "method", "path",
        "query", "target",
    )  # fmt: skip

    def __init__(
        self, method: str, target: bytes, headers: Headers, fields: dict[bytes, bytes],
    ) -> None:  # fmt: skip
        """Raises MalformedRequest for an ambiguous path."""
        self.method = method
        self.target = target
        path, _, self.query = target.partition(b"?")
        self.path = _known_path(path) if len(path) <= MAX_REMEMBERED_PATH else checked_path(path)
        self.headers = headers
        self.fields = fields
        self.body = b""
        self.is_streamed = False
        self.is_http10 = False
        """HTTP/1.0, which has no chunked coding."""
        self.is_last = False
        """The client closes the connection, or upgrades it, after this request."""

    @property
    def host(self) -> str:
        return self.fields.get(b"host", b"").decode("latin-1").lower()

    def field(self, name: bytes) -> str | None:
        value = self.fields.get(name)
        return value.decode("latin-1") if value is not None else None


class Receiver(Protocol):
    """Gets what was parsed, in the order in which it was sent."""

    def body_expected(self, request: Request) -> None:
        """The head is complete and a body follows."""

    def body_received(self, data: bytes) -> None:
        """A part of a streamed body."""

    def body_ended(self) -> None:
        """The streamed body is complete."""

    def request_received(self, request: Request) -> None:
        """The request is complete; not called for one whose body is streamed."""


class RequestParser:
    """Parses the requests of one connection. `body_limit` returns the most bytes that the body of
    a path may have."""

    __slots__ = (
        "_body_left", "_chunk", "_headers", "_limit", "_parser", "_receiver", "_request", "_size",
        "_target", "begun", "body_limit", "is_in_head", "is_in_message", "max_header_bytes",
        "surplus",
    )  # fmt: skip

    def __init__(
        self, receiver: Receiver, max_header_bytes: int, body_limit: Callable[[str], int]
    ) -> None:
        self._receiver = receiver
        self.max_header_bytes = max_header_bytes
        self.body_limit = body_limit
        self.begun = 0
        """Requests of which at least one byte has arrived."""
        self.is_in_message = False
        self.is_in_head = True
        """False while a body arrives."""
        self.surplus: bytes | None = None
        """What followed a request that upgrades the connection; None without an upgrade."""
        self._parser = httptools.HttpRequestParser(self)
        self._request: Request | None = None
        self._headers: Headers = []
        self._target = b""
        self._size = self._chunk = 0
        self._limit = self._body_left = 0

    def feed(self, data: bytes) -> None:
        """Raises the refusal of a request that is not accepted; nothing more may be fed then."""
        self._chunk = len(data)
        if self.is_in_head:
            self._size += self._chunk
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.surplus = data[upgrade.args[0] :]
            return
        except httptools.HttpParserCallbackError as error:
            reason = error.__context__
            if isinstance(reason, TiketiError):
                raise reason from None
            raise MalformedRequest from error
        except httptools.HttpParserError as error:
            raise MalformedRequest(str(error)) from error
        if not self.is_in_message:
            self._size = 0
        elif self.is_in_head and self._size > self.max_header_bytes:
            raise HeaderTooLarge

    # --- called by llhttp

    def on_message_begin(self) -> None:
        self.begun += 1
        self.is_in_message = True
        self._target = b""
        self._headers = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.is_in_head:  # trailers are dropped
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.is_in_head = False
        headers, parser = self._headers, self._parser
        fields = dict(headers)
        if self._size > self.max_header_bytes or self._chunk > self.max_header_bytes:
            self._check_size()
        version = parser.get_http_version()
        _check_head(version, headers, fields)
        self._request = request = Request(
            parser.get_method().decode(), self._target, headers, fields
        )
        if version == "1.0":
            request.is_http10 = request.is_last = True
        if b"content-length" in fields or b"transfer-encoding" in fields:
            self._expect_body(request, fields)

    def on_body(self, data: bytes) -> None:
        request = self._request
        if request is None:
            return
        if not request.is_streamed:
            request.body = request.body + data if request.body else data
            return
        self._body_left -= len(data)
        if self._body_left < 0:
            raise _too_large(self._limit)
        self._receiver.body_received(data)

    def on_message_complete(self) -> None:
        request, self._request = self._request, None
        self.is_in_message = False
        self.is_in_head = True
        self._size = 0
        if request is None:
            return
        parser = self._parser
        if not parser.should_keep_alive() or parser.should_upgrade():
            request.is_last = True
        if request.is_streamed:
            self._receiver.body_ended()
        else:
            self._receiver.request_received(request)

    def _check_size(self) -> None:
        size = len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._headers)
        if size > self.max_header_bytes:
            raise HeaderTooLarge

    def _expect_body(self, request: Request, fields: dict[bytes, bytes]) -> None:
        limit = self.body_limit(request.path)
        length = int(fields.get(b"content-length", b"0"))
        if length > limit:
            raise _too_large(limit)
        request.is_streamed = b"transfer-encoding" in fields or length > BUFFERED_BODY
        self._limit = self._body_left = limit
        self._receiver.body_expected(request)


def _check_head(version: str, headers: Headers, fields: dict[bytes, bytes]) -> None:
    """Raises the refusal of a head that llhttp accepts and the gateway does not."""
    if version not in ("1.1", "1.0"):
        raise VersionNotSupported(f"HTTP/{version} is not supported; send HTTP/1.1")
    if len(headers) > MAX_HEADERS:
        raise HeaderTooLarge(f"more than {MAX_HEADERS} headers")
    if len(headers) != len(fields) and sum(name == b"host" for name, _ in headers) > 1:
        raise MalformedRequest("more than one Host header")
    if version == "1.1" and b"host" not in fields:
        raise MalformedRequest("the Host header is missing")
    if b"transfer-encoding" in fields and (
        version == "1.0" or fields[b"transfer-encoding"].lower() != b"chunked"
    ):
        raise MalformedRequest("the only Transfer-Encoding accepted is chunked, in HTTP/1.1")


def checked_path(path: bytes) -> str:
    """The path as text. Raises MalformedRequest for one that a service might read otherwise."""
    lowered = path.lower() if b"%" in path else path
    if (
        not path.startswith(b"/")
        or not path.isascii()
        or b"//" in path
        or b"\\" in path
        or b"/./" in path
        or b"/../" in path
        or path.endswith((b"/.", b"/.."))
        or (lowered is not path and any(code in lowered for code in _AMBIGUOUS))
    ):
        raise MalformedRequest("the path is ambiguous")
    return path.decode("ascii")


_known_path = lru_cache(MAX_REMEMBERED)(checked_path)
"""Most paths come again; long ones are not kept, so that what is kept stays small."""


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes")
