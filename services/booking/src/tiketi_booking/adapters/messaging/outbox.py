"""The outbox's way to RabbitMQ.

One instance at a time relays, the one that holds an advisory lock, on the connection that it reads
with: who loses the connection has lost the lock. Rows leave in the order of their ids, which within
an event is the order of the commits; a batch is published, all its confirms are awaited, then it is
marked as sent. A crash in between sends it again: consumers drop repeats by message id.

Committing instances wake the relay with NOTIFY, apart from their transactions, since a NOTIFY
inside would let only one transaction commit at a time. Should one be lost, the relay looks anyway.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aio_pika
import asyncpg
import msgspec
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError
from aiormq.abc import FieldValue

from tiketi_booking import metrics
from tiketi_booking.adapters.postgres.database import GONE, Database
from tiketi_booking.errors import RelayStopped
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import EXCHANGE
from tiketi_shared.tracing import TRACEPARENT

BATCH = 200
LOOK_SECONDS = 0.5
PUBLISH_SECONDS = 10.0
CONNECT_SECONDS = 5.0

_LOCK = 0x71CE72
_CHANNEL = "outbox"

_UNSENT = """
SELECT id, event_id, messages, trace FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT $1
"""

_MESSAGES = msgspec.json.Decoder(list[msgspec.Raw])

log = get_logger(__name__)


class _Tag(msgspec.Struct):
    type: str


_TAG = msgspec.json.Decoder(_Tag)


class Nudge:
    """Wakes the relay after a commit. Many commits share one NOTIFY."""

    def __init__(self, database: Database, *, seconds: float = 0.02) -> None:
        self._database, self._seconds = database, seconds
        self._committed = asyncio.Event()

    def committed(self) -> None:
        self._committed.set()

    async def keep_telling(self) -> None:
        while True:
            await self._committed.wait()
            self._committed.clear()
            await self._database.execute(f"NOTIFY {_CHANNEL}")
            await asyncio.sleep(self._seconds)


class Relay:
    """A turn as the relay ends when the database or RabbitMQ is lost; a worker starts the next."""

    def __init__(self, database: Database, amqp_url: str) -> None:
        self._database, self._amqp_url = database, amqp_url

    async def turn(self) -> None:
        """Relays until an error is raised. Returns at once if another instance relays."""
        async with self._database.connection() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                return
            try:
                async with _connected(self._amqp_url) as amqp:
                    channel = await amqp.channel(publisher_confirms=True)
                    exchange = await channel.declare_exchange(
                        EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
                    )
                    await self._relay(connection, exchange)
            except (AMQPError, OSError, TimeoutError) as error:
                raise RelayStopped(str(error)) from error
            finally:
                await _let_go(connection)

    async def _relay(self, connection: asyncpg.Connection, exchange: AbstractExchange) -> None:
        wake = asyncio.Event()

        def woken(*_: Any) -> None:
            wake.set()

        await connection.add_listener(_CHANNEL, woken)
        try:
            while True:
                wake.clear()
                if await relay_batch(connection, exchange) < BATCH:
                    await _wait(wake, LOOK_SECONDS)
        finally:
            if not connection.is_closed():
                await connection.remove_listener(_CHANNEL, woken)


async def relay_batch(connection: asyncpg.Connection, exchange: AbstractExchange) -> int:
    """Publishes the oldest rows and marks them as sent. Returns the number of rows."""
    rows = await connection.fetch(_UNSENT, BATCH)
    if rows:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await asyncio.gather(
                *(
                    exchange.publish(message, routing_key=f"{message.type}.{row['event_id']}")
                    for row in rows
                    for message in messages_of(row)
                )
            )
        await connection.execute(
            "UPDATE outbox SET sent_at = now() WHERE id = ANY ($1)", [row["id"] for row in rows]
        )
    metrics.RELAYED.inc(len(rows))
    return len(rows)


def messages_of(row: asyncpg.Record) -> list[aio_pika.Message]:
    """The messages of a row. Their ids stay the same when the row is sent again."""
    headers: dict[str, FieldValue] = {TRACEPARENT: row["trace"]} if row["trace"] else {}
    return [
        aio_pika.Message(
            bytes(body),
            message_id=f"{row['event_id']}.{row['id']}.{place}",
            headers=headers,
            type=_TAG.decode(body).type,
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        for place, body in enumerate(_MESSAGES.decode(row["messages"]))
    ]


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AbstractConnection]:
    """A plain connection: one that came back by itself would hide that confirms were lost."""
    amqp = await aio_pika.connect(url, timeout=CONNECT_SECONDS, heartbeat=10)
    try:
        yield amqp
    finally:
        with suppress(AMQPError, OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await amqp.close()


async def _let_go(connection: asyncpg.Connection) -> None:
    if connection.is_closed():
        return
    try:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    except GONE:
        connection.terminate()


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
