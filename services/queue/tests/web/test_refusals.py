"""Bad input and abuse: each gets its defined answer and leaves no trace."""

import asyncio
import time
from typing import Any

import msgspec
import pytest
from services.queue.tests.harness import FakeBooking, Queue

from tiketi_shared.ids import EventId, new_id
from tiketi_shared.tokens import Admission, KeyRing, RestoreTicket


@pytest.fixture
async def event(queue: Queue, booking: FakeBooking) -> Any:
    """A sale whose slots are all taken, so that whoever joins waits."""
    event = booking.put_on_sale(capacity=1, policy="first_come")
    await queue.knows(event)
    await queue.ask("join", event, new_id())
    return event


async def refused(queue: Queue, event: EventId, body: object, status: int, code: str) -> Any:
    """Somebody's join with this body is refused, and they have no place afterwards."""
    user = new_id()
    answer = await queue.ask("join", event, user, body)
    assert (answer.status, answer.code) == (status, code)
    assert (await queue.ask("place", event, user)).code == "not_in_queue"
    return answer.body


async def test_an_event_that_nobody_has_heard_of(queue: Queue, event: EventId) -> None:
    for op in ("join", "place", "leave"):
        answer = await queue.ask(op, EventId(new_id()), new_id())
        assert (answer.status, answer.code) == (404, "not_found")
    assert (await queue.call("GET", "/api/events/nothing/queue/draw")).status == 404


async def test_somebody_without_a_signed_identity(queue: Queue, event: EventId) -> None:
    for method in ("POST", "GET", "DELETE"):
        answer = await queue.call(method, f"/api/events/{event}/queue")
        assert (answer.status, answer.code) == (401, "unauthenticated")


async def test_a_customer_at_the_doors_of_services(queue: Queue, event: EventId) -> None:
    for path in ("statuses", "depths"):
        answer = await queue.call("GET", f"/internal/{path}", new_id())
        assert (answer.status, answer.code) == (403, "forbidden")
    answer = await queue.call("POST", "/internal/line", new_id(), data=b"")
    assert answer.status == 403


async def test_a_sale_that_has_not_begun(queue: Queue, booking: FakeBooking) -> None:
    event = booking.put_on_sale(opens_in=600, policy="first_come")
    await queue.knows(event)
    body = await refused(queue, event, None, 409, "not_on_sale")
    assert body["phase"] == "scheduled"


async def test_a_lobby_that_is_not_open_yet(queue: Queue, booking: FakeBooking) -> None:
    event = booking.put_on_sale(opens_in=3000, policy="lobby", lobby_seconds=900)
    await queue.knows(event)
    await refused(queue, event, None, 409, "not_on_sale")


async def test_a_paused_line_takes_nobody_new_and_keeps_everybody(
    queue: Queue, booking: FakeBooking, event: EventId
) -> None:
    user = new_id()
    place = (await queue.ask("join", event, user)).body
    booking.change_queue(event, paused=True)
    await queue.knows(event, phase="paused")
    answer = await queue.ask("join", event, new_id())
    assert (answer.status, answer.code, answer.retry_after) == (503, "line_paused", 5)
    kept = await queue.ask("join", event, user)
    assert (kept.status, kept.body["status"]) == (202, "paused")
    assert kept.body["number"] == place["number"]


async def test_a_sale_that_is_sold_out(queue: Queue, booking: FakeBooking, event: EventId) -> None:
    user = new_id()
    await queue.ask("join", event, user)
    booking.change(event, seats_left=0)
    await queue.knows(event, phase="sold_out")
    await refused(queue, event, None, 409, "sold_out")
    assert (await queue.ask("place", event, user)).body["status"] == "sold_out"


async def test_a_sale_that_has_ended(queue: Queue, booking: FakeBooking, event: EventId) -> None:
    booking.change(event, sale_closes_at=time.time() - 1)
    await queue.knows(event, phase="ended")
    for op in ("join", "place"):
        answer = await queue.ask(op, event, new_id())
        assert (answer.status, answer.code) == (409, "sale_ended")
    assert (await queue.depth(event))["waiting"] == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"ticket": 7}, 422, "invalid"),
        ([], 422, "invalid"),
        ("text", 422, "invalid"),
        ({"code": {"a": "b"}}, 422, "invalid"),
        ({"ticket": "x" * 5000}, 413, "too_large"),
        ({"ticket": ""}, 422, "invalid_ticket"),
        ({"ticket": "dev.e30.AAAA"}, 422, "invalid_ticket"),
        ({"code": "OPEN-SESAME"}, 403, "invite_required"),
    ],
)
async def test_a_body_that_cannot_be_used(
    queue: Queue, event: EventId, body: object, status: int, code: str
) -> None:
    await refused(queue, event, body, status, code)


