"""The main path: sign up, look, hold, pay, and what the second buyer is told."""

from datetime import UTC, datetime, timedelta

from services.booking.tests.harness import Client


async def test_a_sale_from_sign_up_to_ticket(client: Client) -> None:
    now = datetime.now(UTC)
    soon = {"starts_at": now + timedelta(hours=2), "sale_closes_at": now + timedelta(hours=1)}
    event = await client.event(**soon)  # the list, soonest first, has those of other tests too
    buyer, other = await client.person(), await client.person()
    listed = await client.call("GET", "/api/events?limit=100")
    assert event["id"] in [one["id"] for one in listed.body["events"]]

    held = await buyer.hold(event["id"], {"seat_ids": ["s3", "s2"]})
    assert held.status == 201, held.body
    hold = held.body["hold"]
    assert [seat["id"] for seat in hold["seats"]] == ["s2", "s3"]
    assert hold["total"] == 200_000
    refused = await other.hold(event["id"], {"seat_ids": ["s3", "s4"]})
    assert (refused.status, refused.body["code"]) == (409, "seats_unavailable")
    assert refused.body["unavailable"] == ["s3"]

    seen = await client.call("GET", f"/api/events/{event['id']}/availability")
    assert seen.body["states"] == "aahh" + "a" * 36
    paid = await buyer.pay(hold["id"])
    assert paid.status == 201, paid.body
    assert len(paid.body["order"]["tickets"]) == 2
    seen = await client.call("GET", f"/api/events/{event['id']}/availability")
    assert seen.body["states"] == "aass" + "a" * 36
    orders = await buyer.call("GET", "/api/orders")
    assert [order["id"] for order in orders.body["orders"]] == [paid.body["order"]["id"]]
