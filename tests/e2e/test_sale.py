"""A sale from the line to the door, through the gateways, with two instances of each service."""

import asyncio
import time
from itertools import count, pairwise

import pytest
from tests.harness import Json, NewEvent, NewFan, NewVisitor, Person, Socket

from tiketi_local.deployment import Deployment


async def messages_until(live: Socket, type_: str, within: float = 5) -> Json:
    """Wait for the next message of `type_`, and return its data."""
    async with asyncio.timeout(within):
        while True:
            message = await live.receive_json()
            if message["type"] == type_:
                data: Json = message["data"]
                return data


async def test_a_ticket_from_the_line_to_the_door(
    fan: NewFan, organiser: Person, new_event: NewEvent
) -> None:
    event = await new_event()
    buyer = await fan(gateway=0)
    listed = await buyer.call("GET", "/api/events?limit=100")
    assert event["id"] in [entry["id"] for entry in listed["events"]]

    joined = await buyer.join(event["id"])
    assert joined.status == 200, joined
    assert joined["status"] == "admitted"
    admission = joined["admission"]["token"]
    seats = await buyer.seats(event["id"])
    assert len(seats) == 40

    chosen = [seats[0]["id"], seats[1]["id"]]
    held = await buyer.hold(event["id"], admission, {"seat_ids": chosen})
    assert held.status == 201, held
    assert held["hold"]["total"] == 240_000
    declined = await buyer.pay(held["hold"]["id"], "tok_declined")
    assert (declined.status, declined["code"]) == (402, "payment_declined")
    paid = await buyer.pay(held["hold"]["id"])
    assert paid.status == 201, paid
    tickets = paid["order"]["tickets"]
    assert len(tickets) == 2

    order = await buyer.call("GET", f"/api/orders/{paid['order']['id']}")
    assert order.status == 200
    qr = await buyer.call("GET", f"/api/tickets/{tickets[0]['id']}/qr.svg")
    assert qr.status == 200
    assert b"<svg" in qr.body
    pdf = await buyer.call("GET", f"/api/orders/{paid['order']['id']}/tickets.pdf")
    assert pdf.status == 200, pdf
    assert pdf.body.startswith(b"%PDF")

    scanned = [
        (await organiser.call("POST", "/api/checkin", {"code": tickets[0]["code"]})).status
        for _ in range(2)
    ]
    assert scanned == [200, 409]


async def test_general_admission_is_sold_by_quantity(fan: NewFan, new_event: NewEvent) -> None:
    event = await new_event()
    buyer = await fan()
    admission = await buyer.enter(event["id"])
    standing = next(kind for kind in event["ticket_types"] if kind["kind"] == "general")
    wish = {"ticket_type_id": standing["id"], "quantity": 3}
    held = await buyer.hold(event["id"], admission, wish)
    assert held.status == 201, held
    assert [seat["id"] for seat in held["hold"]["seats"]] == [None, None, None]
    assert (await buyer.pay(held["hold"]["id"])).status == 201
    availability = await buyer.call("GET", f"/api/events/{event['id']}/availability")
    assert availability["general"] == [{"ticket_type_id": standing["id"], "left": 7}]