async def test_a_body_that_is_no_json(queue: Queue, event: EventId) -> None:
    for data in (b"{", b"\xff\xfe", b"nonsense"):
        path = f"/api/events/{event}/queue"
        answer = await queue.call("POST", path, new_id(), data=data)
        assert (answer.status, answer.code) == (400, "bad_request")


async def test_a_ticket_that_is_somebody_elses(queue: Queue, event: EventId) -> None:
    place = (await queue.ask("join", event, new_id())).body
    await refused(queue, event, {"ticket": place["ticket"]}, 422, "invalid_ticket")


async def test_a_ticket_of_another_event(
    queue: Queue, booking: FakeBooking, event: EventId
) -> None:
    other = booking.put_on_sale(capacity=0, policy="first_come")
    await queue.knows(other)
    user = new_id()
    place = (await queue.ask("join", other, user)).body
    answer = await queue.ask("join", event, user, {"ticket": place["ticket"]})
    assert (answer.status, answer.code) == (422, "invalid_ticket")


async def test_a_ticket_that_was_changed(queue: Queue, event: EventId) -> None:
    user = new_id()
    ticket = (await queue.ask("join", event, user)).body["ticket"]
    kid, payload, mac = ticket.split(".")
    for forged in (f"{kid}.{payload[:-4]}AAAA.{mac}", f"{kid}.{payload}.{mac[::-1]}", kid):
        answer = await queue.ask("place", event, user)
        assert answer.status == 200
        answer = await queue.call(
            "GET", f"/api/events/{event}/queue", user, headers={"Queue-Ticket": forged}
        )
        assert (answer.status, answer.code) == (422, "invalid_ticket")


async def test_a_ticket_signed_with_a_key_of_ones_own(queue: Queue, event: EventId) -> None:
    user = new_id()
    forged = KeyRing("dev:a-key-of-somebody-else").sign(RestoreTicket(event, user, 1, "general"))  # type: ignore[arg-type]  # ids of a test are plain text
    await refused(queue, event, {"ticket": forged}, 422, "invalid_ticket")


async def test_an_admission_in_place_of_a_ticket(queue: Queue, booking: FakeBooking) -> None:
    event = booking.put_on_sale(capacity=5, policy="first_come")
    await queue.knows(event)
    user = new_id()
    token = (await queue.ask("join", event, user)).body["admission"]["token"]
    answer = await queue.ask("join", event, user, {"ticket": token})
    assert (answer.status, answer.code) == (422, "invalid_ticket")


async def test_an_admission_signed_with_a_key_of_ones_own(queue: Queue, event: EventId) -> None:
    user = new_id()
    content = Admission(event, user, "a" * 20, int(time.time()), int(time.time()) + 300)  # type: ignore[arg-type]  # ids of a test are plain text
    forged = KeyRing("dev:a-key-of-somebody-else").sign(content)
    await refused(queue, event, {"admission": forged}, 422, "invalid_ticket")


async def test_ten_thousand_joins_of_one_account_leave_one_place(
    queue: Queue, event: EventId
) -> None:
    user = new_id()
    answers = await queue.ask_all("join", event, [user] * 10_000)
    taken = [answer for answer in answers if answer.status == 202]
    refused = [answer for answer in answers if answer.status == 429]
    assert len(taken) + len(refused) == 10_000
    assert 1 <= len(taken) <= 100
    assert len({answer.body["number"] for answer in taken}) == 1
    assert all(answer.retry_after for answer in refused)
    await queue.holds(event, waiting=1)


async def test_joins_from_several_devices_at_once_are_one_place(
    queue: Queue, event: EventId
) -> None:
    user = new_id()
    answers = await asyncio.gather(*(queue.ask("join", event, user) for _ in range(20)))
    assert {answer.body["position"] for answer in answers} == {1}
    assert len({answer.body["ticket"] for answer in answers}) == 1


async def test_a_batch_that_is_none(queue: Queue, event: EventId) -> None:
    for data in (b"", b"\x00", msgspec.msgpack.encode({"requests": [1]})):
        answer = await queue.call("POST", "/internal/line", "gateway", "service", data=data)
        assert (answer.status, answer.code) == (400, "bad_request")


async def test_a_batch_that_is_too_long(queue: Queue, event: EventId) -> None:
    request = ["place", event, "ann", "r1", b""]
    data = msgspec.msgpack.encode({"requests": [request] * 513})
    answer = await queue.call("POST", "/internal/line", "gateway", "service", data=data)
    assert (answer.status, answer.code) == (413, "too_large")


async def test_one_bad_request_does_not_spoil_the_batch(queue: Queue, event: EventId) -> None:
    users = [new_id() for _ in range(3)]
    answers = await queue.ask_all("join", event, users, [{}, {"ticket": "forged"}, {}])
    assert [answer.status for answer in answers] == [202, 422, 202]
    assert answers[1].body["request_id"] == "test-1"
    assert [answers[0].body["position"], answers[2].body["position"]] == [1, 2]
