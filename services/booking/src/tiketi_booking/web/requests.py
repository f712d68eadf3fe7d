"""Helpers that handlers share: ids, pages, versions, and repeated requests."""

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import web

from tiketi_booking.domain.idempotency import HEADER, Answered, key_digest, request_digest
from tiketi_booking.errors import PaymentDeclined
from tiketi_booking.web.keys import IDEMPOTENCY
from tiketi_shared.addresses import counted_address
from tiketi_shared.errors import PROBLEM_JSON, BadRequest, NotFound
from tiketi_shared.ids import EventId, is_id
from tiketi_shared.web import REQUEST_ID_HEADER, header, json_response, request_id_of

SESSION_HEADER = "X-Tiketi-Session"
"""The hash of the session that the client presented, from the gateway."""

MAX_LIMIT = 100
MAX_DIGITS = 9
DEFAULT_LIMIT = 50

_VERSION_TAG = re.compile(r'"([0-9]{1,18})"')

Act = Callable[[], Awaitable[web.Response]]
I = TypeVar("I", bound=str)  # noqa: E741  an id


def path_id(request: web.Request, make: Callable[[str], I]) -> I:
    """The `{id}` of the path. Raises NotFound for a malformed id."""
    text = request.match_info["id"]
    if not is_id(text):
        raise NotFound("nothing has this id")
    return make(text)


def event_id_of(request: web.Request) -> EventId:
    return path_id(request, EventId)


def paging(request: web.Request) -> tuple[int, str | None]:
    """`limit` (1 to 100, 50 by default) and `cursor`. Raises BadRequest."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    limit = int(text) if len(text) <= MAX_DIGITS and text.isascii() and text.isdigit() else 0
    if not 1 <= limit <= MAX_LIMIT:
        raise BadRequest(f"`limit` must be a number from 1 to {MAX_LIMIT}")
    return limit, request.query.get("cursor") or None


def id_cursor(cursor: str | None, make: Callable[[str], I]) -> I | None:
    if cursor is not None and not is_id(cursor):
        raise BadRequest("`cursor` must be the `next_cursor` of an earlier page")
    return None if cursor is None else make(cursor)


def seen_version(request: web.Request) -> int | None:
    """The version that `If-Match` names, None without one. Raises BadRequest."""
    tag = header(request, "If-Match")
    if tag in (None, "*"):
        return None
    found = _VERSION_TAG.fullmatch(tag)
    if found is None:
        raise BadRequest('the header If-Match must be an ETag of the event, such as "7"')
    return int(found[1])


def version_tag(version: int) -> dict[str, str]:
    """The header that names an event's version."""
    return {"ETag": f'"{version}"'}


def session_of(request: web.Request) -> str | None:
    return request.headers.get(SESSION_HEADER)


def address_of(request: web.Request) -> str:
    """The client's address, as the gateway saw it and as limits count it."""
    return counted_address(request.headers.get("X-Forwarded-For", request.remote or ""))


async def once(request: web.Request, user_id: str, act: Act) -> web.Response:
    """Runs `act`. With an Idempotency-Key, a repeat of the same request gets the first answer.

    Refusals and failures changed nothing and are not kept, except a declined payment. Raises
    KeyReused, StillRunning.
    """
    key = header(request, HEADER)
    if key is None:
        return await act()
    store = request.app[IDEMPOTENCY]
    digest = key_digest(user_id, request.method, request.path, key)
    first = await store.begin(digest, request_digest(await request.read()))
    if first is not None:
        return _response(first)
    try:
        response = await act()
        assert isinstance(response.body, bytes)  # noqa: S101  narrows: our answers are bytes
        answer = Answered(response.status, response.body)
    except PaymentDeclined as declined:
        problem = declined.problem(request_id_of(request.headers.get(REQUEST_ID_HEADER)))
        answer = Answered(declined.status, msgspec.json.encode(problem))
        response = _response(answer)
    except BaseException:
        await store.abandon(digest)
        raise
    await store.finish(digest, answer)
    return response


def _response(answer: Answered) -> web.Response:
    if answer.status < 400:
        return json_response(answer.body, status=answer.status)
    return web.Response(body=answer.body, status=answer.status, content_type=PROBLEM_JSON)
