"""A buyer's own tickets as files."""

from aiohttp import web

from tiketi_booking.adapters.printing.qr import qr_png, qr_svg
from tiketi_booking.domain.eticket_calendar import calendar
from tiketi_booking.usecases.tickets import own_eticket, own_receipt, ticket_code
from tiketi_booking.web.after_sale_keys import PRINTER, TICKETS
from tiketi_booking.web.keys import SETTINGS, TICKET_CODES
from tiketi_booking.web.requests import path_id
from tiketi_shared.ids import OrderId, TicketId
from tiketi_shared.web import identity_of


async def svg(request: web.Request) -> web.Response:
    return _file(qr_svg(await _code(request)), "image/svg+xml")


async def png(request: web.Request) -> web.Response:
    return _file(qr_png(await _code(request)), "image/png")


async def pdf(request: web.Request) -> web.Response:
    user_id, order_id = identity_of(request).user_id, path_id(request, OrderId)
    order = await own_eticket(request.app[TICKETS], order_id, user_id)
    document = await request.app[PRINTER].pdf(order)
    return _file(document, "application/pdf", f"tiketi-{order_id}.pdf")


async def receipt(request: web.Request) -> web.Response:
    user_id, order_id = identity_of(request).user_id, path_id(request, OrderId)
    own = await own_receipt(request.app[TICKETS], order_id, user_id)
    document = await request.app[PRINTER].receipt(own)
    return _file(document, "application/pdf", f"tiketi-receipt-{order_id}.pdf")


async def ics(request: web.Request) -> web.Response:
    user_id, order_id = identity_of(request).user_id, path_id(request, OrderId)
    order = await own_eticket(request.app[TICKETS], order_id, user_id)
    url = f"{request.app[SETTINGS].public_url.rstrip('/')}/orders/{order_id}"
    return _file(calendar(order, url), "text/calendar", f"tiketi-{order_id}.ics")


async def _code(request: web.Request) -> str:
    user_id, ticket_id = identity_of(request).user_id, path_id(request, TicketId)
    return await ticket_code(request.app[TICKETS], request.app[TICKET_CODES], ticket_id, user_id)


def _file(content: bytes, media_type: str, name: str | None = None) -> web.Response:
    """For its owner alone, and never a page of its own: an SVG could carry a script."""
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if name is not None:
        headers["Content-Disposition"] = f'inline; filename="{name}"'
    return web.Response(body=content, content_type=media_type, headers=headers)
