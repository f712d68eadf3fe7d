"""Tickets: as files for their buyers, and at the door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import web

from tiketi_booking.adapters.postgres.tickets import PostgresTickets
from tiketi_booking.adapters.printing.printer import TicketPrinter, open_printer
from tiketi_booking.adapters.printing.qr import SegnoQr
from tiketi_booking.usecases.checkin import CheckIn
from tiketi_booking.usecases.tickets import Tickets
from tiketi_booking.web import keys
from tiketi_booking.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class TicketRoom:
    """Where others who need tickets get them: mails carry them too."""

    shelf: PostgresTickets
    printer: TicketPrinter


@asynccontextmanager
async def open_tickets(app: web.Application, stores: Stores) -> AsyncIterator[TicketRoom]:
    settings, catalogue, codes = app[keys.SETTINGS], app[keys.CATALOGUE], app[keys.TICKET_CODES]
    shelf = PostgresTickets(stores.database, catalogue, codes)
    zone = ZoneInfo(settings.event_timezone)
    async with open_printer(zone, settings.ticket_fallback_font) as printer:
        app[keys.TICKETS] = Tickets(
            shelf=shelf, codes=codes, printer=printer, qr=SegnoQr(), public_url=settings.public_url
        )
        app[keys.CHECK_IN] = CheckIn(shelf, codes, catalogue)
        yield TicketRoom(shelf, printer)
