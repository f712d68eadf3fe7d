"""What handlers find in the application, by type."""

from aiohttp import web

from tiketi_booking.adapters.messaging.outbox import Nudge
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_booking.domain.till import TillHealth
from tiketi_booking.ports import Committed, IdempotencyStore, PaymentProvider
from tiketi_booking.settings import Settings
from tiketi_booking.usecases.accounts import Accounts
from tiketi_booking.usecases.catalogue import Catalogue, Organising, SeatPictures
from tiketi_booking.usecases.checkout import Till
from tiketi_booking.usecases.holds import Holds
from tiketi_booking.usecases.reports import Reports
from tiketi_shared.tokens import KeyRing

SETTINGS: web.AppKey[Settings] = web.AppKey("SETTINGS")
DATABASE: web.AppKey[Database] = web.AppKey("DATABASE")
ADMISSION_KEYS: web.AppKey[KeyRing] = web.AppKey("ADMISSION_KEYS")
TICKET_CODES: web.AppKey[TicketCodes] = web.AppKey("TICKET_CODES")
PROVIDERS: web.AppKey[dict[str, PaymentProvider]] = web.AppKey("PROVIDERS")
"""By name; each provider's own context adds it at the start."""

HEALTH: web.AppKey[TillHealth] = web.AppKey("HEALTH")
WATCH: web.AppKey[Watch] = web.AppKey("WATCH")
NUDGE: web.AppKey[Nudge] = web.AppKey("NUDGE")
COMMITTED: web.AppKey[Committed] = web.AppKey("COMMITTED")
IDEMPOTENCY: web.AppKey[IdempotencyStore] = web.AppKey("IDEMPOTENCY")
ACCOUNTS: web.AppKey[Accounts] = web.AppKey("ACCOUNTS")
CATALOGUE: web.AppKey[Catalogue] = web.AppKey("CATALOGUE")
PICTURES: web.AppKey[SeatPictures] = web.AppKey("PICTURES")
ORGANISING: web.AppKey[Organising] = web.AppKey("ORGANISING")
HOLDS: web.AppKey[Holds] = web.AppKey("HOLDS")
TILL: web.AppKey[Till] = web.AppKey("TILL")
REPORTS: web.AppKey[Reports] = web.AppKey("REPORTS")
