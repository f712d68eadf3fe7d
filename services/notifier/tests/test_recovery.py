"""Whatever is lost, clients resume without a gap, or are told that they cannot."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from tiketi_client import Address, LiveConnection
from tiketi_local.stores import RedisServer
from tiketi_shared.ids import EventId
from tiketi_shared.resources import open_redis

Fixture = Any
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


async def kill(redis: RedisServer) -> None:
    """After it has written what it said yes to, which a busy disk may make it put off."""
    async with open_redis(redis.url) as client, asyncio.timeout(10):
        while (await client.info("persistence"))["aof_buffer_length"]:  # noqa: ASYNC110  no event
            await asyncio.sleep(0.01)
    await asyncio.to_thread(redis.kill)


@pytest.fixture
def follow(identity: Callable[[str], str]) -> Callable[..., Awaitable[None]]:
    """The Python client, on one notifier after another, until a seat has changed."""

    async def run(
        notifiers: list[Fixture], event_id: EventId, last_seat: int, into: list[dict[str, Any]]
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
    start: Fixture, till: Fixture, follow: Fixture, event_id: EventId, eventually: Fixture
) -> None:
    """The first instance also consumes the broker's queue: its successor takes over both."""
    first = await start()
    second = await start()
    seen: list[dict[str, Any]] = []
    following = asyncio.create_task(follow([first, second], event_id, 299, seen))
    await eventually(lambda: seen)
    for seat in range(300):
        await till.change((seat, "h"))
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
    start: Fixture, till: Fixture, follow: Fixture, event_id: EventId, eventually: Fixture
) -> None:
    first, second = await asyncio.gather(start(DRAIN_SECONDS=2), start())
    seen: list[dict[str, Any]] = []
    following = asyncio.create_task(follow([first, second], event_id, 199, seen))
    await eventually(lambda: seen)
    for seat in range(200):
        await till.change((seat, "h"))
        if seat == 50:
            first.terminate()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(15):
        await following
    times_seen = Counter(seat for each in seen for seat, _ in each.get("changes", ()))
    assert times_seen == dict.fromkeys(range(200), 1)
    assert await first.ended() == 0


async def test_while_redis_is_gone_clients_stay_and_afterwards_they_resume(
    start: Fixture, join: Fixture, till: Fixture, event_id: EventId, redis_server: Fixture
) -> None:
    redis = redis_server()
    notifier = await start(REDIS_URL=redis.url)
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await till.change((1, "h"))
    before = await fan.hear("seat-update")
    await kill(redis)
    assert (await fan.hear("error"))["code"] == "live_unavailable"
    assert (await notifier.ready())[0] == 503
    await till.change((2, "h"))
    await asyncio.to_thread(redis.start)
    after = await fan.hear("seat-update", 15)
    assert after["changes"] == [[2, "h"]]
    assert (after["epoch"], after["version"]) == (before["epoch"], before["version"] + 1)
    assert not fan.passed_over
    await notifier.until_ready()


async def test_when_redis_forgot_everything_clients_are_told_to_fetch_again(
    start: Fixture, join: Fixture, till: Fixture, event_id: EventId, redis_server: Fixture
) -> None:
    redis = redis_server()
    notifier = await start(REDIS_URL=redis.url)
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await till.change((1, "h"))
    before = await fan.hear("seat-update")
    redis.wipe()
    await till.change((2, "s"))
    told = await fan.hear("subscribed")
    assert not told["recovered"]
    assert told["epoch"] != before["epoch"]
    await till.change((3, "s"))
    after = await fan.hear("seat-update")
    assert (after["epoch"], after["version"]) == (told["epoch"], told["version"] + 1)


async def test_a_notifier_starts_without_its_stores_and_finds_them_later(
    start: Fixture, join: Fixture, till: Fixture, event_id: EventId, redis_server: Fixture
) -> None:
    redis = redis_server()
    await kill(redis)
    starting = asyncio.create_task(start(REDIS_URL=redis.url))
    await asyncio.sleep(2)
    assert not starting.done()
    await asyncio.to_thread(redis.start)
    fan = await join(await starting)
    await fan.subscribe(event_id)
    await till.change((1, "h"))
    await fan.hear("seat-update")


