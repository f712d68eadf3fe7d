"""RabbitMQ: connections, and consumers of quorum queues. Needs `tiketi-shared[amqp]`.

A quorum queue survives the loss of a node. It has a single active consumer: one instance of a
service consumes at a time, in the order of publication. When that instance dies, the next one
takes over and receives again what was not acknowledged.
"""

import asyncio
import builtins
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

import aio_pika
import msgspec
from aio_pika.abc import (
    AbstractChannel,
    AbstractIncomingMessage,
    AbstractQueue,
    AbstractRobustConnection,
)
from aiormq.abc import FieldValue
from aiormq.exceptions import AMQPError, ChannelInvalidStateError

from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import EXCHANGE
from tiketi_shared.tracing import span, trace_of

DELIVERY_LIMIT = 20
"""How often a message is delivered before the queue drops it or dead-letters it."""

RETRY_SECONDS = 0.5

T = TypeVar("T")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumQueue(Generic[T]):
    """A durable queue of domain events.

    `bindings` are routing keys of `EXCHANGE`. `prefetch` is how many messages may be delivered and
    not acknowledged. An unreadable message goes to the queue `dead_letters`, or is dropped without
    one; `unreadable` is called for each. `operation` names the span of processing a message.
    """

    name: str
    bindings: tuple[str, ...]
    decode: Callable[[bytes], T]
    operation: str
    prefetch: int = 64
    dead_letters: str = ""
    unreadable: Callable[[], object] = lambda: None


class Delivery(Generic[T]):
    """One message; it is delivered again until it is acknowledged."""

    __slots__ = ("_message", "content")

    def __init__(self, message: AbstractIncomingMessage, content: T) -> None:
        self._message = message
        self.content = content

    @property
    def message_id(self) -> str:
        return self._message.message_id or ""

    @property
    def trace(self) -> str:
        """The traceparent of whoever published it, "" without one."""
        return trace_of(self._message.headers)

    async def acknowledge(self) -> None:
        """Without effect when the channel was lost meanwhile: then it is delivered again."""
        with suppress(AMQPError, ChannelInvalidStateError, OSError):
            await self._message.ack()

    async def requeue(self) -> None:
        with suppress(AMQPError, ChannelInvalidStateError, OSError):
            await self._message.reject(requeue=True)


class Consumer(Generic[T]):
    """The deliveries of one queue, in order; iterate with `async for`."""

    def __init__(
        self,
        connection: AbstractRobustConnection,
        queue: QuorumQueue[T],
        arrived: "asyncio.Queue[AbstractIncomingMessage]",
    ) -> None:
        self._connection = connection
        self._queue = queue
        self._arrived = arrived

    def is_connected(self) -> bool:
        return self._connection.connected.is_set()

    async def __aiter__(self) -> AsyncIterator[Delivery[T]]:
        while True:
            message = await self._arrived.get()
            try:
                content = self._queue.decode(message.body)
            except msgspec.DecodeError as error:
                await self._refuse(message, error)
                continue
            yield Delivery(message, content)

    async def _refuse(self, message: AbstractIncomingMessage, error: Exception) -> None:
        self._queue.unreadable()
        log.warning(
            "refused an unreadable message",
            queue=self._queue.name,
            message_id=message.message_id,
            error=str(error),
        )
        with suppress(AMQPError, ChannelInvalidStateError, OSError):
            await message.reject(requeue=False)


@asynccontextmanager
async def open_amqp(url: str, *, timeout: float = 5.0) -> AsyncIterator[AbstractRobustConnection]:
    """A connection that reconnects by itself. Raises ConnectionError or TimeoutError when the
    broker is unavailable at first: call it from a loop that tries again."""
    connection = await aio_pika.connect_robust(
        url, timeout=timeout, heartbeat=10, reconnect_interval=1
    )
    try:
        yield connection
    finally:
        with suppress(builtins.TimeoutError):
            async with asyncio.timeout(timeout):
                await connection.close()


@asynccontextmanager
async def open_consumer(url: str, queue: QuorumQueue[T]) -> AsyncIterator[Consumer[T]]:
    """Declare `queue` and consume it while the context is open; the connection restores the
    consumer by itself. Raises Unavailable when the broker cannot be reached or refuses."""
    try:
        async with open_amqp(url) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=queue.prefetch)
            arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
            await (await _declare(channel, queue)).consume(arrived.put)
            yield Consumer(connection, queue, arrived)
    except (AMQPError, OSError) as error:
        raise Unavailable(f"RabbitMQ: {type(error).__name__}: {error}") from error


async def process_in_order(
    url: str,
    queue: QuorumQueue[T],
    process: Callable[[Delivery[T]], Awaitable[object]],
    *,
    unavailable: type[Exception] = Unavailable,
) -> NoReturn:
    """Pass each message to `process`, one after the other, and acknowledge it afterwards.

    While `process` raises `unavailable`, the message is retried here and the others wait. After any
    other error it goes back to the queue, `DELIVERY_LIMIT` times at most. Raises Unavailable when
    the broker cannot be reached.
    """
    async with open_consumer(url, queue) as consumer:
        async for delivery in consumer:
            try:
                with span(queue.operation, "consumer", delivery.trace):
                    await _until_available(process, delivery, unavailable)
            except Exception:
                log.exception("message failed", queue=queue.name, message_id=delivery.message_id)
                await asyncio.sleep(RETRY_SECONDS)
                await delivery.requeue()
            else:
                await delivery.acknowledge()
    raise AssertionError("a consumer never ends by itself")


async def _until_available(
    process: Callable[[Delivery[T]], Awaitable[object]],
    delivery: Delivery[T],
    unavailable: type[Exception],
) -> None:
    while True:
        try:
            await process(delivery)
        except unavailable:
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _declare(channel: AbstractChannel, queue: QuorumQueue[T]) -> AbstractQueue:
    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    arguments: dict[str, FieldValue] = {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,
        "x-delivery-limit": DELIVERY_LIMIT,
    }
    if queue.dead_letters:
        await channel.declare_queue(
            queue.dead_letters, durable=True, arguments={"x-queue-type": "quorum"}
        )
        arguments["x-dead-letter-exchange"] = ""
        arguments["x-dead-letter-routing-key"] = queue.dead_letters
    declared = await channel.declare_queue(queue.name, durable=True, arguments=arguments)
    for binding in queue.bindings:
        await declared.bind(exchange, binding)
    return declared
