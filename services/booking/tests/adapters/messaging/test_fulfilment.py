"""What was sold comes in from RabbitMQ, in order, and waits for the database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Never

import aio_pika
import msgspec
from aio_pika.abc import AbstractChannel, AbstractExchange
from aiormq.exceptions import ChannelNotFoundEntity

from tiketi_booking.adapters.messaging.fulfilment import DEAD, QUEUE, consume
from tiketi_shared.amqp import open_amqp
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import EventId, OrderId, UserId, new_id
from tiketi_shared.messages import EXCHANGE, OrderPaid, OrderRefunded


class Publisher:
    def __init__(self, channel: AbstractChannel, exchange: AbstractExchange) -> None:
        self.channel, self._exchange = channel, exchange

    async def __call__(self, message_id: str, body: bytes, key: str = "order_paid.e") -> None:
        message = aio_pika.Message(
            body, message_id=message_id, delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        )
        await self._exchange.publish(message, key, mandatory=True)


@asynccontextmanager
async def publishing(amqp_url: str) -> AsyncIterator[Publisher]:
    async with open_amqp(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(
            EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
        )
        yield Publisher(channel, exchange)


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.02)


async def somebody_consumes(amqp_url: str) -> None:
    """Until there is a queue and a consumer of it: what is published before is for nobody."""
    async with asyncio.timeout(20), await aio_pika.connect(amqp_url) as connection:
        while True:
            with suppress(ChannelNotFoundEntity):
                async with connection.channel() as channel:
                    queue = await channel.declare_queue(QUEUE, passive=True)
                    if queue.declaration_result.consumer_count:
                        return
            await asyncio.sleep(0.05)


async def ended(task: "asyncio.Task[Never]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class TakeIn:
    """Takes messages in unless the database is `away`; `asked` and `taken` are ids in order.

    Only those of this test: the queue is that of all tests, and what was sold in them may come too.
    """

    def __init__(self) -> None:
        self.away = False
        self.asked: list[str] = []
        self.taken: list[str] = []
        self._changed = asyncio.Condition()
        self._of = new_id()

    async def __call__(self, message_id: str, message: object) -> None:
        if not message_id.startswith(self._of):
            return
        async with self._changed:
            self.asked.append(message_id)
            if not self.away:
                self.taken.append(message_id)
            self._changed.notify_all()
        if self.away:
            raise Unavailable

    def ids(self, count: int) -> list[str]:
        return [f"{self._of}-{number}" for number in range(count)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)


PAID = msgspec.json.encode(OrderPaid(EventId("e"), UserId("u"), OrderId("o"), None, 1, "KRW", 1))


async def test_messages_are_taken_in_order_and_wait_for_the_database(amqp_url: str) -> None:
    take_in = TakeIn()
    take_in.away = True
    ids = take_in.ids(5)
    consumer = asyncio.create_task(consume(amqp_url, take_in))
    try:
        async with publishing(amqp_url) as publish:
            await somebody_consumes(amqp_url)
            for message_id in ids:
                await publish(message_id, PAID)
            await take_in.until(lambda: len(take_in.asked) >= 3)
            assert set(take_in.asked) == {ids[0]}
            take_in.away = False
            await take_in.until(lambda: len(take_in.taken) >= 5)
            assert take_in.taken == ids
    finally:
        await ended(consumer)


async def test_what_an_instance_leaves_while_the_database_is_away_the_next_takes_in(
    amqp_url: str,
) -> None:
    leaving, next_ = TakeIn(), TakeIn()
    leaving.away, next_._of = True, leaving._of
    ids = leaving.ids(3)
    first = asyncio.create_task(consume(amqp_url, leaving))
    async with publishing(amqp_url) as publish:
        await somebody_consumes(amqp_url)
        for message_id in ids:
            await publish(message_id, PAID)
        await leaving.until(lambda: ids[0] in leaving.asked)
        await ended(first)
        second = asyncio.create_task(consume(amqp_url, next_))
        try:
            await next_.until(lambda: len(next_.taken) >= 3)
        finally:
            await ended(second)
    assert next_.taken == ids


async def test_a_message_that_cannot_be_read_is_put_aside_and_holds_up_no_other(
    amqp_url: str,
) -> None:
    good = new_id()
    taken: list[str] = []

    async def take_in(message_id: str, message: object) -> None:
        if message_id == good:
            taken.append(message_id)

    async with publishing(amqp_url) as publish:
        consumer = asyncio.create_task(consume(amqp_url, take_in))
        await somebody_consumes(amqp_url)
        message = OrderRefunded(EventId("e"), UserId("u"), OrderId("o"), 1, "KRW", 1)
        await publish("bad", b"{not json", "order_refunded.e")
        await publish(good, msgspec.json.encode(message), "order_refunded.e")
        await until(lambda: taken == [good])
        dead = await publish.channel.get_queue(DEAD)
        found = await dead.get(timeout=5)
        assert found is not None
        assert found.message_id == "bad"
        await found.ack()
        await ended(consumer)
        queue = await publish.channel.get_queue(QUEUE)
        assert queue.declaration_result.message_count == 0
