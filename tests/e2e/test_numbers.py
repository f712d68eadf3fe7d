"""Every number that a sale shows equals a count of the people, from the lobby to a refund.

The test asks each fan for their place, and adds up what they hold and have bought. The line's
shared document (at both gateways), the organiser's live page and report, and the metrics of the
metrics and queue instances must show the same numbers.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.harness import Answer, Json, NewFan, Person, concert, stamp

from tiketi_local.deployment import Deployment, Instance

PRICES = {"Stalls": 120_000, "Standing": 66_000}
SEATS = {"Stalls": 40, "Standing": 10}
CAPACITY = 3
WITHIN = 20
"""Seconds until all numbers must be equal. The slowest source polls every three seconds."""


async def event_with_a_lobby(organiser: Person) -> Json:
    content = concert(capacity=CAPACITY, per_second=20)
    content["sale_opens_at"] = stamp(datetime.now(UTC) + timedelta(minutes=10))
    content["queue"] |= {"policy": "lobby", "lobby_seconds": 3600, "invite_codes": ["GOLD"]}
    answer = await organiser.call("POST", "/api/admin/events", content)
    assert answer.status == 201, answer
    event: Json = answer.body
    return event


class Books:
    """The test's own count, and the numbers that the services show."""

    def __init__(self, deployment: Deployment, organiser: Person, event: Json) -> None:
        self.deployment = deployment
        self.organiser = organiser
        self.event_id = event["id"]
        self.people: list[Person] = []
        self.held: Counter[str] = Counter()
        self.sold: Counter[str] = Counter()
        self.orders = 0
        self.refunds = 0

    async def count_by_status(self) -> Counter[str]:
        """How many people have each status. People without a place are not counted."""
        answers = await asyncio.gather(*(person.place(self.event_id) for person in self.people))
        return Counter(answer["status"] for answer in answers if answer.status == 200)

    async def expected(self) -> Json:
        people = await self.count_by_status()
        sold, held = self.sold.total(), self.held.total()
        return {
            "waiting": people["lobby"] + people["waiting"],
            "lobby": people["lobby"],
            "active": people["admitted"],
            "capacity": CAPACITY,
            "sold": sold,
            "held": held,
            "left": sum(SEATS.values()) - sold - held,
            "revenue": sum(PRICES[name] * number for name, number in self.sold.items()),
            "orders": self.orders,
            "refunds": self.refunds,
        }

    async def agree(self, **counted: int) -> None:
        """Check the count against `counted`, which the test knows, and then wait until every
        source shows the same numbers."""
        expected = await self.expected()
        assert {name: expected[name] for name in counted} == counted
        deadline = time.monotonic() + WITHIN
        while differences := await self.find_differences(expected):
            assert time.monotonic() < deadline, f"{differences}, expected {expected}"
            await asyncio.sleep(0.3)

    async def find_differences(self, expected: Json) -> Json:
        """The sources that show other numbers, with these numbers."""
        says = {
            **await self.shared_documents(), **await self.live_page(), **await self.report(),
            **await self.exported(),
        }  # fmt: skip
        return {
            who: figures
            for who, figures in says.items()
            if figures != {name: expected[name] for name in figures}
        }

    async def shared_documents(self) -> Json:
        path = f"/api/events/{self.event_id}/queue/status"
        says = {}
        for url in self.deployment.gateway_urls:
            visitor = Person(self.organiser.http, url)
            document = (await visitor.call("GET", path)).body
            says[f"shared document at {url}"] = {
                "waiting": document.get("waiting"),
                "active": document.get("active"),
                "capacity": document.get("capacity"),
                "left": document.get("seats_left"),
            }
        return says

    async def live_page(self) -> Json:
        """The event's figures, the last points of its charts, and the signal for scaling."""
        overview = (await self.organiser.call("GET", "/api/admin/overview")).body
        event = {each["id"]: each for each in overview["events"]}.get(self.event_id)
        if event is None:
            return {"live page": {"waiting": "no such event"}}
        charts = {
            name: (event["series"][name] or [None])[-1]
            for name in ("waiting", "active", "sold", "held")
        }
        others = sum(
            each["waiting"] or 0 for each in overview["events"] if each["id"] != self.event_id
        )
        figures = (
            "waiting", "lobby", "active", "capacity", "sold", "held", "left", "revenue", "orders",
            "refunds",
        )  # fmt: skip
        return {
            "live page": {name: event[name] for name in figures},
            "charts": charts,
            "scaling signal": {"waiting": overview["scaling"]["waiting"] - others},
        }

    async def report(self) -> Json:
        report = await self.organiser.call("GET", f"/api/admin/events/{self.event_id}/report")
        names = ("sold", "held", "revenue", "orders", "refunds")
        return {"report": {**{name: report[name] for name in names}, "left": report["seats_left"]}}

    async def exported(self) -> Json:
        says: Json = {}
        for index, instance in enumerate(self.deployment.of("metrics")):
            text = await self.metrics_of(instance)
            says[f"metrics {index}"] = {
                "waiting": text("tiketi_queue_waiting"),
                "lobby": text("tiketi_queue_lobby"),
                "active": text("tiketi_queue_active"),
                "capacity": text("tiketi_queue_capacity"),
                "sold": text("tiketi_sales_seats_sold"),
                "held": text("tiketi_sales_seats_held"),
                "left": text("tiketi_sales_seats_left"),
                "orders": text("tiketi_sales_orders"),
                "refunds": text("tiketi_sales_refunds"),
                "revenue": text("tiketi_sales_revenue"),
            }
        for index, instance in enumerate(self.deployment.of("queue")):
            text = await self.metrics_of(instance)
            says[f"queue {index}"] = {
                "waiting": text("tiketi_line_waiting"),
                "active": text("tiketi_line_active"),
            }
        return says

    async def metrics_of(self, instance: Instance) -> Callable[[str], float | None]:
        """The value of one of this event's metrics, by its name."""
        visitor = Person(self.organiser.http, instance.operations_url)
        rows = (await visitor.call("GET", "/metrics")).body.decode().splitlines()

        def value(name: str) -> float | None:
            for row in rows:
                if row.startswith(name + "{") and f'event_id="{self.event_id}"' in row:
                    return float(row.rpartition(" ")[2])
            return None

        return value


