"""Events that come again, together with new ones, on a real Redis: each is told once, and
acknowledged when it has been."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from tiketi_notifier.adapters.redis_live import RedisLiveStore
from tiketi_notifier.ports import Received
from tiketi_notifier.usecases.relay import Relay
from tiketi_shared.ids import EventId
from tiketi_shared.messages import SeatsChanged
from tiketi_shared.resources import open_redis


class Broker:
    """Hands events to a relay as the broker does, and knows what was acknowledged."""

    def __init__(self, relay: Relay, event_id: EventId) -> None:
        self._relay, self._event_id = relay, event_id
        self.acknowledged: list[int] = []
        self._all = asyncio.Event()

    async def deliver(self, *versions: int) -> None:
        """All of them within a tick; until all are acknowledged."""
        self._all.clear()
        wanted = len(self.acknowledged) + len(versions)
        for version in versions:
            self._relay.receive(self._received(version, wanted))
        async with asyncio.timeout(20):
            await self._all.wait()

    def _received(self, version: int, wanted: int) -> Received:
        async def acknowledge() -> None:
            self.acknowledged.append(version)
            if len(self.acknowledged) == wanted:
                self._all.set()

        change = SeatsChanged(self._event_id, version, [(version, "h")], {"standing": 90 - version})
        return Received(change, time.monotonic(), acknowledge)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[RedisLiveStore]:
    async with open_redis(redis_url) as client:
        yield RedisLiveStore(client, history=50, history_seconds=60)


@pytest.mark.parametrize(
    ("again", "told"),
    [
        ((4, 5), [4, 5]),
        ((3, 4, 5), [4, 5]),
        ((1, 2, 3, 4, 5), [4, 5]),
        ((5, 2, 4, 3), [4, 5]),
        ((3,), []),
        ((1, 2), []),
    ],
)
async def test_what_comes_again_is_left_out_and_what_is_new_beside_it_is_not(
    store: RedisLiveStore, event_id: EventId, again: tuple[int, ...], told: list[int]
) -> None:
    """Also by a successor, which knows nothing of what was told before."""
    for number, versions in enumerate(((1, 2, 3), again)):
        relay = Relay(store, 0.05)
        broker = Broker(relay, event_id)
        running = asyncio.create_task(relay.run())
        await broker.deliver(*versions)
        running.cancel()
        assert sorted(broker.acknowledged) == sorted(versions)
        assert (await store.read(event_id, None)).position.version == 1 + (number and bool(told))
    entries = (await store.read(event_id, None)).entries
    changes = [msgspec.json.decode(entry.message)["data"] for entry in entries]
    seats = [[seat for seat, _ in each["changes"]] for each in changes]
    expected: list[Any] = [[1, 2, 3], told] if told else [[1, 2, 3]]
    assert seats == expected
    assert changes[-1]["general"] == {"standing": 85 if told else 87}
