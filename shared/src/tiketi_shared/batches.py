"""Batches: the gateway sends the requests that arrived within its batch window in one call.

Each request has its own outcome: `answers` is as long as `requests` and in the same order. Bodies
are JSON already encoded, which the gateway passes on unread.
"""

from typing import Generic, Literal, TypeVar

import msgspec

from tiketi_shared.ids import EventId, UserId

MAX_BATCH = 512
"""Requests in one call at the most."""

R = TypeVar("R")


class LineRequest(msgspec.Struct, frozen=True, array_like=True):
    """One call on a place in line; `body` is the client's, as it came (at most 4 KiB)."""

    op: Literal["join", "place", "stay", "leave"]
    event_id: EventId
    user_id: UserId
    request_id: str
    body: bytes = b""


class HoldRequest(msgspec.Struct, frozen=True, array_like=True):
    """One `POST /api/events/{id}/holds`; `admission` and `idempotency_key` are its headers."""

    event_id: EventId
    user_id: UserId
    request_id: str
    admission: str
    idempotency_key: str | None
    body: bytes


class Batch(msgspec.Struct, Generic[R], frozen=True):
    """`POST /internal/line` and `POST /internal/holds`, as MessagePack."""

    requests: list[R]


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """The answer for the client: a JSON body (a problem document from 400 on), or none for 204."""

    status: int
    body: bytes = b""
    retry_after: int | None = None


class Answers(msgspec.Struct, frozen=True):
    answers: list[Answer]
