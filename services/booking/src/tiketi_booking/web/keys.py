"""Keys of what handlers find in the application: use cases and ports, no adapters."""

from aiohttp import web

from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_booking.domain.till import TillHealth
from tiketi_booking.ports import Committed, IdempotencyStore, PaymentProvider, SalesWatch
from tiketi_booking.settings import Settings
from tiketi_booking.usecases.accounts import Accounts
from tiketi_booking.usecases.catalogue import Catalogue, Organising, SeatPictures
from tiketi_booking.usecases.checkin import CheckIn
from tiketi_booking.usecases.checkout import Till
from tiketi_booking.usecases.deliveries import DeliveryDesk
from tiketi_booking.usecases.holds import Holds
from tiketi_booking.usecases.payment_news import ReceiveNews
from tiketi_booking.usecases.recovery import Recovery
from tiketi_booking.usecases.reports import Reports
from tiketi_booking.usecases.tickets import Tickets
from tiketi_booking.usecases.waiting_list import WaitingList

SETTINGS: web.AppKey[Settings] = web.AppKey("SETTINGS")
IDEMPOTENCY: web.AppKey[IdempotencyStore] = web.AppKey("IDEMPOTENCY")
ACCOUNTS: web.AppKey[Accounts] = web.AppKey("ACCOUNTS")
RECOVERY: web.AppKey[Recovery] = web.AppKey("RECOVERY")

CATALOGUE: web.AppKey[Catalogue] = web.AppKey("CATALOGUE")
WATCH: web.AppKey[SalesWatch] = web.AppKey("WATCH")
PICTURES: web.AppKey[SeatPictures] = web.AppKey("PICTURES")
ORGANISING: web.AppKey[Organising] = web.AppKey("ORGANISING")
COMMITTED: web.AppKey[Committed] = web.AppKey("COMMITTED")

HOLDS: web.AppKey[Holds] = web.AppKey("HOLDS")
TILL: web.AppKey[Till] = web.AppKey("TILL")
HEALTH: web.AppKey[TillHealth] = web.AppKey("HEALTH")
REPORTS: web.AppKey[Reports] = web.AppKey("REPORTS")

PROVIDERS: web.AppKey[dict[str, PaymentProvider]] = web.AppKey("PROVIDERS")
"""Those that are set up, by name."""

RECEIVE_NEWS: web.AppKey[ReceiveNews] = web.AppKey("RECEIVE_NEWS")

TICKET_CODES: web.AppKey[TicketCodes] = web.AppKey("TICKET_CODES")
TICKETS: web.AppKey[Tickets] = web.AppKey("TICKETS")
CHECK_IN: web.AppKey[CheckIn] = web.AppKey("CHECK_IN")
WAITING_LIST: web.AppKey[WaitingList] = web.AppKey("WAITING_LIST")
DELIVERIES: web.AppKey[DeliveryDesk] = web.AppKey("DELIVERIES")
