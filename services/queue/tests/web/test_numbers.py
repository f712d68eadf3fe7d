"""Every number that is shown or exported, against a count of people by what each was told."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from services.queue.tests.harness import FakeBooking, Queue, StartQueue

from tiketi_queue.adapters.keys import line_keys
from tiketi_shared.ids import EventId, new_id

CAPACITY = 3


async def counted(queue: Queue, event: EventId, people: list[str]) -> Counter[str]:
    """How many of these people are told what, one by one; who is nowhere is not counted."""
    answers = [await queue.ask("place", event, user) for user in people]
    return Counter(answer.body["status"] for answer in answers if answer.status == 200)


async def gauges(queue: Queue, event: EventId) -> dict[str, float]:
    text = await queue.metrics()
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("event_id") == event
    }


async def agree(queue: Queue, event: EventId, *, waiting: int, active: int, lobby: int) -> None:
    """Waits until the shared document, the depths and the gauges all say so; a round may be under
    way while they are read."""
    seen: Any = None

    async def all_say_so() -> bool:
        nonlocal seen
        document = await queue.status(event)
        depth = await queue.depth(event)
        exported = await gauges(queue, event)
        internal = await queue.call("GET", "/internal/statuses", "gateway", "service")
        listed = internal.body["statuses"][event]
        seen = {
            "shared document": (document["waiting"], document["active"]),
            "list of documents": (listed["waiting"], listed["active"]),
            "depths": (depth["waiting"], depth["active"]),
            "gauges": (exported["tiketi_line_waiting"], exported["tiketi_line_active"]),
            "lobby": depth["lobby"],
        }
        return bool(
            seen.pop("lobby") == lobby and set(seen.values()) == {(waiting, active)}
        )  # fmt: skip

    for _ in range(200):
        if await all_say_so():
            return
        await asyncio.sleep(0.03)
    raise AssertionError(f"expected {waiting=} {active=} {lobby=}, seen {seen}")


@pytest.mark.parametrize("instances", [1, 2])
async def test_people_are_counted_once_from_the_lobby_to_the_last_seat(
    start_queue: StartQueue, booking: FakeBooking, instances: int
) -> None:
    """Seven in the lobby, two of them with a code, and two who leave; then the sale."""
    running = [await start_queue() for _ in range(instances)]
    queue = running[-1]
    event = booking.put_on_sale(
        opens_in=60, policy="lobby", capacity=CAPACITY, per_second=200.0, invite_codes=("GOLD",),
        admission_seconds=60,
    )  # fmt: skip
    for instance in running:
        await instance.knows(event)
    people = [new_id() for _ in range(7)]
    for index, user in enumerate(people):
        body = {"code": "GOLD"} if index < 2 else None
        await running[index % instances].ask("join", event, user, body)
    for user in people[-2:]:
        await queue.ask("leave", event, user)
    told = await counted(queue, event, people)
    assert told == {"lobby": 5}
    for instance in running:
        await agree(instance, event, waiting=5, active=0, lobby=5)

    booking.change(event, sale_opens_at=booking.sales[event].sale_opens_at - 60)
    for instance in running:
        await instance.knows(event, phase="on_sale")
        await instance.holds(event, active=CAPACITY)
    late = [new_id() for _ in range(4)]
    for index, user in enumerate(late):
        body = {"code": "GOLD"} if index == 0 else None
        await running[index % instances].ask("join", event, user, body)
    told = await counted(queue, event, people + late)
    assert told == {"admitted": CAPACITY, "waiting": 2 + 4}
    for instance in running:
        await agree(instance, event, waiting=6, active=CAPACITY, lobby=0)
        depth = await instance.depth(event)
        assert (depth["admitted_total"], depth["capacity"]) == (CAPACITY, CAPACITY)
        document = await instance.status(event)
        assert document["priority"]["waiting"] == 1

    booking.change_queue(event, capacity=0)
    await queue.holds(event, capacity=0)
    statuses = {user: (await queue.ask("place", event, user)).body for user in people + late
                if user not in people[-2:]}  # fmt: skip
    inside = [user for user, place in statuses.items() if place["status"] == "admitted"]
    in_order = sorted(
        (place["position"], user) for user, place in statuses.items() if user not in inside
    )
    assert [position for position, _ in in_order] == [1, 2, 3, 4, 5, 6]
    assert in_order[0][1] == late[0], "a code is served first"
    await queue.ask("leave", event, inside[0])
    await queue.ask("leave", event, in_order[-1][1])
    told = await counted(queue, event, people + late)
    assert told == {"admitted": CAPACITY - 1, "waiting": 5}
    for instance in running:
        await agree(instance, event, waiting=5, active=CAPACITY - 1, lobby=0)


@pytest.mark.parametrize("shown_by", ["header", "body"])
async def test_whoever_was_inside_is_back_inside_after_a_loss(
    queue: Queue, booking: FakeBooking, redis_url: str, shown_by: str
) -> None:
    event = booking.put_on_sale(policy="first_come", capacity=1)
    await queue.knows(event)
    ann, bob = new_id(), new_id()
    grant = (await queue.ask("join", event, ann)).body["admission"]
    place = (await queue.ask("join", event, bob)).body
    async with Redis.from_url(redis_url) as redis:
        await redis.delete(*line_keys(event))
    path = f"/api/events/{event}/queue"
    if shown_by == "header":
        back = await queue.call("GET", path, ann, headers={"Queue-Admission": grant["token"]})
        waits = await queue.call("GET", path, bob, headers={"Queue-Ticket": place["ticket"]})
    else:
        back = await queue.ask("join", event, ann, {"admission": grant["token"]})
        waits = await queue.ask("join", event, bob, {"ticket": place["ticket"]})
    assert back.body["status"] == "admitted"
    assert back.body["admission"] == grant
    assert (waits.body["status"], waits.body["number"]) == ("waiting", place["number"])
    await agree(queue, event, waiting=1, active=1, lobby=0)


async def test_the_secret_of_the_draw_is_kept_while_people_gather(
    queue: Queue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(opens_in=60, policy="lobby", capacity=0)
    await queue.knows(event)
    path = f"/api/events/{event}/queue/draw"
    before = (await queue.call("GET", path)).body
    await queue.ask("join", event, new_id())
    await agree(queue, event, waiting=1, active=0, lobby=1)
    gathering = (await queue.call("GET", path)).body
    for document in (before, gathering):
        assert (document["secret"], document["participants"], document["opened_at_us"]) == (
            None, None, None,
        )  # fmt: skip
        assert document["commitment"] == before["commitment"]
