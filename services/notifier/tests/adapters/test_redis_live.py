"""The versioned channels on a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import msgspec
import pytest

from tiketi_notifier.adapters import keys, redis_live
from tiketi_notifier.adapters.redis_live import RedisLiveStore
from tiketi_notifier.domain.channel import Entry, Position
from tiketi_notifier.errors import LiveUnavailable
from tiketi_notifier.messages import SeatUpdate
from tiketi_notifier.ports import Update
from tiketi_shared.ids import EventId
from tiketi_shared.messages import Tick
from tiketi_shared.resources import open_redis

KEEP = 5


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Any]:
    async with open_redis(redis_url) as opened:
        yield opened


@pytest.fixture
def store(client: Any) -> RedisLiveStore:
    return RedisLiveStore(client, history=KEEP, history_seconds=60)


def update(event_id: EventId, first: int, last: int | None = None) -> Update:
    members = b'{"availability_version":%d,"changes":[[1,"h"]],"general":{}}' % (last or first)
    return Update(event_id, "seats", first, last or first, "seat-update", members)


async def test_versions_are_consecutive_and_messages_whole(
    store: RedisLiveStore, event_id: EventId
) -> None:
    for version in (1, 2, 3):
        assert await store.publish(update(event_id, version)) is None
    snapshot = await store.look(event_id, None)
    assert [entry.position.version for entry in snapshot.entries] == [1, 2, 3]
    last = msgspec.json.decode(snapshot.entries[-1].message, type=dict[str, Any])
    assert last["type"] == snapshot.entries[-1].type == "seat-update"
    assert msgspec.convert(last["data"], SeatUpdate) == SeatUpdate(
        event_id=event_id,
        epoch=snapshot.position.epoch,
        version=3,
        availability_version=3,
        changes=[(1, "h")],
        general={},
    )


async def test_publishing_tells_whoever_listens(
    store: RedisLiveStore, client: Any, event_id: EventId
) -> None:
    pubsub = client.pubsub()
    await pubsub.subscribe(keys.live_channel(event_id))
    await pubsub.get_message(timeout=1)
    await store.publish(update(event_id, 1))
    message = await pubsub.get_message(timeout=1)
    [entry] = (await store.look(event_id, None)).entries
    assert message["data"] == entry.message
    await pubsub.aclose()


async def test_only_what_is_not_known_is_given(store: RedisLiveStore, event_id: EventId) -> None:
    for version in (1, 2, 3):
        await store.publish(update(event_id, version))
    epoch = (await store.look(event_id, None)).position.epoch
    snapshot = await store.look(event_id, Position(epoch, 2))
    assert [entry.position.version for entry in snapshot.entries] == [3]
    assert (await store.look(event_id, Position(epoch, 3))).entries == ()


async def test_only_the_last_messages_are_kept(store: RedisLiveStore, event_id: EventId) -> None:
    for version in range(1, KEEP + 4):
        await store.publish(update(event_id, version))
    snapshot = await store.look(event_id, None)
    assert [entry.position.version for entry in snapshot.entries] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(("first", "last"), [(3, 3), (1, 2), (2, 9)])
async def test_what_was_published_is_refused_with_how_far_it_got(
    store: RedisLiveStore, event_id: EventId, first: int, last: int
) -> None:
    await store.publish(update(event_id, 1, 3))
    assert await store.publish(update(event_id, first, last)) == 3
    assert (await store.look(event_id, None)).position.version == 1


async def test_streams_of_versions_do_not_mix(store: RedisLiveStore, event_id: EventId) -> None:
    """Booking counts an event's seats and its settings apart."""
    await store.publish(update(event_id, 7))
    sale = Update(event_id, "sale", 2, 2, "event-changed", b'{"sale_version":2}')
    assert await store.publish(sale) is None
    assert (await store.look(event_id, None)).position.version == 2


