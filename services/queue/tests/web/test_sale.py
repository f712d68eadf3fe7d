"""How a sale is run: its policies, what an organiser changes live, what everyone is told."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from services.queue.tests.harness import FakeBooking, Queue, StartQueue, until

from tiketi_queue import verify_draw
from tiketi_queue.settings import Settings
from tiketi_shared.ids import new_id
from tiketi_shared.messages import Tick, tick_channel
from tiketi_shared.tokens import Admission, KeyRing


async def test_a_pre_sale_takes_people_with_a_code_only(queue: Queue, booking: FakeBooking) -> None:
    event = booking.put_on_sale(policy="invite", invite_codes=("GOLD",), capacity=0)
    await queue.knows(event)
    answer = await queue.ask("join", event, new_id())
    assert (answer.status, answer.code) == (403, "invite_required")
    answer = await queue.ask("join", event, new_id(), {"code": "GOLD"})
    assert (answer.status, answer.body["lane"], answer.body["position"]) == (202, "priority", 1)


async def test_a_code_is_a_lane_of_its_own_beside_the_line(
    queue: Queue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(policy="first_come", invite_codes=("GOLD",), capacity=0)
    await queue.knows(event)
    ann, vip = new_id(), new_id()
    before = (await queue.ask("join", event, ann)).body
    assert (await queue.ask("join", event, vip, {"code": "GOLD"})).body["position"] == 1
    after = (await queue.ask("place", event, ann)).body
    assert (before["position"], after["position"]) == (1, 2)
    assert after["number"] == before["number"]


async def test_open_means_no_line_below_the_capacity(queue: Queue, booking: FakeBooking) -> None:
    event = booking.put_on_sale(policy="open", capacity=100, per_second=1.0)
    await queue.knows(event)
    answers = await queue.ask_all("join", event, [new_id() for _ in range(150)])
    assert [answer.status for answer in answers] == [200] * 100 + [202] * 50


async def test_two_sales_do_not_know_of_each_other(queue: Queue, booking: FakeBooking) -> None:
    one = booking.put_on_sale(policy="first_come", capacity=0)
    two = booking.put_on_sale(policy="first_come", capacity=5)
    await queue.knows(one)
    await queue.knows(two)
    user = new_id()
    assert (await queue.ask("join", one, user)).body["status"] == "waiting"
    assert (await queue.ask("join", two, user)).body["status"] == "admitted"
    await queue.ask("leave", two, user)
    assert (await queue.ask("place", one, user)).body["position"] == 1


async def test_what_an_organiser_changes_takes_effect_within_two_seconds(
    queue: Queue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(policy="first_come", capacity=0, per_second=100.0)
    await queue.knows(event)
    users = [new_id() for _ in range(30)]
    await queue.ask_all("join", event, users)
    for capacity in (5, 12):
        started = time.monotonic()
        booking.change_queue(event, capacity=capacity)
        await queue.holds(event, active=capacity, capacity=capacity)
        assert time.monotonic() - started < 2
    booking.change_queue(event, paused=True, capacity=30)
    await queue.knows(event, phase="paused")
    await asyncio.sleep(0.5)
    assert (await queue.depth(event))["active"] == 12
    booking.change_queue(event, paused=False)
    await queue.holds(event, active=30)


async def test_the_draw_is_promised_before_and_proved_after(
    queue: Queue, booking: FakeBooking, tmp_path: Path
) -> None:
    event = booking.put_on_sale(opens_in=60, policy="lobby", capacity=0)
    await queue.knows(event)
    users = [new_id() for _ in range(200)]
    lobby = [answer.body for answer in await queue.ask_all("join", event, users)]
    assert {(place["status"], place["number"], place["position"]) for place in lobby} == {
        ("lobby", None, None)
    }
    promised = (await queue.call("GET", f"/api/events/{event}/queue/draw")).body
    assert promised["secret"] is None

    booking.change(event, sale_opens_at=time.time())
    await queue.knows(event, phase="on_sale")
    await queue.holds(event, lobby=0)
    await until(lambda: recorded(booking, event))
    late = (await queue.ask("join", event, new_id())).body
    proved = (await queue.call("GET", f"/api/events/{event}/queue/draw")).body
    assert proved["commitment"] == promised["commitment"]
    assert (proved["participants"], booking.draws) == (200, {event: 200})
    places = [answer.body for answer in await queue.ask_all("place", event, users)]
    assert sorted(place["position"] for place in places) == list(range(1, 201))
    assert late["position"] == 201
    assert late["number"] > max(place["number"] for place in places)
    in_order = sorted(places, key=lambda place: place["position"])
    numbers = [place["number"] for place in in_order]
    assert numbers == sorted(numbers)
    joined_first = [place["position"] for place in places[:100]]
    assert 70 < sum(joined_first) / 100 < 130, "who came first has no better place"

    file = tmp_path / "draw.json"
    file.write_text(json.dumps(proved))
    for user, place in list(zip(users, places, strict=True))[:3]:
        done = verify(file, user, str(place["number"]))
        assert done.returncode == 0, done.stdout
        assert "commitment: kept" in done.stdout
        assert "your place: right" in done.stdout
    assert verify(file, users[0], str(places[0]["number"] + 1)).returncode == 1
    assert verify(file, users[0]).returncode == 0
    file.write_text(json.dumps(proved | {"secret": "00" * 32}))
    assert "BROKEN" in verify(file, users[0]).stdout
    file.write_text(json.dumps(promised))
    assert verify(file, users[0]).returncode == 2


async def test_a_number_stays_though_somebody_left_the_lobby_just_before_the_opening(
    start_queue: StartQueue, booking: FakeBooking
) -> None:
    queue = await start_queue(round_seconds=1.5)
    event = booking.put_on_sale(opens_in=60, policy="lobby", capacity=0)
    await queue.knows(event)
    users = [new_id() for _ in range(40)]
    await queue.ask_all("join", event, users)
    await queue.holds(event, lobby=40)  # a round has seen them; the next one is a second away
    await queue.ask_all("leave", event, users[30:])
    booking.change(event, sale_opens_at=time.time())

    async def numbers() -> Any:
        """None until everybody has one: the line opens a moment before the draw is kept."""
        answers = await queue.ask_all("place", event, users[:30])
        told = [answer.body["number"] for answer in answers]
        return None if None in told else told

    told_first = await until(numbers)
    await until(lambda: recorded(booking, event))
    assert booking.draws == {event: 30}
    assert await numbers() == told_first


async def recorded(booking: FakeBooking, event: str) -> bool:
    return event in booking.draws


def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command as anyone would run it: one file, isolated from everything installed."""
    return subprocess.run(
        [sys.executable, "-I", "-S", verify_draw.__file__, *map(str, arguments)],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


async def test_the_shared_document_is_the_same_for_everyone_and_may_be_cached(
    queue: Queue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(policy="first_come", capacity=2, seats=500)
    await queue.knows(event)
    users = [new_id() for _ in range(7)]
    await queue.ask_all("join", event, users)
    await queue.knows(event, waiting=5, active=2)
    response = await queue.client.get(f"/api/events/{event}/queue/status")
    assert response.headers["Cache-Control"] == "public, max-age=1"
    document = await response.json()
    assert (document["phase"], document["seats_left"], document["capacity"]) == ("on_sale", 500, 2)
    last = (await queue.ask("place", event, users[-1])).body
    assert last["number"] - document["serving_number"] == last["position"] == 5
    assert document["last_number"] == last["number"]
    internal = await queue.call("GET", "/internal/statuses", "gateway", "service")
    assert internal.body["statuses"][event]["event_id"] == event


async def test_a_tick_tells_who_is_in_and_what_has_changed(
    queue: Queue, booking: FakeBooking, redis_url: str
) -> None:
    event = booking.put_on_sale(policy="first_come", capacity=1)
    await queue.knows(event)
    first, second = new_id(), new_id()
    await queue.ask_all("join", event, [first, second])
    async with Redis.from_url(redis_url) as redis, redis.pubsub() as ticks:
        await ticks.subscribe(tick_channel(event))
        await queue.ask("leave", event, first)
        told = await told_to(ticks, second)
    token = KeyRing(Settings().admission_keys).verify(Admission, told["token"], time.time())
    assert (token.event_id, token.user_id) == (event, second)
    place = (await queue.ask("place", event, second)).body
    renewed = KeyRing(Settings().admission_keys).verify(
        Admission, place["admission"]["token"], time.time()
    )
    assert renewed.admission_id == token.admission_id


async def told_to(ticks: PubSub, user: str) -> Any:
    async with asyncio.timeout(5):
        while True:
            message = await ticks.get_message(ignore_subscribe_messages=True, timeout=1)
            if message is None:
                continue
            tick = msgspec.json.decode(message["data"], type=Tick)
            for admitted in tick.admitted:
                if admitted.user_id == user:
                    return msgspec.json.decode(admitted.admission)


async def test_a_till_in_trouble_slows_the_line_and_its_recovery_speeds_it_up(
    queue: Queue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(policy="first_come", capacity=0, per_second=40.0)
    other = booking.put_on_sale(policy="first_come", capacity=0, per_second=40.0, adaptive=False)
    await queue.knows(event)
    booking.health["error_share"] = 0.5

    async def pace_below_half() -> bool:
        return bool((await queue.depth(event))["pace"] < 20)

    await until(pace_below_half)
    assert (await queue.depth(other))["pace"] == 40.0
    booking.health["error_share"] = 0.0
    lowest = (await queue.depth(event))["pace"]

    async def pace_rises() -> bool:
        return bool((await queue.depth(event))["pace"] > lowest + 1)

    await until(pace_rises)
    metrics = await queue.metrics()
    assert f'tiketi_line_pace_share{{event_id="{event}"}}' in metrics


async def test_who_is_connected_counts_as_present(
    start_queue: StartQueue, booking: FakeBooking
) -> None:
    queue = await start_queue(presence_seconds=1)
    event = booking.put_on_sale(policy="first_come", capacity=0, per_second=100.0)
    await queue.knows(event)
    away, connected = new_id(), new_id()
    await queue.ask_all("join", event, [away, connected])
    await asyncio.sleep(1.1)
    told = await queue.call(
        "POST", "/internal/presence", "notifier", "service",
        data=msgspec.json.encode({"users": {event: [connected, new_id()], new_id(): ["nobody"]}}),
    )  # fmt: skip
    assert told.status == 204
    booking.change_queue(event, capacity=1)
    await queue.holds(event, active=1, passed_over=1)
    assert (await queue.ask("place", event, connected)).body["status"] == "admitted"
    back = (await queue.ask("place", event, away)).body
    assert (back["status"], back["position"]) == ("passed_over", 1)


async def test_those_far_behind_the_last_seats_keep_their_place(
    queue: Queue, booking: FakeBooking
) -> None:
    """They are told how unlikely it is; sold out is told only once nothing can come back."""
    event = booking.put_on_sale(policy="first_come", capacity=0, seats=20)
    await queue.knows(event)
    users = [new_id() for _ in range(300)]
    places = [answer.body for answer in await queue.ask_all("join", event, users)]
    assert {place["status"] for place in places} == {"waiting"}
    assert places[0]["chance"] > 0.95
    assert 0 < places[-1]["chance"] < 0.02
    booking.change(event, seats_left=0, seats_held=4, seats_sold=16, open_holds=2)
    await queue.knows(event, seats_left=0, seats_held=4)
    last = (await queue.ask("place", event, users[-1])).body
    assert (last["status"], last["eta_seconds"]) == ("waiting", None)
    booking.change(event, seats_held=0, seats_sold=20, open_holds=0)
    await queue.knows(event, phase="sold_out")
    assert (await queue.ask("place", event, users[-1])).body["status"] == "sold_out"


async def test_nobody_enters_while_all_seats_are_held_and_the_next_do_when_some_return(
    queue: Queue, booking: FakeBooking
) -> None:
    """Ten people hold all seats. One of them gives four back and is still inside: that is for three
    people to choose, so two more enter."""
    event = booking.put_on_sale(policy="first_come", capacity=10, per_second=100.0, seats=20)
    await queue.knows(event)
    users = [new_id() for _ in range(30)]
    await queue.ask_all("join", event, users)
    await queue.holds(event, active=10, waiting=20)
    booking.change(event, seats_left=0, seats_held=20, open_holds=10)
    booking.change_queue(event, capacity=100)
    await queue.knows(event, seats_held=20, capacity=100)
    await queue.rounds_pass(event, 3)
    assert (await queue.depth(event))["active"] == 10
    booking.change(event, seats_left=4, seats_held=16, open_holds=9, holds_returned=1)
    await queue.holds(event, active=12, waiting=18)
    await queue.rounds_pass(event, 3)
    inside = [answer.body["status"] for answer in await queue.ask_all("place", event, users)]
    assert inside == ["admitted"] * 12 + ["waiting"] * 18


async def test_two_instances_let_in_no_more_than_one_would(
    start_queue: StartQueue, booking: FakeBooking
) -> None:
    """Two instances run rounds as fast as they can; pace and capacity hold all the same."""
    pace, capacity = 50.0, 100
    event = booking.put_on_sale(policy="first_come", capacity=capacity, per_second=pace)
    instances = [await start_queue(round_seconds=0.05) for _ in range(2)]
    for instance in instances:
        await instance.knows(event)
    started = time.time()
    await asyncio.gather(
        *(instance.ask_all("join", event, [new_id() for _ in range(300)]) for instance in instances)
    )
    highest = 0
    while time.time() - started < 4:
        depth = await instances[0].depth(event)
        seconds = time.time() - started
        highest = max(highest, depth["active"])
        assert depth["admitted_total"] <= pace * (seconds + 0.4) + 1
        await asyncio.sleep(0.02)
    assert highest == capacity


@pytest.mark.parametrize("instances", [1, 2])
async def test_the_pace_is_reached_with_any_number_of_instances(
    start_queue: StartQueue, booking: FakeBooking, instances: int
) -> None:
    event = booking.put_on_sale(policy="first_come", capacity=10_000, per_second=40.0)
    running = [await start_queue(round_seconds=0.2) for _ in range(instances)]
    for instance in running:
        await instance.knows(event)
    await running[0].ask_all("join", event, [new_id() for _ in range(400)])
    before, started = (await running[0].depth(event))["admitted_total"], time.monotonic()
    await asyncio.sleep(3)
    let_in = (await running[0].depth(event))["admitted_total"] - before
    seconds = time.monotonic() - started
    # The numbers are those of the last round: they may be a round old at either end.
    assert let_in <= 40.0 * (seconds + 0.8)
    assert let_in >= 40.0 * seconds * 0.6, "a busy machine may let rounds come late"


async def test_a_sale_that_booking_has_forgotten_leaves_the_metrics(
    queue: Queue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(policy="first_come")
    await queue.knows(event)

    async def shown() -> bool:
        return event in await queue.metrics()

    async def not_shown() -> bool:
        return not await shown()

    await until(shown)
    del booking.sales[event]
    await until(not_shown)