async def test_a_seat_asked_for_by_two_is_held_by_one(fan: NewFan, new_event: NewEvent) -> None:
    event = await new_event()
    buyers = await asyncio.gather(*(fan(gateway=number % 2) for number in range(8)))
    admissions = await asyncio.gather(*(buyer.enter(event["id"]) for buyer in buyers))
    seat = (await buyers[0].seats(event["id"]))[7]["id"]
    answers = await asyncio.gather(
        *(
            buyer.hold(event["id"], admission, {"seat_ids": [seat]})
            for buyer, admission in zip(buyers, admissions, strict=True)
        )
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    refused = next(answer for answer in answers if answer.status == 409)
    assert refused["code"] == "seats_unavailable"
    assert refused["unavailable"] == [seat]


async def test_a_seat_change_reaches_the_other_gateway_within_a_second(
    fan: NewFan, new_event: NewEvent
) -> None:
    event = await new_event()
    watcher, buyer = await fan(gateway=1), await fan(gateway=0)
    admission = await buyer.enter(event["id"])
    seat = (await buyer.seats(event["id"]))[3]["id"]
    async with watcher.live() as live:
        await live.send_json({"type": "subscribe", "data": {"event_id": event["id"]}})
        subscribed = await messages_until(live, "subscribed")
        assert subscribed["event_id"] == event["id"]
        started = time.monotonic()
        held = await buyer.hold(event["id"], admission, {"seat_ids": [seat]})
        assert held.status == 201, held
        update = await messages_until(live, "seat-update")
        assert time.monotonic() - started < 1
        assert update["changes"] == [[3, "h"]]
        assert (await buyer.pay(held["hold"]["id"])).status == 201
        update = await messages_until(live, "seat-update")
        assert update["changes"] == [[3, "s"]]


async def test_above_the_capacity_people_enter_in_order(fan: NewFan, new_event: NewEvent) -> None:
    event = await new_event(capacity=2)
    people = [await fan(gateway=number % 2) for number in range(6)]
    for person in people[:2]:
        await person.enter(event["id"])
    joined = [await person.join(event["id"]) for person in people[2:]]
    assert [answer.status for answer in joined] == [202] * 4
    assert [answer["position"] for answer in joined] == [1, 2, 3, 4]
    again = await people[2].join(event["id"])
    assert again["number"] == joined[0]["number"]

    entered = people[:2]
    for expected in people[2:]:
        await entered.pop(0).call("DELETE", f"/api/events/{event['id']}/queue")
        places = await wait_until_one_enters(people[people.index(expected) :], event["id"])
        assert places[0] == "admitted"
        assert set(places[1:]) <= {"waiting"}
        entered.append(expected)


async def wait_until_one_enters(people: list[Person], event_id: str) -> list[str]:
    """Wait until one of the people is admitted. Returns the status of each."""
    async with asyncio.timeout(10):
        while True:
            places = [(await person.place(event_id))["status"] for person in people]
            if "admitted" in places:
                return places
            await asyncio.sleep(0.1)


async def test_a_line_is_let_in_at_the_pace(
    fan: NewFan, organiser: Person, new_event: NewEvent
) -> None:
    event = await new_event(capacity=1, per_second=4)
    people = list(await asyncio.gather(*(fan(gateway=number % 2) for number in range(13))))
    for person in people:
        await person.join(event["id"])
    changed = await organiser.call(
        "PATCH", f"/api/admin/events/{event['id']}/queue", {"capacity": 100}
    )
    assert changed.status == 200, changed
    looks, moments = await watch_entries(people[1:], event["id"])
    # 12 people at 4 a second. The first few may enter in one burst.
    assert 1.5 < max(moments) - min(moments) < 10
    # In order. Only a person who was polled just before the round that let two people in is seen
    # as admitted one look later.
    assert all(behind >= ahead - 1 for ahead, behind in pairwise(looks)), looks


async def watch_entries(people: list[Person], event_id: str) -> tuple[list[int], list[float]]:
    """Poll everybody's place every 0.1 s, until all are admitted.

    Returns, in the order of the people, the number of the poll that first saw each of them
    admitted, and the time of that poll.
    """
    looks: dict[int, int] = {}
    moments: dict[int, float] = {}
    async with asyncio.timeout(20):
        for look in count():
            waiting = [index for index in range(len(people)) if index not in moments]
            places = await asyncio.gather(*(people[index].place(event_id) for index in waiting))
            now = time.monotonic()
            for index, place in zip(waiting, places, strict=True):
                if place["status"] == "admitted":
                    looks[index], moments[index] = look, now
            if len(moments) == len(people):
                break
            await asyncio.sleep(0.1)
    everyone = range(len(people))
    return [looks[index] for index in everyone], [moments[index] for index in everyone]


async def test_a_hold_needs_an_admission(fan: NewFan, new_event: NewEvent) -> None:
    event = await new_event()
    stranger = await fan()
    seat = (await stranger.seats(event["id"]))[0]["id"]
    refused = await stranger.hold(event["id"], "", {"seat_ids": [seat]})
    assert (refused.status, refused["code"]) == (403, "admission_required")


async def test_the_metrics_service_tells_the_length_of_the_line(
    fan: NewFan, new_event: NewEvent, deployment: Deployment
) -> None:
    event = await new_event(capacity=1)
    for _ in range(3):
        await (await fan()).join(event["id"])
    service = await fan()
    service.base_url = deployment.of("metrics")[1].url
    expected = f'tiketi_queue_waiting{{event_id="{event["id"]}"}} 2.0'
    async with asyncio.timeout(10):
        while True:
            told = await service.call("GET", "/metrics")
            if expected in told.body.decode():
                return
            await asyncio.sleep(0.3)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/me", None, 401, "unauthenticated"),
        ("GET", "/api/events/{event}/queue", None, 401, "unauthenticated"),
        ("POST", "/api/auth/signup", {"email": "nobody"}, 422, "invalid"),
        ("POST", "/api/auth/signup", [], 422, "invalid"),
        ("GET", "/api/events/0123456789abcdefghjk", None, 404, "not_found"),
        ("GET", "/api/nothing", None, 404, "not_found"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem_document(  # noqa: PLR0917  one per column
    visitor: NewVisitor,
    new_event: NewEvent,
    method: str,
    path: str,
    body: object,
    status: int,
    code: str,
) -> None:
    event = await new_event()
    answer = await visitor().call(method, path.replace("{event}", event["id"]), body)
    assert (answer.status, answer["code"]) == (status, code)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer["request_id"] == answer.headers["X-Request-Id"]
