"""Booking's messages, from a durable quorum queue with one active consumer, so that order holds."""

from collections.abc import Awaitable, Callable

import msgspec
from aio_pika import ExchangeType
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection

from tiketi_shared.logs import get_logger
from tiketi_shared.messages import EXCHANGE, DomainEvent, HoldsCreated, OrderPaid

QUEUE = "tiketi.queue"
BINDINGS = ("holds_created.#", "order_paid.#")
DELIVERY_LIMIT = 20

log = get_logger(__name__)

_decode = msgspec.json.Decoder(DomainEvent).decode


async def consume(
    connection: AbstractRobustConnection,
    take: Callable[[HoldsCreated | OrderPaid], Awaitable[None]],
) -> None:
    """Hands each message to `take` and acknowledges it afterwards; returns when the consumer was
    cancelled. A message that `take` fails on is put back and ends the consumption: raises what
    `take` raised."""
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=64)
    exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue(
        QUEUE,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
        },
    )
    for binding in BINDINGS:
        await queue.bind(exchange, binding)
    try:
        async with queue.iterator() as messages:
            async for message in messages:
                await _hand_over(message, take)
    finally:
        if not channel.is_closed:
            await channel.close()


async def _hand_over(
    message: AbstractIncomingMessage, take: Callable[[HoldsCreated | OrderPaid], Awaitable[None]]
) -> None:
    try:
        content = _decode(message.body)
    except msgspec.DecodeError as error:
        log.warning("a message that is none was dropped", why=str(error))
        await message.ack()
        return
    if isinstance(content, HoldsCreated | OrderPaid):
        try:
            await take(content)
        except BaseException:
            await message.nack(requeue=True)
            raise
    await message.ack()
