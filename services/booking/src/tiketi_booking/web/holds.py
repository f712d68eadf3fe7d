"""Holds: by one caller, or the many that the gateway sends together."""

import msgspec
from aiohttp import web

from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.holds import Hold
from tiketi_booking.domain.idempotency import HEADER
from tiketi_booking.errors import HoldExpired
from tiketi_booking.usecases.holds import Outcome
from tiketi_booking.web.keys import HOLDS
from tiketi_booking.web.requests import event_id_of, path_id
from tiketi_booking.web.schemas import holds as schemas
from tiketi_booking.web.views import hold_view
from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch, HoldRequest
from tiketi_shared.errors import BadRequest, TiketiError, TooLarge
from tiketi_shared.ids import EventId, HoldId, UserId, is_id
from tiketi_shared.web import (
    REQUEST_ID_HEADER,
    header,
    identity_of,
    json_response,
    request_id_of,
    require_role,
)

ADMISSION_HEADER = "Queue-Admission"

_BATCH = msgspec.msgpack.Decoder(Batch[HoldRequest])


async def create_hold(request: web.Request) -> web.Response:
    """All of the seats or none. With `ticket_type_id` of a seated type, the best seats that are
    left, side by side. Needs the admission from the line."""
    identity = identity_of(request)
    event, hold = await request.app[HOLDS].hold(
        HoldRequest(
            event_id_of(request),
            identity.user_id,
            request_id_of(request.headers.get(REQUEST_ID_HEADER)),
            header(request, ADMISSION_HEADER) or "",
            header(request, HEADER),
            await request.read(),
        )
    )
    return json_response(schemas.HoldAnswer(hold=hold_view(event, hold)), status=201)


async def create_holds(request: web.Request) -> web.Response:
    """Many hold requests in one call, each with its own outcome."""
    require_role(request, "service")
    try:
        batch = _BATCH.decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"the body is not a batch of hold requests: {error}") from error
    if len(batch.requests) > MAX_BATCH:
        raise TooLarge(f"a batch has at most {MAX_BATCH} requests")
    outcomes = await request.app[HOLDS].hold_all(batch.requests)
    answers = [
        _answer(outcome, one.request_id)
        for one, outcome in zip(batch.requests, outcomes, strict=True)
    ]
    return web.Response(
        body=msgspec.msgpack.encode(Answers(answers)), content_type="application/msgpack"
    )


async def live_holds(request: web.Request) -> web.Response:
    """The caller's holds that have not ended, whether they chose the seats or were offered them by
    the waiting list. The one that ends first comes first."""
    found = await request.app[HOLDS].live_of(identity_of(request).user_id)
    views = [hold_view(event, one) for event, one in found]
    return json_response(schemas.HoldList(holds=views))


async def hold(request: web.Request) -> web.Response:
    event, found = await request.app[HOLDS].of(
        path_id(request, HoldId), identity_of(request).user_id
    )
    if found.state in ("released", "expired"):
        raise HoldExpired("this hold was released or has expired")
    return json_response(schemas.HoldAnswer(hold=hold_view(event, found)))


async def release(request: web.Request) -> web.Response:
    await request.app[HOLDS].release(path_id(request, HoldId), identity_of(request).user_id)
    return web.Response(status=204)


async def live_hold(request: web.Request) -> web.Response:
    require_role(request, "service")
    event_id, user_id = request.query.get("event_id", ""), request.query.get("user_id", "")
    if not (is_id(event_id) and is_id(user_id)):
        return json_response(None)
    found = await request.app[HOLDS].live(EventId(event_id), UserId(user_id))
    return json_response(None if found is None else hold_view(*found))


def _answer(outcome: Outcome, request_id: str) -> Answer:
    if isinstance(outcome, TiketiError):
        return _problem(outcome, request_id)
    return Answer(201, _encoded(*outcome))


def _encoded(event: Event, made: Hold) -> bytes:
    return msgspec.json.encode(schemas.HoldAnswer(hold=hold_view(event, made)))


def _problem(error: TiketiError, request_id: str) -> Answer:
    body = msgspec.json.encode(error.problem(request_id))
    return Answer(error.status, body, error.retry_after_header)
