"""The waiting list, and the loop that gives seats that come back: first to those inside who asked
for them, then, where nobody waits in the line, to the waiting list."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tiketi_booking.adapters.postgres.waiting_list import PostgresWaitingList
from tiketi_booking.adapters.postgres.wishes import PostgresWishes
from tiketi_booking.usecases.waiting_list import OfferSeats, WaitingList
from tiketi_booking.usecases.wishes import GrantWishes
from tiketi_booking.web import keys
from tiketi_booking.wiring.stores import Stores
from tiketi_booking.workers import every
from tiketi_shared.loops import running

OFFER_SECONDS = 0.25
"""How soon a returned seat is offered; it is kept for that for a second (`kept_until.sql`)."""


@asynccontextmanager
async def open_waiting_list(app: web.Application, stores: Stores) -> AsyncIterator[None]:
    store, catalogue, watch = (
        PostgresWaitingList(stores.database),
        app[keys.CATALOGUE],
        app[keys.WATCH],
    )
    app[keys.WAITING_LIST] = WaitingList(store, catalogue, watch)
    offers = OfferSeats(
        store, catalogue, watch, app[keys.COMMITTED], app[keys.SETTINGS].waiting_offer_seconds
    )
    wishes = GrantWishes(
        PostgresWishes(stores.database),
        catalogue,
        watch,
        app[keys.COMMITTED],
        app[keys.SETTINGS].hold_seconds,
    )
    chance = random.Random()  # noqa: S311  which of equally good seats is offered

    async def turn() -> None:
        await wishes.turn(chance)
        await offers.turn(chance)

    async with running(every("offer", OFFER_SECONDS, turn)):
        yield
