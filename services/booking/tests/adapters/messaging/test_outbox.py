"""The relay: everything that was committed leaves, in order, whatever dies in between."""

import asyncio
import contextlib
import dataclasses
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import msgspec

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
    start: Any, settings: Any, amqp_url: str
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


async def test_while_rabbitmq_is_away_sales_go_on_and_are_told_afterwards(
    start: Any, settings: Any, amqp_url: str
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
