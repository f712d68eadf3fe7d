"""What was sold and refunded, from RabbitMQ, to be followed up.

The queue is durable and its consumer single and active, so that whichever instance has it takes
messages in the order they were sent; what an instance dies with comes again. A message that cannot
be read, or was tried too often, goes to a dead-letter queue of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from aio_pika import ExchangeType
from aio_pika.abc import (
    AbstractChannel,
    AbstractIncomingMessage,
    AbstractQueue,
    AbstractRobustConnection,
)
from aio_pika.exceptions import AMQPException

from tiketi_booking.domain.deliveries import Message
from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import EXCHANGE, OrderPaid, OrderRefunded
from tiketi_shared.resources import open_amqp
from tiketi_shared.tracing import span, trace_of

QUEUE = "tiketi.fulfilment"
DEAD = "tiketi.fulfilment.dead"
BINDINGS = ("order_paid.#", "order_refunded.#")
DELIVERY_LIMIT = 20
AGAIN_SECONDS = 0.5
RECONNECT_SECONDS = 2.0

TakeIn = Callable[[str, Message], Awaitable[object]]

log = get_logger(__name__)

_decode = msgspec.json.Decoder(OrderPaid | OrderRefunded).decode


async def keep_consuming(amqp_url: str, take_in: TakeIn) -> None:
    """Consume for ever; RabbitMQ may be away, at the start too."""
    while True:
        try:
            async with open_amqp(amqp_url) as connection:
                await consume(connection, take_in)
        except (OSError, TimeoutError, AMQPException) as error:
            log.warning("RabbitMQ is not there", why=str(error))
        await asyncio.sleep(RECONNECT_SECONDS)


async def consume(connection: AbstractRobustConnection, take_in: TakeIn) -> None:
    """Hands each message and its id to `take_in`, one after the other, and acknowledges it once
    that has returned; until cancelled. The connection restores this by itself.

    While `take_in` raises Unavailable, the message waits for the database to be back.
    """
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=64)
    queue = await _declare(channel)
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    await queue.consume(arrived.put)
    while True:
        message = await arrived.get()
        try:
            await _hand_over(message, take_in)
        except AMQPException as error:
            log.warning("a message will come again", id=message.message_id, why=str(error))


async def _declare(channel: AbstractChannel) -> AbstractQueue:
    exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
    await channel.declare_queue(DEAD, durable=True, arguments={"x-queue-type": "quorum"})
    queue = await channel.declare_queue(
        QUEUE,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": DEAD,
        },
    )
    for binding in BINDINGS:
        await queue.bind(exchange, binding)
    return queue


async def _hand_over(message: AbstractIncomingMessage, take_in: TakeIn) -> None:
    try:
        content = _decode(message.body)
    except msgspec.DecodeError as error:
        log.warning("an unreadable message", id=message.message_id, why=str(error))
        await message.reject(requeue=False)
        return
    try:
        with span("fulfil", "consumer", trace_of(message.headers)):
            await _until_available(message.message_id or "", content, take_in)
    except Exception:
        log.exception("a message could not be taken in", id=message.message_id)
        await asyncio.sleep(AGAIN_SECONDS)
        await message.reject(requeue=True)
    else:
        await message.ack()


async def _until_available(message_id: str, content: Message, take_in: TakeIn) -> None:
    while True:
        try:
            await take_in(message_id, content)
        except Unavailable:
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return
