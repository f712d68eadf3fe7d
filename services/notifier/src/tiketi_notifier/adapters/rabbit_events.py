"""Domain events from RabbitMQ, acknowledged once they are published."""

import time
from collections.abc import Callable
from typing import NoReturn

import msgspec

from tiketi_notifier import metrics
from tiketi_notifier.ports import Received
from tiketi_shared.amqp import QuorumQueue, open_consumer
from tiketi_shared.messages import HoldOffered, SaleChanged, SeatsChanged
from tiketi_shared.tracing import span

UNACKNOWLEDGED = 2000
"""Events taken at once; while they wait for the store the broker keeps the rest."""

_QUEUE = QuorumQueue(
    name="tiketi.notifier",
    bindings=("seats_changed.#", "sale_changed.#", "hold_offered.#"),
    decode=msgspec.json.Decoder(SeatsChanged | SaleChanged | HoldOffered).decode,
    operation="relay",
    prefetch=UNACKNOWLEDGED,
    unreadable=metrics.UNREADABLE.labels("broker").inc,
)


async def consume(url: str, receive: Callable[[Received], None]) -> NoReturn:
    """Pass events to `receive`, in order. Raises Unavailable when the broker cannot be reached."""
    async with open_consumer(url, _QUEUE) as consumer:
        metrics.BROKER.set_function(consumer.is_connected)
        async for delivery in consumer:
            with span(_QUEUE.operation, "consumer", delivery.trace):
                receive(Received(delivery.content, time.monotonic(), delivery.acknowledge))
    raise AssertionError("a consumer never ends by itself")
