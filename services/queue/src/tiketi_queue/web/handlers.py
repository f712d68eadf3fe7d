"""HTTP in, one use case, HTTP out."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from aiohttp import web

from tiketi_queue.domain.sale_terms import FORGET_SECONDS
from tiketi_queue.errors import LinePaused
from tiketi_queue.ports import StoreDown
from tiketi_queue.usecases.arrivals import Arrivals
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.reports import Reports
from tiketi_queue.usecases.visits import FrontDesk, VisitBody
from tiketi_queue.verify_draw import ALGORITHM
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
ARRIVALS: web.AppKey[Arrivals] = web.AppKey("ARRIVALS")
REPORTS: web.AppKey[Reports] = web.AppKey("REPORTS")

_decode_batch = msgspec.msgpack.Decoder(Batch[LineRequest]).decode
_encode_answers = msgspec.msgpack.Encoder().encode


async def join(request: web.Request) -> web.StreamResponse:
    """Admitted at once while there is room and nobody waits, else a place in line.

    Joining again changes nothing. `ticket` puts back a place that the line has lost, `code`
    admits to the priority lane.
    """
    return await _ask(request, "join", await request.read())


async def place(request: web.Request) -> web.StreamResponse:
    """The caller's exact place. Asking counts as being there; it renews an admission.

    The header `Queue-Ticket` puts back a place that the line has lost.
    """
    presented = VisitBody(
        ticket=request.headers.get("Queue-Ticket"),
        admission=request.headers.get("Queue-Admission"),
    )
    body = b"" if presented == VisitBody() else msgspec.json.encode(presented)
    return await _ask(request, "place", body)


async def leave(request: web.Request) -> web.StreamResponse:
    """Gives up the place or the admission."""
    return await _ask(request, "leave", b"")


async def status(request: web.Request) -> web.StreamResponse:
    """The shared document, the same for everyone: positions can be computed from it."""
    line = _line(request)
    if line.status is None:
        raise LinePaused("the line is not known yet")
    return json_response(line.status, headers={"Cache-Control": "public, max-age=1"})


async def draw(request: web.Request) -> web.StreamResponse:
    """The commitment to the draw's secret; after the opening the secret and what it decided."""
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
    """Requests that the gateway has collected: `Batch[LineRequest]` gives `Answers`."""
    require_role(request, "service")
    try:
        batch = _decode_batch(await request.read())
    except msgspec.MsgspecError as error:
        raise BadRequest(f"not a batch of line requests: {error}") from error
    if len(batch.requests) > MAX_BATCH:
        raise TooLarge(f"at most {MAX_BATCH} requests in one call")
    answers = await request.app[DESK].serve(batch.requests)
    return web.Response(body=_encode_answers(Answers(answers)), content_type="application/msgpack")


async def statuses(request: web.Request) -> web.StreamResponse:
    """The shared documents of every line that exists or will within a day."""
    require_role(request, "service")
    latest = request.app[CLOCK]() + FORGET_SECONDS
    documents = {
        line.event_id: msgspec.Raw(line.status)
        for line in request.app[LINES]
        if line.status is not None and line.sale.sale_opens_at < latest
    }
    return json_response({"statuses": documents})


async def presence(request: web.Request) -> web.StreamResponse:
    """Who is connected now."""
    require_role(request, "service")
    told = await read_json(request, Presence)
    await _or_paused(request.app[REPORTS].connected(told.users))
    return web.Response(status=204)


async def depths(request: web.Request) -> web.StreamResponse:
    """Every line in numbers, as of the last round: asking costs nothing in the store."""
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


async def _ask(
    request: web.Request, op: Literal["join", "place", "leave"], body: bytes
) -> web.StreamResponse:
    identity = identity_of(request)
    request_id = request_id_of(request.headers.get(REQUEST_ID_HEADER))
    event_id = EventId(request.match_info["id"])
    asked = LineRequest(op, event_id, identity.user_id, request_id, body)
    return _response(await request.app[ARRIVALS].ask(asked))


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


async def _or_paused(step: Awaitable[None]) -> None:
    try:
        await step
    except StoreDown as error:
        raise LinePaused("the line stands still") from error