async def test_the_first_who_look_agree_on_the_epoch(
    store: RedisLiveStore, client: Any, event_id: EventId
) -> None:
    other = RedisLiveStore(client, history=KEEP, history_seconds=60)
    here, there = await asyncio.gather(store.look(event_id, None), other.look(event_id, None))
    assert here == there
    await store.publish(update(event_id, 1))
    assert (await other.look(event_id, None)).position == Position(here.position.epoch, 1)


async def test_a_store_that_went_back_in_time_begins_a_new_epoch(
    store: RedisLiveStore, client: Any, event_id: EventId
) -> None:
    """As after a fail-over that lost the last writes: versions must not be given out twice."""
    await store.publish(update(event_id, 1))
    saved = await client.dump(keys.live_state(event_id))
    await store.publish(update(event_id, 2))
    before = await store.look(event_id, None)
    await client.restore(keys.live_state(event_id), 0, saved, replace=True)
    await store.publish(update(event_id, 3))
    after = await store.look(event_id, before.position)
    assert after.position.epoch != before.position.epoch
    assert [entry.position.version for entry in after.entries] == [1]


async def test_nothing_is_kept_for_ever(
    store: RedisLiveStore, client: Any, event_id: EventId
) -> None:
    await store.look(event_id, None)
    assert 0 < await client.ttl(keys.live_state(event_id)) <= 600
    await store.publish(update(event_id, 1))
    assert 0 < await client.ttl(keys.live_state(event_id)) <= 86_400
    assert 0 < await client.ttl(keys.live_history(event_id)) <= 60


@pytest.mark.parametrize(("left", "after_looking"), [(86_000, 86_000), (5_000, 5_000), (70, 600)])
async def test_looking_lets_a_count_live_longer_and_never_shorter(
    store: RedisLiveStore, client: Any, event_id: EventId, left: int, after_looking: int
) -> None:
    await store.publish(update(event_id, 1))
    await client.expire(keys.live_state(event_id), left)
    before = await store.look(event_id, None)
    assert after_looking - 5 <= await client.ttl(keys.live_state(event_id)) <= after_looking
    assert (await store.look(event_id, None)).position == before.position


async def test_a_redis_that_hangs_is_noticed(
    redis_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps the connection and answers nothing: what is published meanwhile is not heard."""
    monkeypatch.setattr(redis_live, "_PING_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(redis_live, "_SILENCE_SECONDS", 0.6)
    server, nobody = redis_server(), Nobody()
    async with open_redis(server.url, blocking=True) as client:
        listening = asyncio.create_task(redis_live.listen(client, nobody))
        await nobody.connected.wait()
        await asyncio.sleep(1.5)  # longer than silence may last
        assert not listening.done()
        async with open_redis(server.url) as other:
            await other.client_pause(60_000)
        async with asyncio.timeout(20):
            with pytest.raises(ConnectionError, match="no answer"):
                await listening
        await asyncio.to_thread(server.kill)


class Nobody:
    """Follows nothing."""

    followed: ClassVar[set[EventId]] = set()

    def __init__(self) -> None:
        self.connected = asyncio.Event()

    def store_back(self) -> None:
        self.connected.set()

    def store_lost(self) -> None: ...

    def heard(self, event_id: EventId) -> None: ...

    def arrived(self, event_id: EventId, entry: Entry) -> None: ...

    def ticked(self, tick: Tick, now: float) -> None: ...


async def test_a_store_that_is_gone_is_unavailable(redis_server: Any, event_id: EventId) -> None:
    server = redis_server()
    await asyncio.to_thread(server.kill)
    async with open_redis(server.url, timeout=0.2) as client:
        store = RedisLiveStore(client, history=KEEP, history_seconds=60)
        with pytest.raises(LiveUnavailable):
            await store.publish(update(event_id, 1))
        with pytest.raises(LiveUnavailable):
            await store.look(event_id, None)


def test_keys_of_an_event_share_a_hash_slot(event_id: EventId) -> None:
    names = [keys.live_state(event_id), keys.live_history(event_id), keys.live_channel(event_id)]
    assert {name[name.index("{") : name.index("}") + 1] for name in names} == {f"{{{event_id}}}"}
