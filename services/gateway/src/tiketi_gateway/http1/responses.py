"""Parses what a service sends. Pure: bytes go in, and the state of the response is read."""

import httptools

from tiketi_gateway.domain.headers import Headers


class MalformedResponse(Exception):
    """The bytes are no HTTP/1.1 response."""


class ResponseParser:
    """Parses the responses of one connection, one after the other: `reset` before each request.

    The body is handed out by `take_body`, whole or in the parts that have arrived.
    """

    __slots__ = (
        "_body", "_parser", "body_size", "has_head", "headers", "is_complete", "is_kept_alive",
        "length", "status", "surplus",
    )  # fmt: skip

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.reset()

    def reset(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.has_head = False
        self.length: int | None = None
        """Bytes of the body, where the service says it in advance."""
        self.body_size = 0
        """Bytes that wait to be taken."""
        self.is_complete = False
        self.is_kept_alive = False
        self.surplus = b""
        """What followed a 101."""
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Raises MalformedResponse."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.surplus = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            raise MalformedResponse(str(error)) from error

    def take_body(self) -> bytes:
        """What has arrived since the last call."""
        body, self._body, self.body_size = self._body, [], 0
        return body[0] if len(body) == 1 else b"".join(body)

    # --- called by llhttp

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status == 100:
            return
        self.has_head = True
        for name, value in self.headers:
            if name == b"content-length":
                self.length = int(value)

    def on_body(self, data: bytes) -> None:
        self._body.append(data)
        self.body_size += len(data)

    def on_message_complete(self) -> None:
        if not self.has_head:  # 100 Continue; the response is still to come
            self.headers = []
            return
        self.is_complete = True
        self.is_kept_alive = self._parser.should_keep_alive()
