"""Booking's wiring: settings in, application out. `wiring/` has a context per topic."""

from collections.abc import AsyncIterator

from aiohttp import web

from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_booking.settings import Settings
from tiketi_booking.web import keys
from tiketi_booking.web.routes import ROUTES
from tiketi_booking.wiring.accounts import make_first_admin, open_accounts
from tiketi_booking.wiring.deliveries import open_deliveries
from tiketi_booking.wiring.payments import open_payments
from tiketi_booking.wiring.sale import open_sale, run_sale
from tiketi_booking.wiring.stores import open_stores
from tiketi_booking.wiring.tickets import open_tickets
from tiketi_booking.wiring.waiting_list import open_waiting_list
from tiketi_shared.routes import add_routes
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import create_base_app

MAX_BODY_BYTES = 4 * 1024 * 1024
"""A batch of holds, or a layout, at the most."""


def create_app(settings: Settings) -> web.Application:
    app = create_base_app(KeyRing(settings.identity_keys), max_body_bytes=MAX_BODY_BYTES)
    app[keys.SETTINGS] = settings
    app[keys.TICKET_CODES] = TicketCodes(settings.ticket_key)
    app[keys.PROVIDERS] = {}
    app.cleanup_ctx.append(_open)
    add_routes(app, ROUTES)
    return app


async def _open(app: web.Application) -> AsyncIterator[None]:
    """Each context builds on those before it; they close the other way round."""
    async with (
        open_stores(app) as stores,
        open_accounts(app, stores),
        open_sale(app, stores) as watch,
        open_payments(app, stores),
        open_tickets(app, stores) as tickets,
        open_waiting_list(app, stores),
        open_deliveries(app, stores, tickets),
        make_first_admin(app),
        run_sale(app, stores, watch),
    ):
        yield
