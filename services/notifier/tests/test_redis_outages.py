"""Redis is lost and comes back under an instance that goes on serving."""

import asyncio
from collections.abc import Iterator

import pytest
from services.notifier.tests.harness import (
    Follow,
    Join,
    Launch,
    Neighbours,
    Notifier,
    Outbox,
    kill_written,
)

from tiketi_local.stores import RedisServer
from tiketi_shared.ids import EventId


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of these tests alone."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def launched(launch: Launch, redis: RedisServer) -> Notifier:
    return launch(REDIS_URL=redis.url)


async def test_while_redis_is_gone_clients_stay_and_afterwards_they_resume(
    notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId, redis: RedisServer
) -> None:
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await outbox.change((1, "h"))
    before = await fan.receive("seat-update")
    await kill_written(redis)
    assert (await fan.receive("error"))["code"] == "live_unavailable"
    assert (await notifier.ready())[0] == 503
    await outbox.change((2, "h"))
    await asyncio.to_thread(redis.start)
    after = await fan.receive("seat-update", 15)
    assert after["changes"] == [[2, "h"]]
    assert (after["epoch"], after["version"]) == (before["epoch"], before["version"] + 1)
    assert not fan.skipped
    await notifier.until_ready()


async def test_when_redis_forgot_everything_clients_are_told_to_fetch_again(
    notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId, redis: RedisServer
) -> None:
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await outbox.change((1, "h"))
    before = await fan.receive("seat-update")
    redis.wipe()
    await outbox.change((2, "s"))
    told = await fan.receive("subscribed")
    assert not told["recovered"]
    assert told["epoch"] != before["epoch"]
    await outbox.change((3, "s"))
    after = await fan.receive("seat-update")
    assert (after["epoch"], after["version"]) == (told["epoch"], told["version"] + 1)


async def test_who_subscribes_while_redis_is_gone_is_answered_when_it_is_back(
    notifier: Notifier, join: Join, event_id: EventId, redis: RedisServer
) -> None:
    fan = await join(notifier)
    await kill_written(redis)
    assert (await fan.receive("error"))["code"] == "live_unavailable"
    await fan.send("subscribe", event_id=event_id)
    assert (await fan.receive("error"))["code"] == "live_unavailable"
    await asyncio.to_thread(redis.start)
    assert (await fan.receive("subscribed", 15))["event_id"] == event_id


@pytest.mark.parametrize("kind", ["websocket", "stream"])
async def test_a_sale_that_moved_while_redis_was_gone_is_told_afterwards(  # noqa: PLR0917
    notifier: Notifier, follow_live: Follow, neighbours: Neighbours, event_id: EventId,
    redis: RedisServer, kind: str,
) -> None:  # fmt: skip
    """The line may say nothing of itself for as long as nothing changes in it."""
    neighbours.run(event_id, "on_sale", 9)
    fan = await follow_live(notifier, event_id, "fan", kind)
    assert (await fan.receive("queue-progress", 20))["phase"] == "on_sale"
    await kill_written(redis)
    assert (await fan.receive("error", 20))["code"] == "live_unavailable"
    neighbours.run(event_id, "paused", 4)
    await asyncio.to_thread(redis.start)
    assert (await fan.receive("event-paused", 20))["phase"] == "paused"
