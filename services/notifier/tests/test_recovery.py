"""Whatever is lost, clients resume without a gap, or are told that they cannot."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import ClientSession
from services.notifier.tests.harness import (
    Data,
    Eventually,
    Join,
    Notifier,
    Outbox,
    OutboxAt,
    SignIdentity,
    Start,
    kill_written,
)

from tiketi_client import Address, LiveConnection
from tiketi_local.stores import RabbitServer, RedisServer
from tiketi_shared.ids import EventId

UntilChanged = Callable[[list[Notifier], EventId, int, list[Data]], Coroutine[Any, Any, None]]
"""Follows an event on one notifier after another until a seat has changed, and keeps all."""


@pytest.fixture
def follow(identity: SignIdentity) -> UntilChanged:
    """The Python client, on one notifier after another, until a seat has changed."""

    async def run(
        notifiers: list[Notifier], event_id: EventId, last_seat: int, into: list[Data]
    ) -> None:
        elsewhere = itertools.cycle(notifiers)

        async def address() -> Address:
            headers = {"X-Tiketi-Identity": identity("fan")}
            return Address(f"{next(elsewhere).url}/ws", headers)

        async with ClientSession() as session, LiveConnection(session, address) as live:
            await live.subscribe(event_id)
            async for message in live:
                into.append({"type": message.type, **message.data})
                seats = [seat for seat, _ in message.data.get("changes", ())]
                if last_seat in seats:
                    return

    return run


async def test_a_killed_notifier_costs_no_message_and_repeats_none(
    start: Start, outbox: Outbox, follow: UntilChanged, event_id: EventId, eventually: Eventually
) -> None:
    """The first instance also consumes the broker's queue: its successor takes over both."""
    first = await start()
    second = await start()
    seen: list[Data] = []
    following = asyncio.create_task(follow([first, second], event_id, 299, seen))
    await eventually(lambda: bool(seen))
    for seat in range(300):
        await outbox.change((seat, "h"))
        if seat == 100:
            first.kill()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(15):
        await following
    updates = [message for message in seen if message["type"] == "seat-update"]
    times_seen = Counter(seat for update in updates for seat, _ in update["changes"])
    missed = [seat for seat in range(300) if not times_seen[seat]]
    repeated = [seat for seat, times in times_seen.items() if times > 1]
    print(f"updates {len(updates)}, missed {len(missed)}, repeated {len(repeated)}")
    assert not missed
    assert not repeated
    versions = [update["version"] for update in updates]
    assert versions == list(range(versions[0], versions[0] + len(versions)))
    assert [message["recovered"] for message in seen if message["type"] == "subscribed"] == [
        False,
        True,
    ]


async def test_a_leaving_notifier_costs_no_message_and_repeats_none(
    start: Start, outbox: Outbox, follow: UntilChanged, event_id: EventId, eventually: Eventually
) -> None:
    first, second = await asyncio.gather(start(DRAIN_SECONDS=2), start())
    seen: list[Data] = []
    following = asyncio.create_task(follow([first, second], event_id, 199, seen))
    await eventually(lambda: bool(seen))
    for seat in range(200):
        await outbox.change((seat, "h"))
        if seat == 50:
            first.terminate()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(15):
        await following
    times_seen = Counter(seat for each in seen for seat, _ in each.get("changes", ()))
    assert times_seen == dict.fromkeys(range(200), 1)
    assert await first.ended() == 0


async def test_a_notifier_starts_without_its_stores_and_finds_them_later(
    start: Start,
    join: Join,
    outbox: Outbox,
    event_id: EventId,
    redis_server: Callable[[], RedisServer],
) -> None:
    redis = redis_server()
    await kill_written(redis)
    starting = asyncio.create_task(start(REDIS_URL=redis.url))
    await asyncio.sleep(2)
    assert not starting.done()
    await asyncio.to_thread(redis.start)
    fan = await join(await starting)
    await fan.subscribe(event_id)
    await outbox.change((1, "h"))
    await fan.receive("seat-update")


async def test_a_change_taken_by_an_instance_that_dies_while_redis_is_gone_is_not_lost(
    start: Start,
    join: Join,
    outbox: Outbox,
    event_id: EventId,
    redis_server: Callable[[], RedisServer],
) -> None:
    redis = redis_server()
    first = await start(REDIS_URL=redis.url)
    fan = await join(first)
    await fan.subscribe(event_id)
    await outbox.change((1, "h"))
    await fan.receive("seat-update", 20)
    await kill_written(redis)
    assert (await fan.receive("error", 20))["code"] == "live_unavailable"
    await outbox.change((2, "s"))
    await outbox.until_taken()  # it has it, and cannot publish it
    first.kill()
    await asyncio.to_thread(redis.start)
    fan = await join(await start(REDIS_URL=redis.url))
    answer = await fan.subscribe(event_id)
    if answer["version"] < 2:
        assert (await fan.receive("seat-update", 20))["changes"] == [[2, "s"]]


async def test_changes_made_while_the_broker_is_gone_come_afterwards(
    start: Start,
    join: Join,
    outbox_at: OutboxAt,
    event_id: EventId,
    rabbitmq_server: Callable[[], RabbitServer],
) -> None:
    broker = await asyncio.to_thread(rabbitmq_server)
    notifier = await start(AMQP_URL=broker.url)
    await notifier.until_consuming()
    fan = await join(notifier)
    await fan.subscribe(event_id)
    async with outbox_at(broker.url, event_id) as outbox:
        await outbox.change((1, "h"))
        await fan.receive("seat-update")
    await asyncio.sleep(1.5)  # RabbitMQ takes this long to have a new quorum queue on disk
    await asyncio.to_thread(broker.kill)
    await fan.send("ping")
    await fan.receive("pong")
    assert (await notifier.ready())[0] == 200
    await asyncio.to_thread(broker.start)
    async with outbox_at(broker.url, event_id) as outbox:
        outbox.version = 1
        await outbox.change((2, "h"))
        assert (await fan.receive("seat-update", 20))["changes"] == [[2, "h"]]
