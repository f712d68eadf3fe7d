"""Domain events from RabbitMQ.

The queue is a quorum queue with a single active consumer: one process of all instances consumes,
in order; when it dies the next takes over and gets again what was not acknowledged.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

import aio_pika
import msgspec
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from aiormq.exceptions import AMQPError, ChannelInvalidStateError

from tiketi_notifier import metrics
from tiketi_notifier.ports import Received
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import EXCHANGE, DomainEvent, HoldOffered, SaleChanged, SeatsChanged
from tiketi_shared.tracing import span, trace_of

QUEUE = "tiketi.notifier"
BINDINGS = ("seats_changed.#", "sale_changed.#", "hold_offered.#")
UNACKNOWLEDGED = 2000
"""Events taken at once; while they wait for the store the broker keeps the rest."""

log = get_logger(__name__)

_events: msgspec.json.Decoder[DomainEvent] = msgspec.json.Decoder(DomainEvent)


async def consume(
    connection: AbstractRobustConnection, receive: Callable[[Received], None]
) -> None:
    """Hand events to `receive` until cancelled; the connection restores this by itself."""
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=UNACKNOWLEDGED)
    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue(
        QUEUE,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": 20,
        },
    )
    for binding in BINDINGS:
        await queue.bind(exchange, binding)

    async def on_message(message: AbstractIncomingMessage) -> None:
        received = _decoded(message)
        if received is None:
            await message.reject(requeue=False)
            return
        with span("relay", "consumer", trace_of(message.headers)):
            receive(received)

    await queue.consume(on_message)
    metrics.BROKER.set_function(connection.connected.is_set)
    await asyncio.Event().wait()


def _decoded(message: AbstractIncomingMessage) -> Received | None:
    try:
        event = _events.decode(message.body)
    except msgspec.DecodeError as error:
        metrics.UNREADABLE.labels("broker").inc()
        log.warning("an unreadable event", message_id=message.message_id, error=str(error))
        return None
    if isinstance(event, SeatsChanged | SaleChanged | HoldOffered):
        return Received(event, time.monotonic(), lambda: _acknowledge(message))
    return None


async def _acknowledge(message: AbstractIncomingMessage) -> None:
    """On a channel that was lost meanwhile this is in vain: the event comes again, and is known."""
    with contextlib.suppress(AMQPError, ChannelInvalidStateError, OSError):
        await message.ack()
