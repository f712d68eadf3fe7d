"""What is somebody's is theirs alone: for strangers, door staff and admins, seats and standing."""

from dataclasses import replace
from typing import Any

import pytest
from services.booking.tests.harness import Client, Json

KINDS = pytest.mark.parametrize("kind", ["seats", "standing"])


async def strangers(client: Client) -> list[Any]:
    """Another customer, somebody of the door staff, an admin."""
    people = await client.known(3)
    roles = ("customer", "staff", "admin")
    return [replace(one, role=role) for one, role in zip(people, roles, strict=True)]


def wish(event: Json, kind: str, first: int = 0) -> dict[str, Any]:
    if kind == "seats":
        return {"seat_ids": [f"s{first}", f"s{first + 1}"]}
    return {"ticket_type_id": event["ticket_types"][1]["id"], "quantity": 2}


@KINDS
async def test_a_hold_is_seen_paid_and_given_up_by_its_holder_only(
    client: Client, kind: str
) -> None:
    event, (holder,) = await client.event(), await client.known(1)
    hold = (await holder.hold(event["id"], wish(event, kind))).body["hold"]
    for stranger in await strangers(client):
        assert (await stranger.call("GET", f"/api/holds/{hold['id']}")).status == 404
        assert (await stranger.call("DELETE", f"/api/holds/{hold['id']}")).status == 404
        assert (await stranger.pay(hold["id"])).status == 404
    assert (await holder.call("GET", f"/api/holds/{hold['id']}")).body["hold"] == hold
    assert (await holder.pay(hold["id"])).status == 201


@KINDS
async def test_an_order_is_seen_by_its_buyer_and_given_back_by_them_or_an_admin(
    client: Client, kind: str
) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    order = await buyer.buy(event["id"], wish(event, kind))
    path = f"/api/orders/{order['id']}"
    files = [f"{path}/{name}" for name in ("tickets.pdf", "receipt.pdf", "event.ics")]
    codes = [f"/api/tickets/{ticket['id']}/qr.svg" for ticket in order["tickets"]]
    customer, staff, admin = await strangers(client)
    for one in (path, *files, *codes):
        assert (await buyer.call("GET", one)).status == 200
        for stranger in (customer, staff, admin):
            assert (await stranger.call("GET", one)).status == 404
    for stranger in (customer, staff):
        assert (await stranger.call("GET", "/api/orders")).body["orders"] == []
        assert (await stranger.call("POST", f"{path}/refund")).status == 404
    assert (await buyer.call("GET", path)).body["order"]["status"] == "paid"
    assert (await admin.call("POST", f"{path}/refund")).status == 200
    assert (await buyer.call("GET", path)).body["order"]["status"] == "refunded"


async def test_a_place_on_the_waiting_list_is_its_owners(client: Client) -> None:
    section = {"name": "A", "rows": 1, "seats_per_row": 2, "ticket_type": "R"}
    event = await client.event(
        layout={"sections": [section]}, ticket_types=[{"name": "R", "price": 110_000}]
    )
    buyer, waiter = await client.known(2)
    await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})
    path = f"/api/events/{event['id']}/waitlist"
    assert (await waiter.call("POST", path, {"quantity": 2})).status == 201
    for stranger in await strangers(client):
        assert (await stranger.call("GET", path)).status == 404
        assert (await stranger.call("DELETE", path)).status == 404
    assert (await waiter.call("GET", path)).body["status"] == "waiting"
