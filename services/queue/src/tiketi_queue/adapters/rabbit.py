"""Receives booking's messages to the line."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import msgspec

from tiketi_queue.ports import StoreUnavailable
from tiketi_shared.amqp import Delivery, QuorumQueue, process_in_order
from tiketi_shared.messages import HoldsCreated, OrderPaid

BINDINGS = ("holds_created.#", "order_paid.#")

_QUEUE = QuorumQueue(
    name="tiketi.queue",
    bindings=BINDINGS,
    decode=msgspec.json.Decoder(HoldsCreated | OrderPaid).decode,
    operation="report",
)


async def consume(
    url: str, take: Callable[[HoldsCreated | OrderPaid], Awaitable[None]]
) -> NoReturn:
    """Pass each message to `take`, in order; while that raises StoreUnavailable, the message waits.

    Raises Unavailable when the broker cannot be reached.
    """

    async def process(delivery: Delivery[HoldsCreated | OrderPaid]) -> None:
        await take(delivery.content)

    await process_in_order(url, _QUEUE, process, unavailable=StoreUnavailable)
