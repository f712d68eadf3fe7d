"""A buyer's own tickets as files."""

from aiohttp import web

from tiketi_booking.web.keys import TICKETS
from tiketi_booking.web.requests import path_id
from tiketi_shared.ids import OrderId, TicketId, UserId
from tiketi_shared.web import identity_of


async def svg(request: web.Request) -> web.Response:
    return _file(await request.app[TICKETS].svg(*_ticket(request)), "image/svg+xml")


async def png(request: web.Request) -> web.Response:
    return _file(await request.app[TICKETS].png(*_ticket(request)), "image/png")


async def pdf(request: web.Request) -> web.Response:
    order_id, user_id = _order(request)
    document = await request.app[TICKETS].pdf(order_id, user_id)
    return _file(document, "application/pdf", f"tiketi-{order_id}.pdf")


async def receipt(request: web.Request) -> web.Response:
    order_id, user_id = _order(request)
    document = await request.app[TICKETS].receipt(order_id, user_id)
    return _file(document, "application/pdf", f"tiketi-receipt-{order_id}.pdf")


async def ics(request: web.Request) -> web.Response:
    order_id, user_id = _order(request)
    entry = await request.app[TICKETS].calendar(order_id, user_id)
    return _file(entry, "text/calendar", f"tiketi-{order_id}.ics")


def _order(request: web.Request) -> tuple[OrderId, UserId]:
    user_id = identity_of(request).user_id
    return path_id(request, OrderId), user_id


def _ticket(request: web.Request) -> tuple[TicketId, UserId]:
    user_id = identity_of(request).user_id
    return path_id(request, TicketId), user_id


def _file(content: bytes, media_type: str, name: str | None = None) -> web.Response:
    """A file for its owner only. The headers keep an SVG from running scripts as a page."""
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if name is not None:
        headers["Content-Disposition"] = f'inline; filename="{name}"'
    return web.Response(body=content, content_type=media_type, headers=headers)
