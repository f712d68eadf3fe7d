"""Encodes responses: whatever does not differ between two clients is encoded once. Pure."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from tiketi_shared import errors

STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())
    for status in HTTPStatus
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
NO_STORE = b"Cache-Control: no-store\r\n"
JSON, PROBLEM = b"application/json; charset=utf-8", errors.PROBLEM_JSON.encode()


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete response: `head` is the status line and headers, without the blank line."""

    status: int
    head: bytes
    body: bytes = b""


def status_line(status: int) -> bytes:
    """Services may use a status that the standard library has no name for."""
    return STATUS_LINES.get(status) or b"HTTP/1.1 %d Status\r\n" % status


def reply(status: int, body: bytes, media_type: bytes, headers: bytes = NO_STORE) -> Reply:
    """`headers` are further encoded headers, each ended by CRLF."""
    head = b"%bContent-Type: %b\r\nContent-Length: %d\r\n%b" % (
        status_line(status), media_type, len(body), headers,
    )  # fmt: skip
    return Reply(status, head, body)


def passed_reply(status: int, headers: bytes, body: bytes) -> Reply:
    """A response of a service, whose own Content-Type is among `headers`."""
    if status in (204, 304):
        return empty_reply(status, headers)
    head = b"%bContent-Length: %d\r\n%b" % (status_line(status), len(body), headers)
    return Reply(status, head, body)


def json_reply(content: Any, status: int = 200, headers: bytes = NO_STORE) -> Reply:
    return reply(status, msgspec.json.encode(content), JSON, headers)


def empty_reply(status: int, headers: bytes = NO_STORE) -> Reply:
    """204 and 304 have neither body nor length."""
    length = b"" if status in (204, 304) else b"Content-Length: 0\r\n"
    return Reply(status, status_line(status) + length + headers)


def problem_reply(error: errors.TiketiError, request_id: str, headers: bytes = b"") -> Reply:
    if error.retry_after_header is not None:
        headers += b"Retry-After: %d\r\n" % error.retry_after_header
    body = msgspec.json.encode(error.problem(request_id))
    return reply(error.status, body, PROBLEM, NO_STORE + headers)


def chunk(data: bytes) -> bytes:
    """A part of a body in the chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)
