"""Paid and refunded orders from RabbitMQ, in the order in which they happened.

A message that cannot be read, or was tried too often, goes to a dead-letter queue of its own.
"""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import msgspec

from tiketi_booking.domain.deliveries import Message
from tiketi_shared.amqp import Delivery, QuorumQueue, process_in_order
from tiketi_shared.messages import OrderPaid, OrderRefunded

QUEUE = "tiketi.fulfilment"
DEAD = "tiketi.fulfilment.dead"
RECONNECT_SECONDS = 2.0

TakeIn = Callable[[str, Message], Awaitable[object]]

_QUEUE = QuorumQueue(
    name=QUEUE,
    bindings=("order_paid.#", "order_refunded.#"),
    decode=msgspec.json.Decoder(OrderPaid | OrderRefunded).decode,
    operation="fulfil",
    dead_letters=DEAD,
)


async def consume(amqp_url: str, take_in: TakeIn) -> NoReturn:
    """Pass each message and its id to `take_in`, in order, and acknowledge it afterwards.

    While `take_in` raises Unavailable, the message waits for the database to be back. Raises
    Unavailable when RabbitMQ cannot be reached.
    """

    async def process(delivery: Delivery[Message]) -> None:
        await take_in(delivery.message_id, delivery.content)

    await process_in_order(amqp_url, _QUEUE, process)
