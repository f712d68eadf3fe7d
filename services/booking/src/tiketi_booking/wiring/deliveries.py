"""What follows a sale by mail and webhook: taken in from the broker, delivered lane by lane."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from aiohttp import web

from tiketi_booking.adapters.mail import SmtpMailer
from tiketi_booking.adapters.messaging.fulfilment import RECONNECT_SECONDS, consume
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.adapters.webhooks import open_webhook_sender
from tiketi_booking.usecases.deliveries import Courier, DeliveryDesk, Lanes
from tiketi_booking.usecases.mail_writer import MailWriter
from tiketi_booking.web import keys
from tiketi_booking.wiring.stores import Stores
from tiketi_booking.wiring.tickets import TicketRoom
from tiketi_booking.workers import every
from tiketi_shared.loops import running

DELIVER_SECONDS = 0.5
TIDY_SECONDS = 10.0


@asynccontextmanager
async def open_deliveries(
    app: web.Application, stores: Stores, tickets: TicketRoom
) -> AsyncIterator[None]:
    settings, store = app[keys.SETTINGS], PostgresDeliveries(stores.database)
    production = settings.environment == "production"
    desk = app[keys.DELIVERIES] = DeliveryDesk(
        deliveries=store, endpoints=store, public_only=production
    )
    writer = MailWriter(
        shelf=tickets.shelf,
        printer=tickets.printer,
        events=app[keys.CATALOGUE],
        recipients=store,
        new_secret=app[keys.RECOVERY].new_secret,
        zone=ZoneInfo(settings.event_timezone),
        public_url=settings.public_url,
    )
    mailer = SmtpMailer(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
    async with open_webhook_sender(private_allowed=not production) as hooks:
        lanes = Lanes(store, Courier(store, writer, mailer, hooks))
        async with running(
            every(
                "fulfilment", RECONNECT_SECONDS, lambda: consume(settings.amqp_url, store.take_in)
            ),
            every("deliver", DELIVER_SECONDS, lanes.turn),
            every("tidy_deliveries", TIDY_SECONDS, desk.tidy),
        ):
            yield
        await lanes.stop()
