"""The waiting list of a sold-out event, up to the paid offer."""

from typing import Any

from services.booking.tests.harness import Client, Until


async def test_a_sold_out_event_has_a_waiting_list_that_offers_what_comes_back(
    client: Client, until: Until
) -> None:
    layout = {"sections": [{"name": "A", "rows": 1, "seats_per_row": 2, "ticket_type": "R"}]}
    event = await client.event(
        layout=layout, ticket_types=[{"name": "R", "price": 100_000, "kind": "seated"}]
    )
    path = f"/api/events/{event['id']}/waitlist"
    buyer, waiter = await client.person(), await client.person()
    refused = await waiter.call("POST", path, {"quantity": 2})
    assert (refused.status, refused.body["code"]) == (409, "not_sold_out")
    assert (await waiter.call("GET", path)).body["code"] == "not_waiting"
    order = await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})

    async def joined() -> Any:
        """A moment after the sale: each instance's picture of the seats is a little old."""
        answer = await waiter.call("POST", path, {"quantity": 2})
        return answer if answer.status == 201 else None

    place = (await until(joined)).body
    assert (place["status"], place["position"], place["total"]) == ("waiting", 1, 1)
    await buyer.call("POST", f"/api/orders/{order['id']}/refund", {})

    async def offered() -> Any:
        return (await waiter.call("GET", path)).body["offer"]

    offer = await until(offered)
    hold = await waiter.call("GET", f"/api/holds/{offer['hold_id']}")
    assert len(hold.body["hold"]["seats"]) == 2
    assert (await waiter.pay(offer["hold_id"])).status == 201
