"""Every figure that is shown or exported, compared with a count of what buyers were told."""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

SECTIONS = [
    {"name": "Front", "rows": 2, "seats_per_row": 6, "ticket_type": "R"},
    {"name": "Back", "rows": 1, "seats_per_row": 8, "ticket_type": "B"},
]
TYPES = [
    {"name": "R", "price": 110_000, "kind": "seated"},
    {"name": "B", "price": 70_000, "kind": "seated"},
    {"name": "S", "price": 30_000, "kind": "general", "capacity": 17},
]
TOTAL = 12 + 8 + 17


@pytest.fixture
async def event(client: Any) -> Any:
    return await client.event(ticket_types=TYPES, layout={"sections": SECTIONS}, max_per_user=7)


@pytest.fixture
async def admin(client: Any) -> Any:
    return replace((await client.known(1))[0], role="admin")


@pytest.fixture
async def buyers(client: Any, event: Any, admin: Any) -> list[Any]:
    """After a busy evening: tickets of every type and state, holds open and ended, blocks."""
    event_id, standing = event["id"], event["ticket_types"][2]["id"]
    buyers: list[Any] = await client.known(6)
    one, two, three, four, five, six = buyers
    staff = replace(admin, role="staff")

    async def refund(buyer: Any, order: Any, *tickets: Any) -> None:
        body = {"ticket_ids": [ticket["id"] for ticket in tickets]}
        path = f"/api/orders/{order['id']}/refund"
        assert (await buyer.call("POST", path, body)).status == 200

    async def let_in(*tickets: Any) -> None:
        for ticket in tickets:
            body = {"code": ticket["code"], "device": "north"}
            assert (await staff.call("POST", "/api/checkin", body)).status == 200

    order = await one.buy(event_id, {"seat_ids": ["s0", "s1", "s12", "s13"]})
    await let_in(order["tickets"][0], order["tickets"][3])
    await refund(one, order, order["tickets"][2])
    order = await two.buy(event_id, {"ticket_type_id": standing, "quantity": 5})
    await let_in(order["tickets"][0])
    await refund(two, order, *order["tickets"][1:3])
    order = await three.buy(event_id, {"seat_ids": ["s2"]})
    await refund(three, order, *order["tickets"])
    turn = four.admission(event_id)  # makes two orders
    holds = [
        await four.hold(event_id, wish, Queue_Admission=turn)
        for wish in ({"seat_ids": ["s3"]}, {"ticket_type_id": standing, "quantity": 1})
    ]
    for hold in holds:
        assert (await four.pay(hold.body["hold"]["id"])).status == 201
    await five.hold(event_id, {"seat_ids": ["s4", "s5", "s14"]})
    given_up = await six.hold(event_id, {"ticket_type_id": standing, "quantity": 3})
    await six.call("DELETE", f"/api/holds/{given_up.body['hold']['id']}")
    await six.hold(event_id, {"ticket_type_id": standing, "quantity": 2})
    blocked = {"seat_ids": ["s18", "s19"]}
    assert (await admin.call("POST", f"/api/admin/events/{event_id}/block", blocked)).status == 204
    return buyers


HELD, BLOCKED, OPEN_HOLDS, REFUNDS, TURNS_USED, GIVEN_UP = 5, 2, 2, 3, 4, 1


async def told(buyers: list[Any]) -> tuple[list[Any], list[Any]]:
    """The orders and the tickets that the buyers see as theirs."""
    orders = [
        order
        for buyer in buyers
        for order in (await buyer.call("GET", "/api/orders")).body["orders"]
    ]
    return orders, [ticket for order in orders for ticket in order["tickets"]]


def live(tickets: list[Any]) -> list[Any]:
    return [ticket for ticket in tickets if ticket["state"] != "refunded"]


def worth(tickets: list[Any]) -> int:
    return sum(ticket["price"] for ticket in tickets)


async def test_the_report_says_what_buyers_have(event: Any, admin: Any, buyers: list[Any]) -> None:
    orders, tickets = await told(buyers)
    report = (await admin.call("GET", f"/api/admin/events/{event['id']}/report")).body
    assert Counter(ticket["state"] for ticket in tickets) == {"valid": 5, "used": 3, "refunded": 4}
    assert (report["sold"], report["revenue"]) == (len(live(tickets)), worth(live(tickets)))
    assert report["revenue"] == sum(order["total"] - order["refunded"] for order in orders)
    assert (report["orders"], report["refunds"], report["held"]) == (len(orders), REFUNDS, HELD)
    assert report["seats_total"] == TOTAL
    assert report["seats_left"] == TOTAL - len(live(tickets)) - HELD - BLOCKED
    for kind in report["ticket_types"]:
        mine = [ticket for ticket in tickets if ticket["ticket_type"] == kind["name"]]
        states = Counter(ticket["state"] for ticket in mine)
        assert (kind["sold"], kind["revenue"]) == (len(live(mine)), worth(live(mine)))
        assert (kind["used"], kind["refunded"]) == (states["used"], states["refunded"])
    by_hour = report["by_hour"]
    assert sum(hour["orders"] for hour in by_hour) == len(orders)
    assert sum(hour["amount"] for hour in by_hour) == sum(order["total"] for order in orders)


