"""RabbitMQ: connections, and consumers of quorum queues, on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aio_pika
import msgspec
import pytest
from aio_pika.abc import AbstractChannel
from structlog.testing import capture_logs

from tiketi_shared import amqp
from tiketi_shared.amqp import (
    Delivery,
    QuorumQueue,
    open_amqp,
    open_consumer,
    process_in_order,
)
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import new_id
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import EXCHANGE
from tiketi_shared.tracing import TRACEPARENT, current_trace

Numbers = QuorumQueue[int]

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def fresh_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests configure the logs, and a logger keeps the configuration of its first use."""
    monkeypatch.setattr(amqp, "log", get_logger("test"))


def a_queue(*, dead_letters: str = "", unreadable: Callable[[], object] = lambda: None) -> Numbers:
    """A queue of this test's own, bound to a routing key of its own."""
    name = f"test.{new_id()}"
    return QuorumQueue(
        name=name,
        bindings=(name,),
        decode=msgspec.json.Decoder(int).decode,
        operation="add",
        dead_letters=dead_letters,
        unreadable=unreadable,
    )


async def publish(channel: AbstractChannel, queue: Numbers, *bodies: bytes) -> None:
    exchange = await channel.get_exchange(EXCHANGE)
    for body in bodies:
        message = aio_pika.Message(body, message_id=body.decode(), headers={TRACEPARENT: TRACE})
        await exchange.publish(message, queue.name, mandatory=True)


@asynccontextmanager
async def open_channel(url: str) -> AsyncIterator[AbstractChannel]:
    async with open_amqp(url) as connection, connection.channel() as channel:
        yield channel


class Sum:
    """Processes numbers: each of `fails` fails as often as it says, with its error."""

    def __init__(self, *fails: tuple[int, Exception]) -> None:
        self._fails = list(fails)
        self.tried: list[int] = []
        self.done: list[int] = []
        self.traces: set[str] = set()
        self._changed = asyncio.Condition()

    async def __call__(self, delivery: Delivery[int]) -> None:
        async with self._changed:
            self.tried.append(delivery.content)
            self.traces.add(current_trace())
            for index, (number, error) in enumerate(self._fails):
                if number == delivery.content:
                    del self._fails[index]
                    raise error
            self.done.append(delivery.content)
            self._changed.notify_all()

    async def processed(self, count: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.done) >= count)


@asynccontextmanager
async def processing(
    url: str, queue: Numbers, process: Sum, unavailable: type[Exception] = Unavailable
) -> AsyncIterator[AbstractChannel]:
    """A channel to publish with, once the queue is declared and consumed."""
    async with open_consumer(url, queue):
        pass  # declares the queue, so that nothing is published for nobody
    task = asyncio.ensure_future(process_in_order(url, queue, process, unavailable=unavailable))
    try:
        async with open_channel(url) as channel:
            yield channel
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class StoreDown(Exception):
    pass


async def test_a_broker_that_is_not_there_is_an_error_at_once(free_port: Callable[[], int]) -> None:
    with pytest.raises(ConnectionError):
        async with open_amqp(f"amqp://127.0.0.1:{free_port()}/", timeout=1):
            pass


async def test_an_open_broker_connection_carries_messages(amqp_url: str) -> None:
    async with open_amqp(amqp_url) as connection, connection.channel() as channel:
        queue = await channel.declare_queue(exclusive=True)
        await channel.default_exchange.publish(aio_pika.Message(b"hello"), queue.name)
        async with asyncio.timeout(5):
            message = await queue.get()
        assert message is not None
        assert message.body == b"hello"


@pytest.mark.parametrize("error", [Unavailable, StoreDown])
async def test_a_message_whose_store_is_unavailable_holds_up_the_later_ones(
    amqp_url: str, error: type[Exception]
) -> None:
    queue, process = a_queue(), Sum((1, error()), (1, error()))
    async with processing(amqp_url, queue, process, unavailable=error) as channel:
        await publish(channel, queue, b"1", b"2", b"3")
        await process.processed(3)
    assert process.tried == [1, 1, 1, 2, 3]
    assert process.traces == {TRACE}


async def test_a_message_that_fails_otherwise_is_delivered_again(amqp_url: str) -> None:
    queue, process = a_queue(), Sum((1, ValueError("a fault")))
    async with processing(amqp_url, queue, process) as channel:
        with capture_logs() as lines:
            await publish(channel, queue, b"1", b"2")
            await process.processed(2)
    assert sorted(process.done) == [1, 2]
    assert process.tried.count(1) == 2
    assert [
        line["message_id"] for line in lines if line["event"] == "processing a message failed"
    ] == ["1"]


async def test_processed_messages_are_acknowledged(amqp_url: str) -> None:
    queue, process = a_queue(), Sum()
    async with processing(amqp_url, queue, process) as channel:
        await publish(channel, queue, b"1", b"2")
        await process.processed(2)
    async with processing(amqp_url, queue, process) as channel:
        await publish(channel, queue, b"3")
        await process.processed(3)
    assert process.done == [1, 2, 3]


@pytest.mark.parametrize("dead_letters", [True, False])
async def test_an_unreadable_message_is_counted_put_aside_and_holds_up_no_other(
    amqp_url: str, dead_letters: bool
) -> None:
    dead, unreadable = f"test.{new_id()}" if dead_letters else "", list[None]()
    queue = a_queue(dead_letters=dead, unreadable=lambda: unreadable.append(None))
    process = Sum()
    async with processing(amqp_url, queue, process) as channel:
        await publish(channel, queue, b"no number", b"2")
        await process.processed(1)
        assert (process.done, len(unreadable)) == ([2], 1)
        if dead:
            async with (await channel.get_queue(dead)).iterator(timeout=20) as put_aside:
                assert (await anext(put_aside)).body == b"no number"


async def test_one_consumer_is_active_and_the_next_takes_over_what_it_left(amqp_url: str) -> None:
    queue = a_queue()
    async with (
        asyncio.timeout(30),
        open_channel(amqp_url) as channel,
        open_consumer(amqp_url, queue) as first,
        open_consumer(amqp_url, queue) as second,
    ):
        await publish(channel, queue, b"1", b"2")
        deliveries = aiter(first)
        assert (await anext(deliveries)).content == 1
        await (await anext(deliveries)).acknowledge()
        waiting = asyncio.ensure_future(anext(aiter(second)))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        assert first.is_connected()
        await first._connection.close()
        assert (await waiting).content == 1


async def test_a_consumer_without_a_broker_is_unavailable(free_port: Callable[[], int]) -> None:
    with pytest.raises(Unavailable, match="RabbitMQ"):
        async with open_consumer(f"amqp://127.0.0.1:{free_port()}/", a_queue()):
            pass
