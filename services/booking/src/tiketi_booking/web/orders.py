"""Checkout, orders and refunds."""

import time

from aiohttp import web

from tiketi_booking.domain.orders import Order
from tiketi_booking.usecases.checkout import Paid
from tiketi_booking.web.keys import CATALOGUE, SETTINGS, TICKET_CODES, TILL
from tiketi_booking.web.requests import id_cursor, once, paging, path_id
from tiketi_booking.web.schemas import orders as schemas
from tiketi_booking.web.views import order_view, payment_view
from tiketi_shared.ids import HoldId, OrderId, TicketId
from tiketi_shared.web import identity_of, json_response, read_json


async def check_out(request: web.Request) -> web.Response:
    """Safe to repeat: a hold is paid once. 202 when the provider answers later; the order is
    `pending` until then."""
    user_id = identity_of(request).user_id
    hold_id = path_id(request, HoldId)
    body = await read_json(request, schemas.Checkout)

    async def act() -> web.Response:
        result = await request.app[TILL].check_out(
            hold_id, user_id, body.payment.provider, body.payment.token
        )
        if isinstance(result, Paid):
            view, status = await _view(request.app, result.order), 201
        else:
            event = await request.app[CATALOGUE].event(result.payment.event_id)
            zone = request.app[SETTINGS].event_timezone
            view, status = payment_view(event, result.payment, zone, result.action), 202
        return json_response(schemas.OrderAnswer(order=view), status=status)

    return await once(request, user_id, act)


async def orders(request: web.Request) -> web.Response:
    """The caller's own, the latest first."""
    limit, cursor = paging(request)
    found, following = await request.app[TILL].orders(
        identity_of(request).user_id, limit, id_cursor(cursor, OrderId)
    )
    views = [await _view(request.app, order) for order in found]
    return json_response(schemas.OrderList(orders=views, next_cursor=following))


async def order(request: web.Request) -> web.Response:
    found = await request.app[TILL].order_or_payment(
        path_id(request, OrderId), identity_of(request).user_id
    )
    if isinstance(found, Order):
        return json_response(schemas.OrderAnswer(order=await _view(request.app, found)))
    event = await request.app[CATALOGUE].event(found.event_id)
    view = payment_view(event, found, request.app[SETTINGS].event_timezone)
    return json_response(schemas.OrderAnswer(order=view))


async def refund(request: web.Request) -> web.Response:
    """Seats go back on sale at once. Buyers may until the event begins, organisers always."""
    identity = identity_of(request)
    order_id = path_id(request, OrderId)
    body = await read_json(request, schemas.RefundRequest, required=False)
    owner = None if identity.role == "admin" else identity.user_id
    tickets = None if body.ticket_ids is None else [TicketId(id_) for id_ in body.ticket_ids]

    async def act() -> web.Response:
        after = await request.app[TILL].refund(
            order_id, owner, tickets, body.reason[:200], time.time()
        )
        return json_response(schemas.OrderAnswer(order=await _view(request.app, after)))

    return await once(request, identity.user_id, act)


async def _view(app: web.Application, found: Order) -> schemas.OrderView:
    event = await app[CATALOGUE].event(found.event_id)
    return order_view(event, found, app[TICKET_CODES], app[SETTINGS].event_timezone)
