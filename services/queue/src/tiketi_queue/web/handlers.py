"""Request handlers: each reads its request, calls a use case and answers."""

from collections.abc import Callable
from typing import Literal

import msgspec
from aiohttp import web

from tiketi_queue.domain.sale_terms import FORGET_SECONDS
from tiketi_queue.errors import LinePaused
from tiketi_queue.ports import StoreUnavailable
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.reports import Reports
from tiketi_queue.usecases.visits import FrontDesk, VisitBody
from tiketi_queue.verify_draw import ALGORITHM
from tiketi_queue.web.answers import serve
from tiketi_queue.web.batcher import Batcher
from tiketi_queue.web.schemas import Depth, Depths, DrawDocument, Presence
from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch, LineRequest
from tiketi_shared.errors import PROBLEM_JSON, BadRequest, TooLarge
from tiketi_shared.ids import EventId
from tiketi_shared.web import (
    REQUEST_ID_HEADER,
    identity_of,
    json_response,
    read_json,
    request_id_of,
    require_role,
)

CLOCK: web.AppKey[Callable[[], float]] = web.AppKey("CLOCK")
LINES: web.AppKey[Lines] = web.AppKey("LINES")
DESK: web.AppKey[FrontDesk] = web.AppKey("DESK")
BATCHER: web.AppKey[Batcher] = web.AppKey("BATCHER")
REPORTS: web.AppKey[Reports] = web.AppKey("REPORTS")

_decode_batch = msgspec.msgpack.Decoder(Batch[LineRequest]).decode
_encode_answers = msgspec.msgpack.Encoder().encode


async def join(request: web.Request) -> web.StreamResponse:
    """Admits at once while there is a free slot and nobody waits, otherwise gives a place in line.

    Joining again changes nothing. `ticket` restores a place that the line has lost, `code` admits
    to the priority lane.
    """
    return await _answer(request, "join", await request.read())


async def place(request: web.Request) -> web.StreamResponse:
    """Returns the caller's exact place. The call counts as presence and renews an admission.

    The header `Queue-Ticket` restores a place that the line has lost.
    """
    presented = VisitBody(
        ticket=request.headers.get("Queue-Ticket"),
        admission=request.headers.get("Queue-Admission"),
    )
    body = b"" if presented == VisitBody() else msgspec.json.encode(presented)
    return await _answer(request, "place", body)


async def leave(request: web.Request) -> web.StreamResponse:
    """Gives up the place or the admission."""
    return await _answer(request, "leave", b"")


async def status(request: web.Request) -> web.StreamResponse:
    """Returns the shared document, the same for everyone. Positions can be computed from it."""
    line = _line(request)
    if line.status is None:
        raise LinePaused("the line is starting: there is no shared document yet")
    return json_response(line.status, headers={"Cache-Control": "public, max-age=1"})


async def draw(request: web.Request) -> web.StreamResponse:
    """Returns the commitment to the draw's secret, after the opening also the secret and the number
    of participants."""
    line = _line(request)
    opened = line.facts.opened
    participants = line.participants if line.participants >= 0 else line.facts.participants
    document = DrawDocument(
        event_id=line.event_id,
        commitment=line.draw.commitment,
        algorithm=ALGORITHM,
        secret=line.draw.secret.hex() if opened else None,
        opened_at_us=opened or None,
        participants=participants if opened else None,
    )
    return json_response(document, headers={"Cache-Control": "public, max-age=1"})


async def serve_line(request: web.Request) -> web.StreamResponse:
    """Answers a batch of the gateway: `Batch[LineRequest]` to `Answers`."""
    require_role(request, "service")
    try:
        batch = _decode_batch(await request.read())
    except msgspec.MsgspecError as error:
        raise BadRequest(f"the body is not a batch of line requests: {error}") from error
    if len(batch.requests) > MAX_BATCH:
        raise TooLarge(f"the batch has more than {MAX_BATCH} requests")
    answers = await serve(request.app[DESK], batch.requests)
    return web.Response(body=_encode_answers(Answers(answers)), content_type="application/msgpack")


async def statuses(request: web.Request) -> web.StreamResponse:
    """Returns the shared documents of all lines that exist or open within a day."""
    require_role(request, "service")
    latest = request.app[CLOCK]() + FORGET_SECONDS
    documents = {
        line.event_id: msgspec.Raw(line.status)
        for line in request.app[LINES]
        if line.status is not None and line.sale.sale_opens_at < latest
    }
    return json_response({"statuses": documents})


async def presence(request: web.Request) -> web.StreamResponse:
    """Receives who is connected now."""
    require_role(request, "service")
    present = await read_json(request, Presence)
    try:
        await request.app[REPORTS].connected(present.users)
    except StoreUnavailable as error:
        raise LinePaused("the line is paused for a moment") from error
    return web.Response(status=204)


async def depths(request: web.Request) -> web.StreamResponse:
    """Returns the numbers of every line as of its last round, without a call to the store."""
    require_role(request, "service")
    now = request.app[CLOCK]()
    return json_response(Depths({line.event_id: _depth(line, now) for line in request.app[LINES]}))


def _depth(line: Line, now: float) -> Depth:
    facts = line.facts
    waiting = facts.waiting + facts.priority
    return Depth(
        phase=line.phase(now),
        waiting=waiting,
        lobby=0 if facts.opened else waiting,
        active=facts.active,
        capacity=line.sale.queue.capacity,
        per_second=line.sale.queue.per_second,
        pace=round(line.pace, 2),
        admitted_total=facts.admitted_total,
        passed_over=facts.passed_over,
        no_shows_total=facts.no_shows_total,
        oldest_wait_seconds=round(line.oldest_wait(now), 1),
    )


async def _answer(
    request: web.Request, op: Literal["join", "place", "leave"], body: bytes
) -> web.StreamResponse:
    identity = identity_of(request)
    request_id = request_id_of(request.headers.get(REQUEST_ID_HEADER))
    event_id = EventId(request.match_info["id"])
    line_request = LineRequest(op, event_id, identity.user_id, request_id, body)
    return _response(await request.app[BATCHER].answer(line_request))


def _response(answer: Answer) -> web.Response:
    headers = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    if not answer.body:
        return web.Response(status=answer.status, headers=headers)
    return web.Response(
        body=answer.body,
        status=answer.status,
        headers=headers,
        content_type=PROBLEM_JSON if answer.status >= 400 else "application/json",
    )


def _line(request: web.Request) -> Line:
    return request.app[LINES].require(EventId(request.match_info["id"]))
