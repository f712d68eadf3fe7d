"""What handlers find in the application, by type."""

from aiohttp import web

from tiketi_booking.adapters.postgres import Database
from tiketi_booking.ports import PaymentProvider
from tiketi_booking.settings import Settings
from tiketi_shared.tokens import KeyRing

SETTINGS: web.AppKey[Settings] = web.AppKey("SETTINGS")
DATABASE: web.AppKey[Database] = web.AppKey("DATABASE")
ADMISSION_KEYS: web.AppKey[KeyRing] = web.AppKey("ADMISSION_KEYS")
PROVIDERS: web.AppKey[dict[str, PaymentProvider]] = web.AppKey("PROVIDERS")
"""By name; each provider's own context adds it at the start."""
