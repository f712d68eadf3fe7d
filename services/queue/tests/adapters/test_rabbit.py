"""What booking's outbox reports, through a real RabbitMQ."""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aio_pika
import msgspec
from prometheus_client import REGISTRY
from services.queue.tests.harness import FakeBooking, StartQueue, until

from tiketi_local.stores import RedisServer
from tiketi_queue.adapters.rabbit import BINDINGS
from tiketi_shared.ids import EventId, new_id
from tiketi_shared.messages import EXCHANGE, DomainEvent, HoldsCreated, OrderPaid

Publish = Callable[[DomainEvent | bytes, str], Awaitable[None]]


@asynccontextmanager
async def outbox(amqp_url: str) -> AsyncIterator[Publish]:
    """Publishes as booking does: with the type as routing key, once the queue is bound."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(
            EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
        )

        async def publish(message: DomainEvent | bytes, type_: str) -> None:
            body = message if isinstance(message, bytes) else msgspec.json.encode(message)
            await exchange.publish(
                aio_pika.Message(body, message_id=new_id()), f"{type_}.event", mandatory=True
            )

        yield publish


def paid(event: EventId, user: str, admission_id: str | None) -> OrderPaid:
    content = {
        "type": "order_paid", "event_id": event, "user_id": user, "order_id": new_id(),
        "admission_id": admission_id, "total": 1, "currency": "KRW", "tickets": 1,
    }  # fmt: skip
    return msgspec.convert(content, OrderPaid)


def held(event: EventId, user: str, admission_id: str) -> HoldsCreated:
    content = {
        "type": "holds_created", "event_id": event, "holds": [[user, new_id(), admission_id]],
    }  # fmt: skip
    return msgspec.convert(content, HoldsCreated)


async def test_a_purchase_frees_the_slot_however_often_it_is_told(
    start_queue: StartQueue, booking: FakeBooking, amqp_url: str
) -> None:
    queue = await start_queue(amqp_url=amqp_url)
    event = booking.put_on_sale(policy="first_come", capacity=2)
    await queue.knows(event)
    buyer, other, next_in = new_id(), new_id(), new_id()
    inside = await queue.ask_all("join", event, [buyer, other, next_in])
    token = inside[0].body["admission"]["token"]
    admission_id = admission_of(token)
    async with outbox(amqp_url) as publish:
        await bound(publish, event)
        await publish(paid(event, buyer, None), "order_paid")
        await publish(b"no message at all", "order_paid")
        for _ in range(3):
            await publish(paid(event, buyer, admission_id), "order_paid")
        await queue.holds(event, waiting=0, active=2, admitted_total=3)
    await asyncio.sleep(0.3)
    assert (await queue.depth(event))["active"] == 2
    assert (await queue.ask("place", event, buyer)).code == "not_in_queue"


async def test_a_hold_renews_the_admission(
    start_queue: StartQueue, booking: FakeBooking, amqp_url: str
) -> None:
    queue = await start_queue(amqp_url=amqp_url)
    event = booking.put_on_sale(policy="first_come", capacity=2, admission_seconds=2)
    await queue.knows(event)
    busy, idle = new_id(), new_id()
    inside = await queue.ask_all("join", event, [busy, idle])
    admission_id = admission_of(inside[0].body["admission"]["token"])
    async with outbox(amqp_url) as publish:
        await bound(publish, event)
        for _ in range(4):
            await publish(held(event, busy, admission_id), "holds_created")
            await asyncio.sleep(0.7)
    assert (await queue.depth(event))["active"] == 1
    assert (await queue.ask("place", event, busy)).body["status"] == "admitted"
    assert (await queue.ask("place", event, idle)).code == "not_in_queue"


async def test_what_was_reported_while_redis_was_away_is_taken_in_afterwards(
    start_queue: StartQueue,
    booking: FakeBooking,
    amqp_url: str,
    redis_server: Callable[[], RedisServer],
) -> None:
    redis = redis_server()
    queue = await start_queue(amqp_url=amqp_url, redis_url=redis.url, redis_timeout=0.3)
    event = booking.put_on_sale(policy="first_come", capacity=1)
    await queue.knows(event)
    buyer = new_id()
    place = (await queue.ask("join", event, buyer)).body
    async with outbox(amqp_url) as publish:
        await bound(publish, event)
        redis.kill()
        await queue.knows(event, phase="paused")
        report = paid(event, buyer, admission_of(place["admission"]["token"]))
        before = reports()

        async def was_told() -> bool:
            return reports() > before

        await publish(report, "order_paid")
        await until(was_told)
        redis.start()
    await queue.knows(event, phase="on_sale")
    await queue.holds(event, active=0)


def reports() -> float:
    """How many purchases the service was told of, whether or not it could take them in."""
    told = REGISTRY.get_sample_value("tiketi_queue_reports_total", {"type": "order_paid"})
    return told or 0.0


async def bound(publish: Publish, event: EventId) -> None:
    """Waits until the service's queue is bound: what is published before is for nobody."""
    message = paid(event, "nobody", None)
    for type_ in (binding.removesuffix(".#") for binding in BINDINGS):
        for _ in range(100):
            try:
                await publish(message, type_)
                break
            except aio_pika.exceptions.DeliveryError:
                await asyncio.sleep(0.1)


def admission_of(token: str) -> str:
    """The id inside an admission's token."""
    payload = token.split(".")[1]
    fields = msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(fields[3])