async def test_the_export_has_each_ticket_as_its_buyer_sees_it(
    event: Any, admin: Any, buyers: list[Any]
) -> None:
    orders, tickets = await told(buyers)
    answer = await admin.call("GET", f"/api/admin/events/{event['id']}/report?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    seen = {
        row["ticket_id"]: (row["ticket_type"], int(row["price"]), row["state"], row["number"])
        for row in rows
    }
    assert len(rows) == len(seen)
    assert seen == {
        ticket["id"]: (
            ticket["ticket_type"], ticket["price"], ticket["state"],
            ticket["seat"]["number"] if ticket["seat"] else "",
        )
        for ticket in tickets
    }  # fmt: skip
    of_order = Counter(row["order_id"] for row in rows)
    assert of_order == {order["id"]: len(order["tickets"]) for order in orders}


async def test_the_export_of_a_large_hall_has_every_ticket_once(client: Any, admin: Any) -> None:
    """It is read a thousand tickets at a time: exactly so many, and one more."""
    standing = {"name": "S", "price": 30_000, "kind": "general", "capacity": 1_100}
    event = await client.event(ticket_types=[standing], layout={}, max_per_user=100)
    path = f"/api/admin/events/{event['id']}/report?format=csv"
    wish = {"ticket_type_id": event["ticket_types"][0]["id"]}
    sold: list[str] = []
    for buyer, quantity in zip(await client.known(11), [*[100] * 10, 1], strict=True):
        order = await buyer.buy(event["id"], {**wish, "quantity": quantity})
        sold += [ticket["id"] for ticket in order["tickets"]]
        if len(sold) >= 1_000:
            rows = csv.DictReader(io.StringIO((await admin.call("GET", path)).body.decode()))
            assert sorted(row["ticket_id"] for row in rows) == sorted(sold)
    assert len(sold) == 1_001


async def test_the_services_are_told_what_buyers_have(
    client: Any, event: Any, buyers: list[Any]
) -> None:
    orders, tickets = await told(buyers)
    left = TOTAL - len(live(tickets)) - HELD - BLOCKED
    stats = (await client.service("GET", "/internal/stats")).body["events"][event["id"]]
    assert (stats["sold"], stats["revenue"]) == (len(live(tickets)), worth(live(tickets)))
    assert (stats["seats_total"], stats["left"], stats["held"]) == (TOTAL, left, HELD)
    assert (stats["orders"], stats["refunds"]) == (len(orders), REFUNDS)
    assert (stats["admissions_used"], stats["sold_last_hour"]) == (TURNS_USED, len(tickets))
    sales = (await client.service("GET", "/internal/sales")).body["sales"]
    (sale,) = [one for one in sales if one["event_id"] == event["id"]]
    assert (sale["seats_total"], sale["seats_left"]) == (TOTAL, left)
    assert (sale["seats_held"], sale["seats_sold"]) == (HELD, len(live(tickets)))
    assert (sale["open_holds"], sale["holds_returned"]) == (OPEN_HOLDS, GIVEN_UP)
    assert sale["holds_paid"] == len(orders)


async def test_everybody_is_told_how_many_are_left(
    client: Any, event: Any, buyers: list[Any]
) -> None:
    _, tickets = await told(buyers)
    left = TOTAL - len(live(tickets)) - HELD - BLOCKED
    seen = (await client.call("GET", f"/api/events/{event['id']}/availability")).body
    # The event's page is a quarter of a second behind, unless somebody has looked at the seats.
    assert (await client.call("GET", f"/api/events/{event['id']}")).body["seats_left"] == left
    standing = [ticket for ticket in live(tickets) if ticket["seat"] is None]
    assert [one["left"] for one in seen["general"]] == [17 - len(standing) - 2]
    assert Counter(seen["states"]) == {
        "s": len(live(tickets)) - len(standing), "h": 3, "x": BLOCKED,
        "a": left - (17 - len(standing) - 2),
    }  # fmt: skip


async def test_a_standing_area_of_another_size_has_that_many_less_those_taken(
    client: Any, event: Any, admin: Any, buyers: list[Any]
) -> None:
    path = f"/api/events/{event['id']}/availability"
    taken = 17 - (await client.call("GET", path)).body["general"][0]["left"]
    for capacity in (11, 23):
        change = {"ticket_types": [{"id": event["ticket_types"][2]["id"], "capacity": capacity}]}
        changed = await admin.call("PATCH", f"/api/admin/events/{event['id']}", change)
        seen = (await client.call("GET", path)).body
        assert seen["general"][0]["left"] == capacity - taken
        assert changed.body["seats_left"] == seen["states"].count("a") + capacity - taken


async def test_pages_of_any_size_have_every_order_once_the_latest_first(
    client: Any, event: Any, admin: Any
) -> None:
    (buyer,) = await client.known(1)
    made = [(await buyer.buy(event["id"], {"seat_ids": [f"s{n}"]}))["id"] for n in range(4)]
    for who, path in ((buyer, "/api/orders"), (admin, f"/api/admin/events/{event['id']}/orders")):
        for limit in (1, 2, 3, 4, 5):
            pages = [page async for page in _pages(who, f"{path}?limit={limit}")]
            assert all(len(page) <= limit for page in pages)
            assert [order["id"] for page in pages for order in page] == made[::-1]


async def _pages(who: Any, path: str) -> AsyncIterator[list[Any]]:
    cursor = ""
    while cursor is not None:
        page = (await who.call("GET", f"{path}&cursor={cursor}")).body
        yield page["orders"]
        cursor = page["next_cursor"]
