"""What changes reaches everyone, on whichever instance they are."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from services.notifier.tests.harness import (
    Eventually,
    Follow,
    Join,
    Neighbours,
    Notifier,
    Outbox,
    PublishRound,
    Start,
)

from tiketi_notifier.messages import FROM_CLIENTS, Message
from tiketi_shared.ids import EventId, new_id
from tiketi_shared.sale import Phase


async def test_a_change_reaches_the_clients_of_every_instance_within_a_second(
    notifier: Notifier, other_notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId
) -> None:
    here, there = notifier, other_notifier
    fans = [await join(here, "a"), *[await join(there, f"b{n}") for n in range(6)]]
    for fan in fans:
        await fan.subscribe(event_id)
    began = time.monotonic()
    version = await outbox.change((7, "h"), (8, "h"))
    updates = [await fan.receive("seat-update", 1) for fan in fans]
    assert time.monotonic() - began < 1
    assert all(update == updates[0] for update in updates)
    assert updates[0]["changes"] == [[7, "h"], [8, "h"]]
    assert updates[0]["availability_version"] == version


async def test_changes_of_a_tick_share_a_frame_and_the_last_state_wins(
    notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId
) -> None:
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await outbox.change((0, "h"))
    await fan.receive("seat-update")
    for state in ("h", "s"):
        for seat in range(20):
            await outbox.change((seat, state), standing=100 - seat)
    seats: dict[int, str] = {}
    frames = 0
    while set(seats.values()) != {"s"} or len(seats) < 20:
        update = await fan.receive("seat-update")
        seats.update(dict(update["changes"]))
        frames += 1
    assert frames <= 3
    assert update["general"] == {"standing": 81}


async def test_a_subscription_goes_on_from_where_it_was(
    notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId
) -> None:
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await outbox.change((1, "h"))
    seen = await fan.receive("seat-update")
    for seat in range(2, 5):
        await outbox.change((seat, "h"))
        last = await fan.receive("seat-update")
    since = {"epoch": seen["epoch"], "version": seen["version"]}
    back = await (await join(notifier, "again")).subscribe(event_id, since=since)
    assert back["recovered"]
    assert back["version"] == last["version"]
    assert [missed["data"]["version"] for missed in back["missed"]] == [
        *range(seen["version"] + 1, last["version"] + 1)
    ]


async def test_a_position_that_is_unknown_is_told_to_fetch_again(
    notifier: Notifier, join: Join, event_id: EventId
) -> None:
    fan = await join(notifier)
    answer = await fan.subscribe(event_id, since={"epoch": "elsewhere", "version": 3})
    assert (answer["recovered"], answer["missed"]) == (False, [])


async def test_after_unsubscribing_nothing_comes(
    notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId
) -> None:
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await fan.send("unsubscribe", event_id=event_id)
    await fan.receive("unsubscribed")
    await outbox.change((1, "h"))
    with pytest.raises(TimeoutError):
        await fan.next(0.8)


async def test_the_lines_progress_reaches_all_and_an_admission_its_person(
    notifier: Notifier, join: Join, publish_round: PublishRound, event_id: EventId
) -> None:
    lucky, other = await join(notifier, "lucky"), await join(notifier, "other")
    for fan in (lucky, other):
        await fan.subscribe(event_id)
    admission = {"token": "t", "expires_at": "2030-01-01T00:00:00Z"}
    await publish_round(event_id, {"lucky": admission}, phase="on_sale", waiting=12)
    assert await lucky.receive("queue-enter") == {"event_id": event_id, "admission": admission}
    for fan in (lucky, other):
        progress = await fan.receive("queue-progress")
        seen = (progress["event_id"], progress["phase"], progress["waiting"])
        assert seen == (event_id, "on_sale", 12)
    assert not other.skipped


async def test_progress_is_told_no_more_than_once_a_second_and_the_newest_then(
    start: Start, join: Join, publish_round: PublishRound, event_id: EventId
) -> None:
    fan = await join(await start(PROGRESS_SECONDS=0.5, TICK_MS=20))
    await fan.subscribe(event_id)
    began = time.monotonic()
    for waiting in range(40):
        await publish_round(event_id, {}, phase="on_sale", waiting=waiting)
    told = [-1]
    while told[-1] != 39:
        told.append((await fan.receive("queue-progress"))["waiting"])
    assert len(told[1:]) <= 2 + (time.monotonic() - began) / 0.5


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
    notifier: Notifier, join: Join, publish_round: PublishRound, event_id: EventId,
    before: Phase, after: Phase, told: str,
) -> None:  # fmt: skip
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await publish_round(event_id, {}, phase=before)
    await publish_round(event_id, {}, phase=after)
    assert await fan.receive(told) == {"event_id": event_id, "phase": after}


async def test_who_subscribes_is_told_the_lines_status_at_once(
    notifier: Notifier, join: Join, neighbours: Neighbours, event_id: EventId
) -> None:
    """Ticks tell what changes: a line at rest says nothing of itself."""
    neighbours.run(event_id, "lobby", 5)
    fan = await join(notifier)
    await fan.subscribe(event_id)
    assert await fan.receive("queue-progress") == neighbours.statuses[event_id]


async def test_a_session_is_restored_with_place_and_hold(
    notifier: Notifier, join: Join, neighbours: Neighbours, event_id: EventId
) -> None:
    stands = neighbours.stand("fan", 3)
    hold = neighbours.hold("fan", event_id)
    fan = await join(notifier)
    await fan.send("check-queue-status", event_id=event_id)
    place = {"event_id": event_id, **msgspec.to_builtins(stands)}
    assert await fan.receive("queue-restored") == place
    await fan.send("restore-session", event_id=event_id)
    restored = await fan.receive("session-restored")
    assert restored == {"event_id": event_id, "queue": place, "hold": hold}
    assert neighbours.seen_identities == {"service notifier"}


@pytest.mark.parametrize("message", FROM_CLIENTS, ids=lambda message: message.name)
async def test_every_message_that_clients_may_send_is_answered(
    notifier: Notifier, join: Join, neighbours: Neighbours, event_id: EventId, message: Message[Any]
) -> None:
    neighbours.stand("fan", 3)
    answers = {
        "subscribe": "subscribed",
        "unsubscribe": "unsubscribed",
        "check-queue-status": "queue-restored",
        "restore-session": "session-restored",
        "ping": "pong",
    }
    fan = await join(notifier)
    await fan.send(message.name, event_id=event_id)
    assert (await fan.next())["type"] == answers[message.name]


async def test_who_stands_in_no_line_is_told_so(
    notifier: Notifier, join: Join, event_id: EventId
) -> None:
    fan = await join(notifier)
    await fan.send("check-queue-status", event_id=event_id)
    assert (await fan.receive("error"))["code"] == "not_in_queue"
    await fan.send("restore-session", event_id=event_id)
    restored = await fan.receive("session-restored")
    assert restored == {"event_id": event_id, "queue": None, "hold": None}


async def test_questions_that_come_together_travel_together(
    notifier: Notifier, join: Join, neighbours: Neighbours, event_id: EventId
) -> None:
    fans = [await join(notifier, f"u{number}") for number in range(50)]
    await asyncio.gather(*(fan.send("check-queue-status", event_id=event_id) for fan in fans))
    for fan in fans:
        await fan.receive("error")
    assert neighbours.line_calls < 25


async def test_a_neighbour_that_is_gone_is_an_error_and_no_more(
    start: Start, join: Join, free_port: Callable[[], int], event_id: EventId
) -> None:
    fan = await join(await start(QUEUE_URLS=f"http://127.0.0.1:{free_port()}"))
    await fan.send("check-queue-status", event_id=event_id)
    error = await fan.receive("error")
    assert (error["code"], error["event_id"]) == ("unavailable", event_id)
    await fan.send("ping")
    await fan.receive("pong")


async def test_the_line_is_told_who_is_here_each_person_once(
    notifier: Notifier,
    join: Join,
    neighbours: Neighbours,
    eventually: Eventually,
    event_id: EventId,
) -> None:
    for user in ("a", "a", "b"):
        await (await join(notifier, user)).subscribe(event_id)
    looking = await join(notifier, "c")
    await looking.send("check-queue-status", event_id=event_id)

    await eventually(lambda: neighbours.present_at(event_id) == ["a", "b", "c"])
    looking.socket.transport.abort()
    await eventually(lambda: neighbours.present_at(event_id) == ["a", "b"])


async def test_events_are_kept_apart(notifier: Notifier, join: Join, outbox: Outbox) -> None:
    fan = await join(notifier)
    await fan.subscribe(new_id())
    await outbox.change((1, "h"))
    with pytest.raises(TimeoutError):
        await fan.next(0.8)


KINDS = pytest.mark.parametrize("kind", ["websocket", "stream"])
ADMISSION = {"token": "t-71", "expires_at": "2030-01-01T00:00:00Z"}


@KINDS
async def test_an_offer_reaches_every_tab_of_its_person_and_nobody_else(  # noqa: PLR0917  fixtures
    notifier: Notifier, other_notifier: Notifier, follow_live: Follow, outbox: Outbox,
    event_id: EventId, kind: str,
) -> None:  # fmt: skip
    """On two instances, of which one hears it from the broker."""
    here, there = notifier, other_notifier
    tabs = [await follow_live(each, event_id, "lucky", kind) for each in (here, here, there)]
    strangers = [await follow_live(each, event_id, "other", kind) for each in (here, there)]
    for each in (*tabs, *strangers):
        await each.receive("subscribed")
    await outbox.offer("lucky", "hold-83", 1_893_456_007.25)
    for tab in tabs:
        assert await tab.receive("seats-offered") == {
            "event_id": event_id, "hold_id": "hold-83", "expires_at": "2030-01-01T00:00:07.250Z",
        }  # fmt: skip
    await outbox.change((1, "h"))
    for stranger in strangers:
        await stranger.receive("seat-update")
        assert not stranger.skipped


@KINDS
@pytest.mark.parametrize("other", ["websocket", "stream"])
async def test_an_admission_reaches_every_tab_of_its_person_and_nobody_else(  # noqa: PLR0917
    notifier: Notifier,
    other_notifier: Notifier,
    follow_live: Follow,
    publish_round: PublishRound,
    event_id: EventId,
    kind: str,
    other: str,
) -> None:
    """On two instances, and still after the tab that came first was closed."""
    here, there = notifier, other_notifier
    closed = await follow_live(here, event_id, "lucky", other)
    tabs = [await follow_live(each, event_id, "lucky", kind) for each in (here, here, there)]
    strangers = [await follow_live(each, event_id, "other", other) for each in (here, there)]
    for each in (closed, *tabs, *strangers):
        await each.receive("subscribed")
    closed.close()
    await publish_round(event_id, {"lucky": ADMISSION}, phase="on_sale", waiting=12)
    for tab in tabs:
        assert await tab.receive("queue-enter") == {"event_id": event_id, "admission": ADMISSION}
    for each in (*tabs, *strangers):
        assert (await each.receive("queue-progress"))["waiting"] == 12
        assert not each.skipped


@KINDS
async def test_the_line_is_told_of_whoever_has_a_connection_left(  # noqa: PLR0917  fixtures
    notifier: Notifier, follow_live: Follow, neighbours: Neighbours, outbox: Outbox,
    eventually: Eventually, event_id: EventId, kind: str,
) -> None:  # fmt: skip
    twice = [await follow_live(notifier, event_id, "twice", kind) for _ in range(2)]
    once = await follow_live(notifier, event_id, "once", kind)
    for each in (*twice, once):
        await each.receive("subscribed")

    await eventually(lambda: neighbours.present_at(event_id) == ["once", "twice"])
    twice[0].close()
    once.close()
    for _ in range(2):  # a stream's end is seen when something is written
        await outbox.change((1, "h"))
        await twice[1].receive("seat-update")
    await eventually(lambda: neighbours.present_at(event_id) == ["twice"])
    seen = len(neighbours.reports_of(event_id))
    await eventually(lambda: len(neighbours.reports_of(event_id)) >= seen + 2)
    assert neighbours.present_at(event_id) == ["twice"]


@KINDS
async def test_an_organisers_changes_reach_everyone_and_the_last_of_a_tick_counts(  # noqa: PLR0917
    notifier: Notifier,
    other_notifier: Notifier,
    follow_live: Follow,
    outbox: Outbox,
    event_id: EventId,
    kind: str,
) -> None:
    here, there = notifier, other_notifier
    subscriptions = [await follow_live(each, event_id, "fan", kind) for each in (here, there)]
    for each in subscriptions:
        await each.receive("subscribed")
    await outbox.change_sale(3)
    first = [await each.receive("event-changed") for each in subscriptions]
    assert first[0] == first[1]
    assert (first[0]["event_id"], first[0]["sale_version"]) == (event_id, 3)
    for version in (4, 5, 9):
        await outbox.change_sale(version)
    for each in subscriptions:
        told = [await each.receive("event-changed")]
        while told[-1]["sale_version"] != 9:
            told.append(await each.receive("event-changed"))
        versions = [first[0]["version"], *(change["version"] for change in told)]
        assert versions == list(range(versions[0], versions[0] + len(versions)))


@KINDS
async def test_whoever_goes_on_is_told_all_that_was_missed_in_order(
    notifier: Notifier, follow_live: Follow, outbox: Outbox, event_id: EventId, kind: str
) -> None:
    watching = await follow_live(notifier, event_id, "watching", "websocket")
    await watching.receive("subscribed")
    told = []
    for seat in (11, 12, 13, 14, 15):
        await outbox.change((seat, "h"))
        told.append(await watching.receive("seat-update"))
    back = await follow_live(notifier, event_id, "back", kind, since=told[1])
    answer = await back.receive("subscribed")
    assert (answer["recovered"], answer["version"]) == (True, told[-1]["version"])
    missed = [each["data"] for each in answer["missed"]]
    if kind == "stream":
        missed = [await back.receive("seat-update") for _ in told[2:]]
    assert missed == told[2:]


async def test_each_who_asks_in_the_same_instant_is_told_their_own_place(
    notifier: Notifier, join: Join, neighbours: Neighbours, event_id: EventId
) -> None:
    users = [f"u{number}" for number in range(30)]
    for number, user in enumerate(users):
        neighbours.stand(user, number + 7)
        neighbours.hold(user, event_id)
    fans = [await join(notifier, user) for user in users]
    for question, answer in (("check-queue-status", None), ("restore-session", "queue")):
        await asyncio.gather(*(fan.send(question, event_id=event_id) for fan in fans))
        for number, (user, fan) in enumerate(zip(users, fans, strict=True)):
            if answer is None:
                place = await fan.receive("queue-restored")
            else:
                restored = await fan.receive("session-restored")
                assert restored["hold"]["id"] == f"hold-of-{user}"
                place = restored["queue"]
            assert (place["position"], place["ticket"]) == (number + 7, f"ticket-of-{user}")


async def test_an_event_told_twice_is_published_once(
    notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId
) -> None:
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await outbox.change((1, "h"))
    await fan.receive("seat-update")
    outbox.version = 0
    await outbox.change((1, "h"))
    await outbox.change((2, "h"))
    assert (await fan.receive("seat-update"))["changes"] == [[2, "h"]]


async def test_an_unreadable_event_is_dropped_and_the_next_one_comes(
    notifier: Notifier, join: Join, outbox: Outbox, event_id: EventId
) -> None:
    fan = await join(notifier)
    await fan.subscribe(event_id)
    await outbox.publish_unreadable()
    await outbox.change((1, "h"))
    await fan.receive("seat-update")
