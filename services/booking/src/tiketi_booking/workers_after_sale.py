"""What follows a sale up, in the background. Each survives whatever happens to it."""

import asyncio
from datetime import UTC, datetime
from random import random

from aio_pika.exceptions import AMQPException

from tiketi_booking import metrics
from tiketi_booking.adapters.messaging.fulfilment import TakeIn, consume
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.usecases.fulfilment import Courier, Deliveries
from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.resources import open_amqp
from tiketi_shared.tasks import end

AMQP_RETRY_SECONDS = 2.0
AT_ONCE = 4
"""Tries under way in one lane: mails leave the printer room for those who ask."""

log = get_logger(__name__)


async def take_in_messages(amqp_url: str, take_in: TakeIn) -> None:
    """Consume for ever; RabbitMQ may be away, at the start too."""
    while True:
        try:
            async with open_amqp(amqp_url) as connection:
                await consume(connection, take_in)
        except (OSError, TimeoutError, AMQPException) as error:
            log.warning("RabbitMQ is not there", why=str(error))
        await asyncio.sleep(AMQP_RETRY_SECONDS)


async def tidy_deliveries(deliveries: PostgresDeliveries) -> None:
    """One round: forgets old ones, and shows how many are still to be delivered."""
    kept = await deliveries.tidy()
    for status in ("pending", "parked", "unsent"):
        metrics.DELIVERIES_KEPT.labels(status).set(kept.get(status, 0))


class Lanes:
    """Works through every lane that has something due, each at its own pace."""

    def __init__(self, deliveries: Deliveries, courier: Courier) -> None:
        self._deliveries, self._courier = deliveries, courier
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def turn(self) -> None:
        """Starts on each due lane that is not being worked through already."""
        self._busy = {lane: task for lane, task in self._busy.items() if not task.done()}
        for lane in await self._deliveries.due():
            if lane not in self._busy:
                self._busy[lane] = asyncio.create_task(self._work(lane))

    async def stop(self) -> None:
        """What was under way is taken up again when its lease is over."""
        await end(self._busy.values())

    async def _work(self, lane: str) -> None:
        try:
            while claimed := await self._deliveries.claim(lane, AT_ONCE):
                now, chance = datetime.now(UTC), random()  # noqa: S311  spreads, guards nothing
                await asyncio.gather(
                    *(self._courier.try_once(delivery, now, chance) for delivery in claimed)
                )
        except Unavailable:
            log.debug("deliveries wait for the database", lane=lane)
        except Exception:
            log.exception("a delivery failed", lane=lane)
