"""The sale: events, holds, the till, reports, and the loops that keep it going."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tiketi_booking.adapters.messaging.outbox import Relay
from tiketi_booking.adapters.postgres.catalogue import PostgresCatalogue
from tiketi_booking.adapters.postgres.holds import PostgresHolds
from tiketi_booking.adapters.postgres.orders import PostgresOrders
from tiketi_booking.adapters.postgres.upkeep import tidy, watch_outbox
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.domain.till import TillHealth
from tiketi_booking.usecases.catalogue import Catalogue, Organising, SeatPictures
from tiketi_booking.usecases.checkout import Till
from tiketi_booking.usecases.holds import Holds
from tiketi_booking.usecases.reports import Reports
from tiketi_booking.web import keys
from tiketi_booking.wiring.stores import Stores
from tiketi_booking.workers import RETRY_SECONDS, every
from tiketi_shared.loops import running
from tiketi_shared.tokens import KeyRing

SWEEP_SECONDS = 0.25
RECOVER_SECONDS = 1.0
TIDY_SECONDS = 30.0
GAUGE_SECONDS = 5.0


@asynccontextmanager
async def open_sale(app: web.Application, stores: Stores) -> AsyncIterator[Watch]:
    """`app[PROVIDERS]` is filled by those that open payment providers, later."""
    settings, database = app[keys.SETTINGS], stores.database
    providers = app[keys.PROVIDERS]
    events, orders = PostgresCatalogue(database), PostgresOrders(database)
    catalogue = app[keys.CATALOGUE] = Catalogue(events, settings.catalogue_seconds)
    watch = app[keys.WATCH] = Watch(database, catalogue.changed)
    pictures = app[keys.PICTURES] = SeatPictures(watch, random.Random())  # noqa: S311  spreads load
    health = app[keys.HEALTH] = TillHealth()

    def committed() -> None:
        watch.touched()
        stores.nudge.committed()

    app[keys.COMMITTED] = committed
    app[keys.ORGANISING] = Organising(events, catalogue, committed)
    app[keys.HOLDS] = Holds(
        store=PostgresHolds(database),
        catalogue=catalogue,
        pictures=pictures,
        keys=KeyRing(settings.admission_keys),
        health=health,
        committed=committed,
        seconds=settings.hold_seconds,
    )
    app[keys.TILL] = Till(
        store=orders,
        catalogue=catalogue,
        providers=providers,
        health=health,
        committed=committed,
        cap=settings.payment_seconds,
    )
    app[keys.REPORTS] = Reports(orders, catalogue)
    yield watch


@asynccontextmanager
async def run_sale(app: web.Application, stores: Stores, watch: Watch) -> AsyncIterator[None]:
    """Any number of instances run these loops at the same time."""
    till, nudge, database = app[keys.TILL], stores.nudge, stores.database
    relay = Relay(database, app[keys.SETTINGS].amqp_url)
    async with running(
        every("sweep", SWEEP_SECONDS, app[keys.HOLDS].sweep),
        every("recover", RECOVER_SECONDS, till.recover),
        every("pay_back", RECOVER_SECONDS, till.pay_back),
        every("refund_cancelled", RECOVER_SECONDS, till.refund_cancelled),
        every("watch", RETRY_SECONDS, watch.keep_reading),
        every("nudge", RETRY_SECONDS, nudge.keep_telling),
        every("relay", RETRY_SECONDS, relay.turn),
        every("tidy", TIDY_SECONDS, lambda: tidy(database)),
        every("outbox", GAUGE_SECONDS, lambda: watch_outbox(database)),
    ):
        yield
