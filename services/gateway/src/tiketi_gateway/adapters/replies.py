"""Answers, encoded once: what does not differ between two clients is bytes before either asks."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from tiketi_shared import errors

STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())
    for status in HTTPStatus
}
NO_STORE = b"Cache-Control: no-store\r\n"
JSON, PROBLEM = b"application/json; charset=utf-8", errors.PROBLEM_JSON.encode()


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: `head` is the status line and header lines, without the blank line."""

    status: int
    head: bytes
    body: bytes = b""


def status_line(status: int) -> bytes:
    """Services may use a status that the standard library has no name for."""
    return STATUS_LINES.get(status) or b"HTTP/1.1 %d Status\r\n" % status


def reply(status: int, body: bytes, media_type: bytes, lines: bytes = NO_STORE) -> Reply:
    """`lines` are further header lines, each ended by CRLF."""
    head = b"%bContent-Type: %b\r\nContent-Length: %d\r\n%b" % (
        status_line(status), media_type, len(body), lines,
    )  # fmt: skip
    return Reply(status, head, body)


def json_reply(content: Any, status: int = 200, lines: bytes = NO_STORE) -> Reply:
    return reply(status, msgspec.json.encode(content), JSON, lines)


def empty_reply(status: int, lines: bytes = NO_STORE) -> Reply:
    """204 and 304 have neither body nor length."""
    length = b"" if status in (204, 304) else b"Content-Length: 0\r\n"
    return Reply(status, status_line(status) + length + lines)


def problem_reply(error: errors.TiketiError, request_id: str, lines: bytes = b"") -> Reply:
    if error.retry_after is not None:
        lines += b"Retry-After: %d\r\n" % max(1, round(error.retry_after))
    body = msgspec.json.encode(error.problem(request_id))
    return reply(error.status, body, PROBLEM, NO_STORE + lines)
