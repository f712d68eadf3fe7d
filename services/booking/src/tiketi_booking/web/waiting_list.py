"""The waiting list of a sold-out event."""

from datetime import UTC, datetime

from aiohttp import web

from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.waiting_list import Place
from tiketi_booking.web.keys import CATALOGUE, WAITING_LIST
from tiketi_booking.web.requests import event_id_of
from tiketi_booking.web.schemas.waiting_list import OfferView, WaitlistJoin, WaitlistPlace
from tiketi_shared.ids import TicketTypeId
from tiketi_shared.web import identity_of, json_response, read_json


async def join(request: web.Request) -> web.Response:
    user_id = identity_of(request).user_id
    body = await read_json(request, WaitlistJoin, required=False)
    kind = TicketTypeId(body.ticket_type_id) if body.ticket_type_id is not None else None
    event_id = event_id_of(request)
    place, new = await request.app[WAITING_LIST].join(
        event_id, user_id, ticket_type_id=kind, quantity=body.quantity, now=datetime.now(UTC)
    )
    event = await request.app[CATALOGUE].event(event_id)
    return json_response(_view(place, event), status=201 if new else 200)


async def place(request: web.Request) -> web.Response:
    user_id = identity_of(request).user_id
    event = await request.app[CATALOGUE].event(event_id_of(request))
    own = await request.app[WAITING_LIST].place(event.id, user_id)
    return json_response(_view(own, event))


async def leave(request: web.Request) -> web.Response:
    user_id = identity_of(request).user_id
    await request.app[WAITING_LIST].leave(event_id_of(request), user_id)
    return web.Response(status=204)


def _view(own: Place, event: Event) -> WaitlistPlace:
    offer = None
    if own.hold_id is not None and own.offer_ends is not None:
        offer = OfferView(hold_id=own.hold_id, expires_at=own.offer_ends)
    kind = None if own.ticket_type is None else event.type_numbers[own.ticket_type].id
    return WaitlistPlace(
        status=own.status,
        position=own.position,
        total=own.total,
        quantity=own.quantity,
        ticket_type_id=kind,
        joined_at=own.joined_at,
        offer=offer,
    )
