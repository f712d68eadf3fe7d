"""Whatever Redis delivers, drops or forgets, each client sees every change once and in order, or is
told to fetch again."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiketi_notifier.domain.channel import Entry, Position, Snapshot, Subscribed
from tiketi_notifier.outgoing import Outgoing
from tiketi_notifier.ports import Update
from tiketi_notifier.usecases.fanout import SLICE, Fanout
from tiketi_notifier.usecases.live import Live
from tiketi_notifier.usecases.people import ConnectionLimits, People
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import HoldOffered

EVENT = EventId("e")
USER = UserId("u")
KEEP = 8
ROOM = ConnectionLimits(connections=10_000, per_person=10_000, per_address=10_000)


class MemoryStore:
    """A `LiveStore` whose content the test writes."""

    def __init__(self) -> None:
        self.epoch = 0
        self.entries: list[Entry] = []

    def add(self) -> Entry:
        position = Position(str(self.epoch), len(self.entries) + 1)
        entry = Entry(position, "seat-update", f'"{position}"'.encode())
        self.entries.append(entry)
        return entry

    def forget(self) -> None:
        self.epoch += 1
        self.entries = []

    async def read(self, event_id: EventId, known: Position | None) -> Snapshot:
        await asyncio.sleep(0)
        position = Position(str(self.epoch), len(self.entries))
        return Snapshot(position, tuple(self.entries[-KEEP:]))

    async def publish(self, update: Update) -> int | None:
        raise AssertionError("nothing is published here")

    async def offer(self, event_id: EventId, offers: Sequence[HoldOffered]) -> None:
        raise AssertionError("nothing is offered here")


@dataclass(eq=False, slots=True)
class Watcher:
    """A client that checks what it is told; `at` is the last it saw."""

    user_id: UserId = USER
    address: str = "a"
    events: set[EventId] = field(default_factory=set)
    at: Position | None = None
    closed: int | None = None
    answers: list[Subscribed] = field(default_factory=list)

    def deliver(self, message: Outgoing) -> None:
        if message.position is not None:
            assert self.at is not None, "a change before the answer to the subscription"
            assert message.position == Position(self.at.epoch, self.at.version + 1)
            self.at = message.position

    def subscribed(self, answer: Subscribed) -> None:
        self.answers.append(answer)
        if answer.recovery.recovered and self.at is not None:
            for entry in answer.recovery.missed:
                assert entry.position == Position(self.at.epoch, self.at.version + 1)
                self.at = entry.position
            assert self.at == answer.position
        self.at = answer.position

    def close(self, code: int, reason: str) -> None:
        self.closed = code


def live_on(store: MemoryStore, fanout: Fanout) -> Live:
    people = People(ROOM)
    return Live(store, fanout, people, subscriptions=10, history=KEEP, progress_seconds=1)


class Play:
    """One history: each method is something that may happen."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.store = MemoryStore()
        self.live = live_on(self.store, Fanout())
        self.watchers: list[Watcher] = []
        self.heard = True

    async def change(self) -> None:
        entry = self.store.add()
        if self.heard:
            self.live.arrived(EVENT, entry)

    async def change_unheard(self) -> None:
        self.store.add()

    async def repeat(self) -> None:
        if self.store.entries and self.heard:
            self.live.arrived(EVENT, self.chance.choice(self.store.entries[-KEEP:]))

    async def forget(self) -> None:
        self.store.forget()

    async def outage(self) -> None:
        self.live.store_lost()
        self.heard = False

    async def return_(self) -> None:
        self.live.channel_subscribed(EVENT)
        self.heard = True

    async def join(self) -> None:
        self.watchers.append(Watcher())
        self.live.people.add(self.watchers[-1])
        self.live.subscribe(self.watchers[-1], EVENT, None)

    async def again(self) -> None:
        if self.watchers:
            watcher = self.chance.choice(self.watchers)
            self.live.subscribe(watcher, EVENT, watcher.at)

    async def catch_up(self) -> None:
        async with asyncio.timeout(5):
            while not self.live._out_of_step.empty():
                await self.live.synchronise(await self.live.next_out_of_step())

    async def change_while_catching_up(self) -> None:
        """The store answers, and before the answer is read something is published."""
        catching_up = asyncio.create_task(self.catch_up())
        await asyncio.sleep(0)
        await self.change()
        await catching_up


STEPS = [
    Play.change, Play.change, Play.change_unheard, Play.repeat, Play.forget, Play.outage,
    Play.return_, Play.join, Play.again, Play.catch_up, Play.change_while_catching_up,
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(STEPS), max_size=60), st.randoms(use_true_random=False))
def test_every_client_sees_every_change_once_and_in_order(
    steps: list[Callable[[Play], Coroutine[Any, Any, None]]], chance: Random
) -> None:
    async def play() -> None:
        played = Play(chance)
        for step in [Play.join, *steps, Play.return_, Play.catch_up]:
            await step(played)
        here = Position(str(played.store.epoch), len(played.store.entries))
        assert [watcher.at for watcher in played.watchers] == [here] * len(played.watchers)

    asyncio.run(play())


async def test_a_large_audience_gets_everything_in_order_while_people_come_and_go() -> None:
    store, fanout = MemoryStore(), Fanout()
    live = live_on(store, fanout)
    serving = asyncio.create_task(fanout.run())
    stayers = [Watcher() for _ in range(3 * SLICE)]
    for watcher in stayers:
        live.people.add(watcher)
        live.subscribe(watcher, EVENT, None)
    await live.synchronise(EVENT)
    comers = []
    for number in range(30):
        live.arrived(EVENT, store.add())
        comer = Watcher()
        live.people.add(comer)
        live.subscribe(comer, EVENT, None)
        live.subscribe(comer, EVENT, comer.at)
        comers.append(comer)
        if number % 3 == 0:
            live.disconnect(stayers.pop())
        await asyncio.sleep(0)
    await _until(lambda: all(watcher.at == Position("0", 30) for watcher in stayers + comers))
    serving.cancel()


@pytest.mark.parametrize("ahead", [-2, 0, 1, 3])
async def test_who_has_seen_more_than_this_instance_goes_on_without_a_gap(ahead: int) -> None:
    """After another instance left, what that one told may still be on its way here."""
    store = MemoryStore()
    live = live_on(store, Fanout())
    first, comer = Watcher(), Watcher()
    for _ in range(4):
        store.add()
    live.people.add(first)
    live.subscribe(first, EVENT, None)
    await live.synchronise(await live.next_out_of_step())
    for _ in range(3):
        store.add()
    comer.at = Position("0", 4 + ahead)
    live.people.add(comer)
    live.subscribe(comer, EVENT, comer.at)
    while not live._out_of_step.empty():
        await live.synchronise(await live.next_out_of_step())
    live.arrived(EVENT, store.add())
    while not live._out_of_step.empty():
        await live.synchronise(await live.next_out_of_step())
    assert [answer.recovery.recovered for answer in comer.answers] == [True]
    assert comer.at == first.at == Position("0", 8)


async def test_who_left_is_forgotten() -> None:
    live = live_on(MemoryStore(), Fanout())
    watcher = Watcher()
    live.people.add(watcher)
    live.subscribe(watcher, EVENT, None)
    assert live.present() == {EVENT: ["u"]}
    live.disconnect(watcher)
    live.disconnect(watcher)
    assert (live.followed, live.present(), live.people.everyone()) == (set(), {}, [])
    assert live.people.empty.is_set()


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not become true")