async def test_who_subscribes_while_redis_is_gone_is_answered_when_it_is_back(
    start: Fixture, join: Fixture, event_id: EventId, redis_server: Fixture
) -> None:
    redis = redis_server()
    notifier = await start(REDIS_URL=redis.url)
    fan = await join(notifier)
    await kill(redis)
    assert (await fan.hear("error"))["code"] == "live_unavailable"
    await fan.say("subscribe", event_id=event_id)
    assert (await fan.hear("error"))["code"] == "live_unavailable"
    await asyncio.to_thread(redis.start)
    assert (await fan.hear("subscribed", 15))["event_id"] == event_id


@pytest.mark.parametrize("kind", ["websocket", "stream"])
async def test_a_sale_that_moved_while_redis_was_gone_is_told_afterwards(  # noqa: PLR0917
    start: Fixture, follow_live: Fixture, neighbours: Fixture, event_id: EventId,
    redis_server: Fixture, kind: str,
) -> None:  # fmt: skip
    """The line may say nothing of itself for as long as nothing changes in it."""
    redis = redis_server()
    neighbours.run(event_id, "on_sale", 9)
    fan = await follow_live(await start(REDIS_URL=redis.url), event_id, "fan", kind)
    assert (await fan.hear("queue-progress", 20))["phase"] == "on_sale"
    await kill(redis)
    assert (await fan.hear("error", 20))["code"] == "live_unavailable"
    neighbours.run(event_id, "paused", 4)
    await asyncio.to_thread(redis.start)
    assert (await fan.hear("event-paused", 20))["phase"] == "paused"


async def test_a_change_taken_by_an_instance_that_dies_while_redis_is_gone_is_not_lost(
    start: Fixture, join: Fixture, till: Fixture, event_id: EventId, redis_server: Fixture
) -> None:
    redis = redis_server()
    first = await start(REDIS_URL=redis.url)
    fan = await join(first)
    await fan.subscribe(event_id)
    await till.change((1, "h"))
    await fan.hear("seat-update", 20)
    await kill(redis)
    assert (await fan.hear("error", 20))["code"] == "live_unavailable"
    await till.change((2, "s"))
    await till.until_taken()  # it has it, and cannot publish it
    first.kill()
    await asyncio.to_thread(redis.start)
    fan = await join(await start(REDIS_URL=redis.url))
    answer = await fan.subscribe(event_id)
    if answer["version"] < 2:
        assert (await fan.hear("seat-update", 20))["changes"] == [[2, "s"]]


async def test_changes_made_while_the_broker_is_gone_come_afterwards(
    start: Fixture,
    join: Fixture,
    open_till: Fixture,
    event_id: EventId,
    rabbitmq_server: Fixture,
) -> None:
    broker = await asyncio.to_thread(rabbitmq_server)
    notifier = await start(AMQP_URL=broker.url)
    await notifier.until_consuming()
    fan = await join(notifier)
    await fan.subscribe(event_id)
    async with open_till(broker.url, event_id) as till:
        await till.change((1, "h"))
        await fan.hear("seat-update")
    await asyncio.sleep(1.5)  # RabbitMQ takes this long to have a new quorum queue on disk
    await asyncio.to_thread(broker.kill)
    await fan.say("ping")
    await fan.hear("pong")
    assert (await notifier.ready())[0] == 200
    await asyncio.to_thread(broker.start)
    async with open_till(broker.url, event_id) as till:
        till.version = 1
        await till.change((2, "h"))
        assert (await fan.hear("seat-update", 20))["changes"] == [[2, "h"]]


async def test_an_event_told_twice_is_published_once(
    start: Fixture, join: Fixture, till: Fixture, event_id: EventId
) -> None:
    fan = await join(await start())
    await fan.subscribe(event_id)
    await till.change((1, "h"))
    await fan.hear("seat-update")
    till.version = 0
    await till.change((1, "h"))
    await till.change((2, "h"))
    assert (await fan.hear("seat-update"))["changes"] == [[2, "h"]]


async def test_an_unreadable_event_is_dropped_and_the_next_one_comes(
    start: Fixture, join: Fixture, till: Fixture, event_id: EventId
) -> None:
    fan = await join(await start())
    await fan.subscribe(event_id)
    await till.say_nonsense()
    await till.change((1, "h"))
    await fan.hear("seat-update")
