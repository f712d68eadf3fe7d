"""Encodes requests to services. Pure."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

_BODILESS = (b"GET", b"HEAD", b"DELETE", b"OPTIONS")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to a service; `headers` are encoded and contain neither Host nor framing.

    `repeatable` says that sending it twice does no more than sending it once. `seconds` is how long
    it may take in all.
    """

    method: bytes
    target: bytes
    headers: bytes
    body: bytes | AsyncIterator[bytes] = b""
    length: int | None = None
    """Of a streamed body, where it is known."""
    repeatable: bool = False
    seconds: float = 10.0
    streaming: bool = False
    """The response may never end (Server-Sent Events): only its beginning has a deadline, and its
    connection is not one of the pool's."""

    @property
    def is_chunked(self) -> bool:
        return not isinstance(self.body, bytes) and self.length is None

    def head(self, host_header: bytes) -> bytes:
        """Encoded, with the blank line."""
        return b"%b %b HTTP/1.1\r\n%b%b%b\r\n" % (
            self.method, self.target, host_header, self.headers, self._framing(),
        )  # fmt: skip

    def _framing(self) -> bytes:
        if isinstance(self.body, bytes):
            if not self.body and self.method in _BODILESS:
                return b""
            return b"Content-Length: %d\r\n" % len(self.body)
        if self.length is None:
            return b"Transfer-Encoding: chunked\r\n"
        return b"Content-Length: %d\r\n" % self.length
