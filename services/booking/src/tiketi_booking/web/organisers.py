"""Handlers for organisers: events, settings of the line, blocked seats, orders, reports."""

import csv
import io
import time

from aiohttp import web

from tiketi_booking.domain.catalogue import Event, EventChange, NewEvent, QueueChange
from tiketi_booking.domain.orders import SoldTicket
from tiketi_booking.web.catalogue import event_list
from tiketi_booking.web.keys import CATALOGUE, ORGANISING, REPORTS, SETTINGS, WATCH
from tiketi_booking.web.requests import (
    event_id_of,
    id_cursor,
    once,
    paging,
    seen_version,
    version_tag,
)
from tiketi_booking.web.schemas import organisers as schemas
from tiketi_booking.web.views import admin_event_view, order_line_view
from tiketi_shared.ids import OrderId
from tiketi_shared.web import json_response, read_json, require_role

_CSV_HEADER = (
    "ticket_id", "order_id", "sold_at", "email", "name", "ticket_type", "section", "row",
    "number", "price", "currency", "state",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def create_event(request: web.Request) -> web.Response:
    identity = require_role(request, "admin")
    body = await read_json(request, NewEvent)

    async def act() -> web.Response:
        return await _answer(request, await request.app[ORGANISING].create(body), status=201)

    return await once(request, identity.user_id, act)


async def events(request: web.Request) -> web.Response:
    """All of them, for ever. The one that starts last comes first."""
    require_role(request, "admin")
    page, cursor = await request.app[ORGANISING].events(*paging(request))
    return json_response(await event_list(request, page, cursor))


async def event(request: web.Request) -> web.Response:
    """Its version is in `ETag`."""
    require_role(request, "admin")
    return await _answer(request, await request.app[CATALOGUE].event(event_id_of(request)))


async def change_event(request: web.Request) -> web.Response:
    """What is absent stays. `cancelled` refunds everyone and cannot be taken back. With `If-Match`
    (the `ETag` that was seen), 412 tells of fields that somebody else has changed since."""
    require_role(request, "admin")
    change = await read_json(request, EventChange)
    after = await request.app[ORGANISING].change(
        event_id_of(request), change, seen_version(request)
    )
    return await _answer(request, after)


async def change_queue(request: web.Request) -> web.Response:
    """Takes effect within two seconds. `If-Match` as for the event."""
    require_role(request, "admin")
    change = await read_json(request, QueueChange)
    after = await request.app[ORGANISING].change_queue(
        event_id_of(request), change, seen_version(request)
    )
    return json_response(after.queue, headers=version_tag(after.version))


async def block(request: web.Request) -> web.Response:
    """Takes free seats off sale: all of them or none."""
    return await _set_blocked(request, block=True)


async def unblock(request: web.Request) -> web.Response:
    """Puts blocked seats on sale: all of them or none."""
    return await _set_blocked(request, block=False)


async def orders(request: web.Request) -> web.Response:
    """The latest first."""
    require_role(request, "admin")
    limit, cursor = paging(request)
    lines, following = await request.app[REPORTS].orders(
        event_id_of(request), limit, id_cursor(cursor, OrderId)
    )
    views = [order_line_view(line) for line in lines]
    return json_response(schemas.OrderLineList(orders=views, next_cursor=following))


async def report(request: web.Request) -> web.StreamResponse:
    """The sales report; `?format=csv` or `Accept: text/csv` gives every ticket as a line."""
    require_role(request, "admin")
    found = await request.app[CATALOGUE].event(event_id_of(request))
    wants_csv = "text/csv" in request.headers.get("Accept", "")
    if request.query.get("format", "csv" if wants_csv else "json") == "csv":
        return await _csv(request, found)
    return json_response(await _report(request, found))


async def _report(request: web.Request, found: Event) -> schemas.SalesReport:
    reports = request.app[REPORTS]
    sales = await reports.by_type(found)
    hours = await reports.by_hour(found.id)
    counters = (await request.app[WATCH].counters()).get(found.id)
    sold = sum(one.sold for one in sales)
    return schemas.SalesReport(
        event_id=found.id,
        name=found.name,
        currency=found.currency,
        seats_total=sum(kind.capacity for kind in found.ticket_types),
        seats_left=counters.sale.seats_left if counters else 0,
        held=counters.held if counters else 0,
        sold=sold,
        orders=sum(orders for _, orders, _ in hours),
        refunds=counters.refunds if counters else 0,
        revenue=sum(one.revenue for one in sales),
        ticket_types=[
            schemas.TypeReport(
                ticket_type_id=one.kind.id, name=one.kind.name, price=one.kind.price,
                capacity=one.kind.capacity, sold=one.sold, used=one.used, refunded=one.refunded,
                revenue=one.revenue,
            )
            for one in sales
        ],
        by_hour=[
            schemas.HourReport(hour=hour, orders=count, amount=amount)
            for hour, count, amount in hours
        ],
    )  # fmt: skip


async def _csv(request: web.Request, found: Event) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="tiketi-{found.id}.csv"',
        }
    )
    await response.prepare(request)
    await response.write(_line(_CSV_HEADER))
    async for ticket in request.app[REPORTS].tickets(found.id):
        await response.write(_line(_cells(found, ticket)))
    await response.write_eof()
    return response


def _cells(found: Event, ticket: SoldTicket) -> tuple[str, ...]:
    seat = None if ticket.seat is None else found.layout.seat(ticket.seat)
    place = ("", "", "") if seat is None else (seat.section, seat.row, seat.number)
    return (
        ticket.id, ticket.order_id, ticket.sold_at.isoformat(), ticket.email, ticket.name,
        found.type_numbers[ticket.type].name, *place, str(ticket.price), ticket.currency,
        ticket.state,
    )  # fmt: skip


def _line(cells: tuple[str, ...]) -> bytes:
    """One line of CSV. Cells that a spreadsheet would run as a formula are quoted as text."""
    text = io.StringIO()
    csv.writer(text).writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    return text.getvalue().encode()


async def _set_blocked(request: web.Request, *, block: bool) -> web.Response:
    require_role(request, "admin")
    body = await read_json(request, schemas.SeatIds)
    await request.app[ORGANISING].block(event_id_of(request), body.seat_ids, block=block)
    return web.Response(status=204)


async def _answer(request: web.Request, found: Event, status: int = 200) -> web.Response:
    counters = await request.app[WATCH].counters()
    zone = request.app[SETTINGS].event_timezone
    view = admin_event_view(found, counters.get(found.id), time.time(), zone)
    return json_response(view, status=status, headers=version_tag(found.version))
