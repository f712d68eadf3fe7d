"""What was sold and refunded, from RabbitMQ, to be followed up.

The queue is durable and its consumer single and active, so that whichever instance has it takes
messages in the order they were sent; what an instance dies with comes again. A message that cannot
be read, or was tried too often, goes to a dead-letter queue of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractRobustConnection

from tiketi_booking.usecases.fulfilment import Message
from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import EXCHANGE, OrderPaid, OrderRefunded

QUEUE = "tiketi.fulfilment"
DEAD = "tiketi.fulfilment.dead"
BINDINGS = ("order_paid.#", "order_refunded.#")
DELIVERY_LIMIT = 20

TakeIn = Callable[[str, Message], Awaitable[object]]

log = get_logger(__name__)

_decode = msgspec.json.Decoder(OrderPaid | OrderRefunded).decode


async def consume(connection: AbstractRobustConnection, take_in: TakeIn) -> None:
    """Hands each message and its id to `take_in`, and acknowledges it once that has returned.

    Returns when the connection was lost; raises what `take_in` raised, unless it was Unavailable:
    then the message waits until the database is back.
    """
    channel = await connection.channel()
    try:
        await channel.set_qos(prefetch_count=64)
        await _declare(channel)
        queue = await channel.get_queue(QUEUE)
        async with queue.iterator() as messages:
            async for message in messages:
                await _hand_over(message, take_in)
    finally:
        if not channel.is_closed:
            await channel.close()


async def _declare(channel: AbstractChannel) -> None:
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


async def _hand_over(message: AbstractIncomingMessage, take_in: TakeIn) -> None:
    try:
        content = _decode(message.body)
    except msgspec.DecodeError as error:
        log.warning("an unreadable message", message_id=message.message_id, why=str(error))
        await message.reject(requeue=False)
        return
    try:
        await _until_available(message.message_id or "", content, take_in)
    except BaseException:
        await message.nack(requeue=True)
        raise
    await message.ack()


async def _until_available(message_id: str, content: Message, take_in: TakeIn) -> None:
    while True:
        try:
            await take_in(message_id, content)
        except Unavailable:
            await asyncio.sleep(1)
        else:
            return
