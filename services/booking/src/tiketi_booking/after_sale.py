"""The wiring of what follows a sale: payment providers' news, tickets, the door, the waiting list,
deliveries. `app.py` puts these contexts behind those they build on.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

from aiohttp import web

from tiketi_booking.adapters.mail import SmtpMailer
from tiketi_booking.adapters.payments.sandbox import Sandbox
from tiketi_booking.adapters.payments.stripe import open_stripe
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.adapters.postgres.tickets import PostgresTickets
from tiketi_booking.adapters.postgres.waiting_list import PostgresWaitingList
from tiketi_booking.adapters.printing.printer import open_printer
from tiketi_booking.adapters.webhooks import open_webhook_sender
from tiketi_booking.usecases.fulfilment import Courier, MailWriter
from tiketi_booking.usecases.payment_news import ReceiveNews
from tiketi_booking.usecases.waiting_list import OfferSeats
from tiketi_booking.web import keys
from tiketi_booking.web.after_sale_keys import (
    DELIVERIES,
    NEWS_SOURCES,
    PRINTER,
    RECEIVE_NEWS,
    SANDBOX,
    TICKETS,
    WAITING_LIST,
)
from tiketi_booking.workers import every
from tiketi_booking.workers_after_sale import Lanes, take_in_messages, tidy_deliveries
from tiketi_shared.tasks import end

OFFER_SECONDS = 0.5
"""How soon a returned seat is offered to the waiting list."""

DELIVER_SECONDS = 0.5
ANSWER_SECONDS = 0.2
TIDY_SECONDS = 10.0


async def payments(app: web.Application) -> AsyncIterator[None]:
    """Before the till: the providers that are set up, by name."""
    settings = app[keys.SETTINGS]
    app[NEWS_SOURCES] = {}
    async with AsyncExitStack() as stack:
        if settings.sandbox_payments == "on" or (
            settings.sandbox_payments == "auto" and settings.environment != "production"
        ):
            sandbox = app[SANDBOX] = Sandbox(
                app[keys.DATABASE], settings.ticket_key, answer_seconds=settings.sandbox_seconds
            )
            app[keys.PROVIDERS][sandbox.name] = app[NEWS_SOURCES][sandbox.name] = sandbox
        if settings.stripe_secret_key:
            stripe = await stack.enter_async_context(
                open_stripe(settings.stripe_secret_key, settings.stripe_webhook_secret)
            )
            app[keys.PROVIDERS][stripe.name] = app[NEWS_SOURCES][stripe.name] = stripe
        yield


async def after_sale(app: web.Application) -> AsyncIterator[None]:
    """Behind the till."""
    settings, database, catalogue = app[keys.SETTINGS], app[keys.DATABASE], app[keys.CATALOGUE]
    zone = ZoneInfo(settings.event_timezone)
    deliveries = app[DELIVERIES] = PostgresDeliveries(database)
    waiting = app[WAITING_LIST] = PostgresWaitingList(database)
    tickets = app[TICKETS] = PostgresTickets(database, catalogue, app[keys.TICKET_CODES])
    sources = app[NEWS_SOURCES]
    app[RECEIVE_NEWS] = ReceiveNews(sources, app[keys.TILL].settle)
    watch, nudge = app[keys.WATCH], app[keys.NUDGE]

    def offered() -> None:
        watch.touched()
        nudge.committed()

    offers = OfferSeats(waiting, catalogue, watch, offered, seconds=settings.waiting_offer_seconds)
    chance = random.Random()  # noqa: S311  which of equally good seats is offered
    async with AsyncExitStack() as stack:
        printer = app[PRINTER] = await stack.enter_async_context(
            open_printer(zone, settings.ticket_fallback_font)
        )
        hooks = await stack.enter_async_context(
            open_webhook_sender(private_allowed=settings.environment != "production")
        )
        writer = MailWriter(
            shelf=tickets, printer=printer, events=catalogue, recipients=deliveries, zone=zone,
            public_url=settings.public_url,
        )  # fmt: skip
        mailer = SmtpMailer(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
        lanes = Lanes(deliveries, Courier(deliveries, writer, mailer, hooks))
        loops: list[Awaitable[None]] = [
            take_in_messages(settings.amqp_url, deliveries.take_in),
            every("deliver", DELIVER_SECONDS, lanes.turn),
            every("tidy_deliveries", TIDY_SECONDS, lambda: tidy_deliveries(deliveries)),
            every("offer", OFFER_SECONDS, lambda: offers.turn(chance)),
        ]
        if SANDBOX in app:
            loops.append(every("sandbox", ANSWER_SECONDS, lambda: _answer(app)))
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        yield
        await end(tasks)
        await lanes.stop()


async def _answer(app: web.Application) -> None:
    """The sandbox's webhooks, received as another provider's would be."""
    sandbox, receive = app[SANDBOX], app[RECEIVE_NEWS]
    await sandbox.answer_late_ones(lambda headers, body: receive(sandbox.name, headers, body))
