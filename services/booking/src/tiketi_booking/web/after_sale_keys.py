"""What the handlers of after the sale find in the application."""

from aiohttp import web

from tiketi_booking.adapters.payments.sandbox import Sandbox
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.adapters.postgres.tickets import PostgresTickets
from tiketi_booking.adapters.postgres.waiting_list import PostgresWaitingList
from tiketi_booking.adapters.printing.printer import TicketPrinter
from tiketi_booking.usecases.payment_news import ReceiveNews, TellsNews

TICKETS: web.AppKey[PostgresTickets] = web.AppKey("TICKETS")
PRINTER: web.AppKey[TicketPrinter] = web.AppKey("PRINTER")
WAITING_LIST: web.AppKey[PostgresWaitingList] = web.AppKey("WAITING_LIST")
DELIVERIES: web.AppKey[PostgresDeliveries] = web.AppKey("DELIVERIES")
RECEIVE_NEWS: web.AppKey[ReceiveNews] = web.AppKey("RECEIVE_NEWS")
NEWS_SOURCES: web.AppKey[dict[str, TellsNews]] = web.AppKey("NEWS_SOURCES")
SANDBOX: web.AppKey[Sandbox] = web.AppKey("SANDBOX")
"""There only where the sandbox is set up."""
