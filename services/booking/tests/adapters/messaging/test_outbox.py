"""The relay: everything that was committed leaves, in order, whatever dies in between."""

import asyncio
import contextlib
import dataclasses
from collections import Counter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import msgspec
import pytest
from services.booking.tests.harness import BoxOffice, Start

from tiketi_booking.adapters.messaging.outbox import relay_batch
from tiketi_booking.adapters.postgres.holds import _TAKE, _Columns
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.holds import HoldOrder, Seats
from tiketi_booking.settings import Settings
from tiketi_shared.ids import HoldId, new_id
from tiketi_shared.messages import EXCHANGE, DomainEvent, HoldsCreated, OrderPaid, SeatsChanged


async def _listening(url: str) -> tuple[Any, Any]:
    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(exchange, "#")
    return connection, queue


async def _take(queue: Any, event_id: str, enough: Any) -> list[tuple[str, DomainEvent]]:
    """The event's messages, with their ids, until there are enough of them."""
    taken: list[tuple[str, DomainEvent]] = []
    async with asyncio.timeout(20), queue.iterator() as messages:
        async for message in messages:
            await message.ack()
            content = msgspec.json.decode(message.body, type=DomainEvent)
            if content.event_id == event_id:
                assert message.routing_key == f"{message.type}.{event_id}"
                taken.append((message.message_id, content))
            if enough(taken):
                return taken
    raise AssertionError


async def test_messages_of_a_sale_leave_once_and_in_the_order_of_its_commits(
    start: Start, settings: Settings, amqp_url: str
) -> None:
    """Two instances, of which one relays; then that one leaves in the middle of the sale."""
    with_broker = dataclasses.replace(settings, amqp_url=amqp_url)
    one, two = await start(with_broker), await start(with_broker)
    connection, queue = await _listening(amqp_url)
    event, people = await one.event(), await one.known(12)
    event_id = event["id"]

    async def buy(place: int) -> None:
        await people[place].buy(event_id, {"seat_ids": [f"s{place}"]})

    await asyncio.gather(*map(buy, range(6)))
    await one.app.shutdown()
    for person in people:
        person.client = two
    await asyncio.gather(*map(buy, range(6, 12)))

    def all_paid(taken: list[Any]) -> bool:
        return sum(isinstance(content, OrderPaid) for _, content in taken) >= 12

    taken = await _take(queue, event_id, all_paid)
    await connection.close()
    seen = dict(taken)
    versions = [one.version for one in seen.values() if isinstance(one, SeatsChanged)]
    assert versions == list(range(1, len(versions) + 1))
    holds = [hold for one in seen.values() if isinstance(one, HoldsCreated) for hold in one.holds]
    assert {user_id for user_id, _, _ in holds} == {person.id for person in people}
    states: dict[int, str] = {}
    for content in seen.values():
        if isinstance(content, SeatsChanged):
            states.update(content.changes)
    assert states == dict.fromkeys(range(12), "s")


class Broken:
    """An exchange whose connection is lost: before the messages have left, or before it is told."""

    def __init__(self, exchange: Any, *, leaves: bool) -> None:
        self._exchange, self._leaves = exchange, leaves

    async def publish(self, message: Any, routing_key: str) -> None:
        if self._leaves:
            await self._exchange.publish(message, routing_key=routing_key)
        raise ConnectionError


@pytest.mark.parametrize("leaves", [False, True], ids=["before they left", "after they left"])
async def test_messages_that_were_not_confirmed_leave_again_with_the_same_ids(
    office: BoxOffice, amqp_url: str, leaves: bool
) -> None:
    hall = await office.hall()
    await office.buy(hall, await office.user(), [5, 6])
    await _only(office, hall)
    amqp, queue = await _listening(amqp_url)
    async with office.database.connection() as connection, amqp.channel() as channel:
        exchange = await channel.get_exchange(EXCHANGE)
        broken: Any = Broken(exchange, leaves=leaves)
        with pytest.raises(ConnectionError):
            await relay_batch(connection, broken)
        assert await relay_batch(connection, exchange) == 2
        assert await relay_batch(connection, exchange) == 0
    often = 2 if leaves else 1
    sent = await _take(queue, hall.id, lambda taken: len(taken) == 4 * often)
    await amqp.close()
    assert sorted(Counter(id_ for id_, _ in sent).values()) == [often] * 4


async def test_messages_of_an_event_leave_in_the_order_of_the_commits_not_of_the_clock(
    office: BoxOffice, amqp_url: str
) -> None:
    """The transaction that began first holds its seats last."""
    hall, (slow, quick) = await office.hall(), [await office.user() for _ in range(2)]
    await _only(office, hall)
    async with office.database.transaction() as first:
        began = await first.fetchval("SELECT pg_catalog.now()")
        await office.hold(hall, quick, [6])
        order = HoldOrder(HoldId(new_id()), slow, Seats((5,)))
        (row,) = await first.fetch(_TAKE, hall.id, 300.0, *_Columns([order]).arguments())
        assert row["outcome"] == "held"
    rows = await office.database.fetch(
        """SELECT version, created_at FROM outbox
        WHERE event_id = $1 AND sent_at IS NULL ORDER BY id""",
        hall.id,
    )
    assert [row["version"] for row in rows] == [1, 2]
    assert rows[1]["created_at"] == began < rows[0]["created_at"]
    amqp, queue = await _listening(amqp_url)
    async with office.database.connection() as connection, amqp.channel() as channel:
        await relay_batch(connection, await channel.get_exchange(EXCHANGE))
    taken = await _take(queue, hall.id, lambda taken: len(taken) == 4)
    await amqp.close()
    changes = [one for _, one in taken if isinstance(one, SeatsChanged)]
    assert [(one.version, one.changes) for one in changes] == [(1, [(6, "h")]), (2, [(5, "h")])]


async def _only(office: BoxOffice, hall: Event) -> None:
    """Nothing waits but what was told of this event's seats."""
    await office.database.execute(
        """UPDATE outbox SET sent_at = now() WHERE sent_at IS NULL
        AND (event_id <> $1 OR version IS NULL)""",
        hall.id,
    )


async def test_while_rabbitmq_is_away_sales_go_on_and_are_told_afterwards(
    start: Start, settings: Settings, amqp_url: str
) -> None:
    async with _Way(amqp_url) as way:
        client = await start(dataclasses.replace(settings, amqp_url=way.url))
        event, (buyer, other) = await client.event(), await client.known(2)
        database = client.database
        await _none_waits(database, event["id"])
        way.cut()
        await buyer.buy(event["id"], {"seat_ids": ["s0"]})
        await other.buy(event["id"], {"seat_ids": ["s1"]})
        assert await database.value(_WAITING, event["id"]) >= 4
        way.mend()
        await _none_waits(database, event["id"])


_WAITING = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND event_id = $1"


async def _none_waits(database: Any, event_id: str) -> None:
    async with asyncio.timeout(20):
        while await database.value(_WAITING, event_id):  # noqa: ASYNC110  another task's work
            await asyncio.sleep(0.05)


class _Way:
    """The way to RabbitMQ, which can be cut: connections end and new ones are refused."""

    def __init__(self, amqp_url: str) -> None:
        self._target = urlsplit(amqp_url)
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = True
        self.url = ""

    async def __aenter__(self) -> "_Way":
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        user = self._target.netloc.rpartition("@")[0]
        self.url = urlunsplit(self._target._replace(netloc=f"{user}@127.0.0.1:{port}"))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        self._open = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def mend(self) -> None:
        self._open = True

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers |= {writer, back}
        await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
