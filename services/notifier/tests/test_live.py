"""What changes reaches everyone, on whichever instance they are."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from tiketi_notifier.messages import FROM_CLIENTS, Message
from tiketi_shared.ids import EventId, new_id

Till = Any
Start = Any
Join = Any
TellLine = Callable[..., Awaitable[None]]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


async def test_a_change_reaches_the_clients_of_every_instance_within_a_second(
    start: Start, join: Join, till: Till, event_id: EventId
) -> None:
    here, there = await asyncio.gather(start(), start(WORKERS=2))
    fans = [await join(here, "a"), *[await join(there, f"b{n}") for n in range(6)]]
    for fan in fans:
        await fan.subscribe(event_id)
    began = time.monotonic()
    version = await till.change((7, "h"), (8, "h"))
    updates = [await fan.hear("seat-update", 1) for fan in fans]
    assert time.monotonic() - began < 1
    assert all(update == updates[0] for update in updates)
    assert updates[0]["changes"] == [[7, "h"], [8, "h"]]
    assert updates[0]["availability_version"] == version


async def test_changes_of_a_tick_share_a_frame_and_the_last_state_wins(
    start: Start, join: Join, till: Till, event_id: EventId
) -> None:
    fan = await join(await start())
    await fan.subscribe(event_id)
    await till.change((0, "h"))
    await fan.hear("seat-update")
    for state in ("h", "s"):
        for seat in range(20):
            await till.change((seat, state), standing=100 - seat)
    seats: dict[int, str] = {}
    frames = 0
    while set(seats.values()) != {"s"} or len(seats) < 20:
        update = await fan.hear("seat-update")
        seats.update(dict(update["changes"]))
        frames += 1
    assert frames <= 3
    assert update["general"] == {"standing": 81}


async def test_a_subscription_goes_on_from_where_it_was(
    start: Start, join: Join, till: Till, event_id: EventId
) -> None:
    notifier = await start()
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await till.change((1, "h"))
    seen = await fan.hear("seat-update")
    for seat in range(2, 5):
        await till.change((seat, "h"))
        last = await fan.hear("seat-update")
    since = {"epoch": seen["epoch"], "version": seen["version"]}
    back = await (await join(notifier, "again")).subscribe(event_id, since=since)
    assert back["recovered"]
    assert back["version"] == last["version"]
    assert [missed["data"]["version"] for missed in back["missed"]] == [
        *range(seen["version"] + 1, last["version"] + 1)
    ]


async def test_a_position_that_is_unknown_is_told_to_fetch_again(
    start: Start, join: Join, event_id: EventId
) -> None:
    fan = await join(await start())
    answer = await fan.subscribe(event_id, since={"epoch": "elsewhere", "version": 3})
    assert (answer["recovered"], answer["missed"]) == (False, [])


async def test_after_unsubscribing_nothing_comes(
    start: Start, join: Join, till: Till, event_id: EventId
) -> None:
    fan = await join(await start())
    await fan.subscribe(event_id)
    await fan.say("unsubscribe", event_id=event_id)
    await fan.hear("unsubscribed")
    await till.change((1, "h"))
    with pytest.raises(TimeoutError):
        await fan.next(0.8)


async def test_the_lines_progress_reaches_all_and_an_admission_its_person(
    start: Start, join: Join, tell_line: TellLine, event_id: EventId
) -> None:
    notifier = await start()
    lucky, other = await join(notifier, "lucky"), await join(notifier, "other")
    for fan in (lucky, other):
        await fan.subscribe(event_id)
    admission = {"token": "t", "expires_at": "2030-01-01T00:00:00Z"}
    await tell_line(event_id, {"lucky": admission}, phase="on_sale", waiting=12)
    assert await lucky.hear("queue-enter") == {"event_id": event_id, "admission": admission}
    for fan in (lucky, other):
        progress = await fan.hear("queue-progress")
        seen = (progress["event_id"], progress["phase"], progress["waiting"])
        assert seen == (event_id, "on_sale", 12)
    assert not other.passed_over


async def test_progress_is_told_no_more_than_once_a_second_and_the_newest_then(
    start: Start, join: Join, tell_line: TellLine, event_id: EventId
) -> None:
    fan = await join(await start(PROGRESS_SECONDS=0.5))
    await fan.subscribe(event_id)
    for waiting in range(40):
        await tell_line(event_id, {}, phase="on_sale", waiting=waiting)
    told = [-1]
    while told[-1] != 39:
        told.append((await fan.hear("queue-progress"))["waiting"])
    assert len(told[1:]) <= 3


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("lobby", "on_sale", "event-started"),
        ("on_sale", "paused", "event-paused"),
        ("paused", "on_sale", "event-resumed"),
        ("on_sale", "sold_out", "event-sold-out"),
        ("on_sale", "ended", "event-ended"),
    ],
)
async def test_a_change_of_the_sale_is_told(  # noqa: PLR0917  fixtures and cases
    start: Start, join: Join, tell_line: TellLine, event_id: EventId,
    before: str, after: str, told: str,
) -> None:  # fmt: skip
    fan = await join(await start())
    await fan.subscribe(event_id)
    await tell_line(event_id, {}, phase=before)
    await tell_line(event_id, {}, phase=after)
    assert await fan.hear(told) == {"event_id": event_id, "phase": after}


async def test_who_subscribes_is_told_the_lines_status_at_once(
    start: Start, join: Join, neighbours: Any, event_id: EventId
) -> None:
    """Ticks tell what changes: a line at rest says nothing of itself."""
    neighbours.run(event_id, "lobby", 5)
    fan = await join(await start())
    await fan.subscribe(event_id)
    assert await fan.hear("queue-progress") == neighbours.statuses[event_id]


async def test_a_session_is_restored_with_place_and_hold(
    start: Start, join: Join, neighbours: Any, event_id: EventId
) -> None:
    stands = neighbours.stand("fan", 3)
    hold = neighbours.hold("fan", event_id)
    fan = await join(await start())
    await fan.say("check-queue-status", event_id=event_id)
    place = {"event_id": event_id, **msgspec.to_builtins(stands)}
    assert await fan.hear("queue-restored") == place
    await fan.say("restore-session", event_id=event_id)
    restored = await fan.hear("session-restored")
    assert restored == {"event_id": event_id, "queue": place, "hold": hold}
    assert neighbours.seen_identities == {"service notifier"}


@pytest.mark.parametrize("message", FROM_CLIENTS, ids=lambda message: message.name)
async def test_every_message_that_clients_may_send_is_answered(
    start: Start, join: Join, neighbours: Any, event_id: EventId, message: Message[Any]
) -> None:
    neighbours.stand("fan", 3)
    answers = {
        "subscribe": "subscribed",
        "unsubscribe": "unsubscribed",
        "check-queue-status": "queue-restored",
        "restore-session": "session-restored",
        "ping": "pong",
    }
    fan = await join(await start())
    await fan.say(message.name, event_id=event_id)
    assert (await fan.next())["type"] == answers[message.name]


async def test_who_stands_in_no_line_is_told_so(
    start: Start, join: Join, event_id: EventId
) -> None:
    fan = await join(await start())
    await fan.say("check-queue-status", event_id=event_id)
    assert (await fan.hear("error"))["code"] == "not_in_queue"
    await fan.say("restore-session", event_id=event_id)
    restored = await fan.hear("session-restored")
    assert restored == {"event_id": event_id, "queue": None, "hold": None}


async def test_questions_that_come_together_travel_together(
    start: Start, join: Join, neighbours: Any, event_id: EventId
) -> None:
    notifier = await start()
    fans = [await join(notifier, f"u{number}") for number in range(50)]
    await asyncio.gather(*(fan.say("check-queue-status", event_id=event_id) for fan in fans))
    for fan in fans:
        await fan.hear("error")
    assert neighbours.line_calls < 25


async def test_a_neighbour_that_is_gone_is_an_error_and_no_more(
    start: Start, join: Join, free_port: Callable[[], int], event_id: EventId
) -> None:
    fan = await join(await start(QUEUE_URLS=f"http://127.0.0.1:{free_port()}"))
    await fan.say("check-queue-status", event_id=event_id)
    error = await fan.hear("error")
    assert (error["code"], error["event_id"]) == ("unavailable", event_id)
    await fan.say("ping")
    await fan.hear("pong")


async def test_the_line_is_told_who_is_here_each_person_once(
    start: Start, join: Join, neighbours: Any, eventually: Eventually, event_id: EventId
) -> None:
    notifier = await start()
    for user in ("a", "a", "b"):
        await (await join(notifier, user)).subscribe(event_id)
    looking = await join(notifier, "c")
    await looking.say("check-queue-status", event_id=event_id)

    def told() -> list[str]:
        return sorted(neighbours.present[-1].get(event_id, [])) if neighbours.present else []

    await eventually(lambda: told() == ["a", "b", "c"])
    looking.socket.transport.abort()
    await eventually(lambda: told() == ["a", "b"])


async def test_events_are_kept_apart(start: Start, join: Join, till: Till) -> None:
    fan = await join(await start())
    await fan.subscribe(new_id())
    await till.change((1, "h"))
    with pytest.raises(TimeoutError):
        await fan.next(0.8)


KINDS = pytest.mark.parametrize("kind", ["websocket", "stream"])
ADMISSION = {"token": "t-71", "expires_at": "2030-01-01T00:00:00Z"}


@KINDS
async def test_an_offer_reaches_every_tab_of_its_person_and_nobody_else(
    start: Start, follow_live: Any, till: Till, event_id: EventId, kind: str
) -> None:
    """On two instances, of which one hears it from the broker."""
    here, there = await asyncio.gather(start(), start())
    tabs = [await follow_live(each, event_id, "lucky", kind) for each in (here, here, there)]
    strangers = [await follow_live(each, event_id, "other", kind) for each in (here, there)]
    for each in (*tabs, *strangers):
        await each.hear("subscribed")
    await till.offer("lucky", "hold-83", 1_893_456_007.25)
    for tab in tabs:
        assert await tab.hear("seats-offered") == {
            "event_id": event_id, "hold_id": "hold-83", "expires_at": "2030-01-01T00:00:07.250Z",
        }  # fmt: skip
    await till.change((1, "h"))
    for stranger in strangers:
        await stranger.hear("seat-update")
        assert not stranger.passed_over


@KINDS
@pytest.mark.parametrize("other", ["websocket", "stream"])
async def test_an_admission_reaches_every_tab_of_its_person_and_nobody_else(  # noqa: PLR0917
    start: Start, follow_live: Any, tell_line: TellLine, event_id: EventId, kind: str, other: str
) -> None:
    """On two instances, and still after the tab that came first was closed."""
    here, there = await asyncio.gather(start(), start())
    closed = await follow_live(here, event_id, "lucky", other)
    tabs = [await follow_live(each, event_id, "lucky", kind) for each in (here, here, there)]
    strangers = [await follow_live(each, event_id, "other", other) for each in (here, there)]
    for each in (closed, *tabs, *strangers):
        await each.hear("subscribed")
    closed.close()
    await tell_line(event_id, {"lucky": ADMISSION}, phase="on_sale", waiting=12)
    for tab in tabs:
        assert await tab.hear("queue-enter") == {"event_id": event_id, "admission": ADMISSION}
    for each in (*tabs, *strangers):
        assert (await each.hear("queue-progress"))["waiting"] == 12
        assert not each.passed_over


@KINDS
async def test_the_line_is_told_of_whoever_has_a_connection_left(  # noqa: PLR0917  fixtures
    start: Start, follow_live: Any, neighbours: Any, till: Till, eventually: Eventually,
    event_id: EventId, kind: str,
) -> None:  # fmt: skip
    notifier = await start()
    twice = [await follow_live(notifier, event_id, "twice", kind) for _ in range(2)]
    once = await follow_live(notifier, event_id, "once", kind)
    for each in (*twice, once):
        await each.hear("subscribed")

    def told() -> list[str]:
        return sorted(neighbours.present[-1].get(event_id, [])) if neighbours.present else []

    await eventually(lambda: told() == ["once", "twice"])
    twice[0].close()
    once.close()
    for _ in range(2):  # a stream's end is seen when something is written
        await till.change((1, "h"))
        await twice[1].hear("seat-update")
    await eventually(lambda: told() == ["twice"])
    seen = len(neighbours.present)
    await eventually(lambda: len(neighbours.present) >= seen + 2)
    assert told() == ["twice"]


@KINDS
async def test_an_organisers_changes_reach_everyone_and_the_last_of_a_tick_counts(
    start: Start, follow_live: Any, till: Till, event_id: EventId, kind: str
) -> None:
    here, there = await asyncio.gather(start(), start())
    ears = [await follow_live(each, event_id, "fan", kind) for each in (here, there)]
    for each in ears:
        await each.hear("subscribed")
    await till.change_sale(3)
    first = [await each.hear("event-changed") for each in ears]
    assert first[0] == first[1]
    assert (first[0]["event_id"], first[0]["sale_version"]) == (event_id, 3)
    for version in (4, 5, 9):
        await till.change_sale(version)
    for each in ears:
        told = [await each.hear("event-changed")]
        while told[-1]["sale_version"] != 9:
            told.append(await each.hear("event-changed"))
        versions = [first[0]["version"], *(change["version"] for change in told)]
        assert versions == list(range(versions[0], versions[0] + len(versions)))


@KINDS
async def test_whoever_goes_on_is_told_all_that_was_missed_in_order(
    start: Start, follow_live: Any, till: Till, event_id: EventId, kind: str
) -> None:
    notifier = await start()
    watching = await follow_live(notifier, event_id, "watching", "websocket")
    await watching.hear("subscribed")
    told = []
    for seat in (11, 12, 13, 14, 15):
        await till.change((seat, "h"))
        told.append(await watching.hear("seat-update"))
    back = await follow_live(notifier, event_id, "back", kind, since=told[1])
    answer = await back.hear("subscribed")
    assert (answer["recovered"], answer["version"]) == (True, told[-1]["version"])
    missed = [each["data"] for each in answer["missed"]]
    if kind == "stream":
        missed = [await back.hear("seat-update") for _ in told[2:]]
    assert missed == told[2:]


async def test_each_who_asks_in_the_same_instant_is_told_their_own_place(
    start: Start, join: Join, neighbours: Any, event_id: EventId
) -> None:
    notifier = await start()
    users = [f"u{number}" for number in range(30)]
    for number, user in enumerate(users):
        neighbours.stand(user, number + 7)
        neighbours.hold(user, event_id)
    fans = [await join(notifier, user) for user in users]
    for question, answer in (("check-queue-status", None), ("restore-session", "queue")):
        await asyncio.gather(*(fan.say(question, event_id=event_id) for fan in fans))
        for number, (user, fan) in enumerate(zip(users, fans, strict=True)):
            if answer is None:
                place = await fan.hear("queue-restored")
            else:
                restored = await fan.hear("session-restored")
                assert restored["hold"]["id"] == f"hold-of-{user}"
                place = restored["queue"]
            assert (place["position"], place["ticket"]) == (number + 7, f"ticket-of-{user}")