@pytest.fixture
async def books(deployment: Deployment, organiser: Person) -> Books:
    return Books(deployment, organiser, await event_with_a_lobby(organiser))


async def wait_for_phase(person: Person, event_id: str, phase: str) -> None:
    """Wait until the queue knows the event or its change, which takes it up to two seconds."""
    deadline = time.monotonic() + 10
    path = f"/api/events/{event_id}/queue/status"
    while (answer := await person.call("GET", path)).status != 200 or answer["phase"] != phase:
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.1)


async def wait_until_admitted(
    people: list[Person], event_id: str, number: int
) -> dict[Person, str]:
    """Wait until so many people are admitted, and return them with their admission tokens."""
    async with asyncio.timeout(WITHIN):
        while True:
            places = await asyncio.gather(*(person.place(event_id) for person in people))
            inside = {
                person: place["admission"]["token"]
                for person, place in zip(people, places, strict=True)
                if place.status == 200 and place["status"] == "admitted"
            }
            if len(inside) == number:
                return inside
            await asyncio.sleep(0.1)


async def join_once_known(person: Person, path: str, body: Json | None) -> Answer:
    """Join; the queue's instances learn of a new event one after the other, within two seconds."""
    async with asyncio.timeout(10):
        while (joined := await person.call("POST", path, body)).status == 404:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return joined


async def test_every_number_is_that_of_the_people_from_the_lobby_to_a_refund(
    fan: NewFan, organiser: Person, books: Books
) -> None:
    event_id = books.event_id
    books.people = list(await asyncio.gather(*(fan(gateway=number % 2) for number in range(9))))
    for person in books.people[:2]:
        await wait_for_phase(person, event_id, "lobby")
    path = f"/api/events/{event_id}/queue"
    for index, person in enumerate(books.people):
        joined = await join_once_known(person, path, {"code": "GOLD"} if index < 2 else None)
        assert (joined.status, joined["status"]) == (202, "lobby"), joined
    assert (await books.people[-1].call("DELETE", path)).status == 204
    await books.agree(waiting=8, lobby=8, active=0, sold=0, held=0)

    opened = {"sale_opens_at": stamp(datetime.now(UTC) - timedelta(seconds=1))}
    answer = await organiser.call("PATCH", f"/api/admin/events/{event_id}", opened)
    assert answer.status == 200, answer
    inside = await wait_until_admitted(books.people, event_id, CAPACITY)
    assert set(books.people[:2]) <= set(inside), "people with a code are not first"
    await books.agree(waiting=5, lobby=0, active=CAPACITY, sold=0, held=0)

    (stalls, stalls_token), (standing, standing_token), _ = inside.items()
    seats = await stalls.seats(event_id)
    wish: Json = {"seat_ids": [seat["id"] for seat in seats[:3]]}
    seated = await stalls.hold(event_id, stalls_token, wish)
    assert seated.status == 201, seated
    kinds = (await stalls.call("GET", f"/api/events/{event_id}"))["ticket_types"]
    general = next(kind["id"] for kind in kinds if kind["kind"] == "general")
    wish = {"ticket_type_id": general, "quantity": 2}
    stood = await standing.hold(event_id, standing_token, wish)
    assert stood.status == 201, stood
    books.held = Counter({"Stalls": 3, "Standing": 2})
    await books.agree(waiting=5, active=CAPACITY, held=5, sold=0)

    paid = await stalls.pay(seated["hold"]["id"])
    assert paid.status == 201, paid
    books.held, books.sold, books.orders = Counter({"Standing": 2}), Counter({"Stalls": 3}), 1
    await wait_until_admitted(
        [person for person in books.people if person is not stalls], event_id, CAPACITY
    )
    await books.agree(waiting=4, active=CAPACITY, held=2, sold=3)

    assert (await standing.pay(stood["hold"]["id"])).status == 201
    books.held, books.sold, books.orders = Counter(), Counter(PRICES), 2
    books.sold = Counter({"Stalls": 3, "Standing": 2})
    outside = [person for person in books.people if person not in {stalls, standing}]
    await wait_until_admitted(outside, event_id, CAPACITY)
    await books.agree(waiting=3, active=CAPACITY, held=0, sold=5)

    order = paid["order"]["id"]
    refunded = await stalls.call("POST", f"/api/orders/{order}/refund", {}, Idempotency_Key="once")
    assert refunded.status == 200, refunded
    books.sold, books.refunds = Counter({"Standing": 2}), 1
    await books.agree(waiting=3, active=CAPACITY, held=0, sold=2)
