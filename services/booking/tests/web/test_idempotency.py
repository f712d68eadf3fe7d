"""One Idempotency-Key: the same request, another request, another hold, another user, a refusal."""

import asyncio
from typing import Any

import pytest
from services.booking.tests.harness import Audit, Client, Json, Person

KINDS = pytest.mark.parametrize("kind", ["seats", "standing"])


def wish(event: Json, kind: str, first: int = 0) -> dict[str, Any]:
    if kind == "seats":
        return {"seat_ids": [f"s{first}", f"s{first + 1}"]}
    return {"ticket_type_id": event["ticket_types"][1]["id"], "quantity": 2}


async def held(buyer: Person, event: Json, kind: str, first: int = 0, **headers: str) -> Any:
    answer = await buyer.hold(event["id"], wish(event, kind, first), **headers)
    assert answer.status == 201, answer.body
    return answer.body["hold"]


@KINDS
async def test_a_key_pays_each_of_two_holds(client: Client, kind: str) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    holds = [await held(buyer, event, kind, first) for first in (0, 2)]
    answers = [await buyer.pay(hold["id"], Idempotency_Key="k") for hold in holds]
    assert [answer.status for answer in answers] == [201, 201]
    assert len({answer.body["order"]["id"] for answer in answers}) == 2
    assert len((await buyer.call("GET", "/api/orders")).body["orders"]) == 2


@KINDS
async def test_a_key_pays_the_holds_of_two_buyers(client: Client, kind: str) -> None:
    event, buyers = await client.event(), await client.known(2)
    for place, buyer in enumerate(buyers):
        hold = await held(buyer, event, kind, 2 * place)
        paid = await buyer.pay(hold["id"], Idempotency_Key="k")
        orders = (await buyer.call("GET", "/api/orders")).body["orders"]
        assert [order["id"] for order in orders] == [paid.body["order"]["id"]]


async def test_a_key_holds_seats_of_each_of_two_events(client: Client) -> None:
    events, (buyer,) = [await client.event() for _ in range(2)], await client.known(1)
    holds = [await held(buyer, event, "seats", Idempotency_Key="k") for event in events]
    assert [hold["event_id"] for hold in holds] == [event["id"] for event in events]


@KINDS
async def test_a_hold_made_again_with_its_key_is_the_same_hold(
    client: Client, kind: str, audit: Audit
) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    first, again = [await held(buyer, event, kind, Idempotency_Key="k") for _ in range(2)]
    assert first == again
    other = await buyer.hold(event["id"], {"seat_ids": ["s9"]}, Idempotency_Key="k")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert await audit(client.database) == {}


@KINDS
async def test_a_refund_repeated_with_its_key_gives_back_once(
    client: Client, kind: str, audit: Audit
) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    order = await buyer.buy(event["id"], wish(event, kind))
    one, other = order["tickets"]
    path = f"/api/orders/{order['id']}/refund"
    body = {"ticket_ids": [one["id"]]}
    first, again = [await buyer.call("POST", path, body, Idempotency_Key="r") for _ in range(2)]
    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body
    reused = await buyer.call("POST", path, {"ticket_ids": [other["id"]]}, Idempotency_Key="r")
    assert (reused.status, reused.body["code"]) == (422, "idempotency_key_reused")
    now = (await buyer.call("GET", f"/api/orders/{order['id']}")).body["order"]
    assert now["refunded"] == one["price"]
    assert await audit(client.database) == {}


@KINDS
async def test_after_a_refusal_the_same_key_is_decided_anew(client: Client, kind: str) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    hold = await held(buyer, event, kind)
    for _ in range(2):
        down = await buyer.pay(hold["id"], "tok_error", Idempotency_Key="k")
        assert (down.status, down.body["code"]) == (503, "payment_provider_unavailable")
    order = (await buyer.pay(hold["id"])).body["order"]
    path = f"/api/orders/{order['id']}/refund"
    body = {"ticket_ids": [order["tickets"][0]["id"], "another"]}
    for _ in range(2):
        assert (await buyer.call("POST", path, body, Idempotency_Key="k")).status == 404


@KINDS
async def test_a_repeat_while_the_first_request_runs_is_told_so(client: Client, kind: str) -> None:
    """The first is stopped between two statements: it waits for the buyer's lock."""
    event, (buyer,) = await client.event(), await client.known(1)
    hold = await held(buyer, event, kind)
    database = client.database
    async with database.transaction() as gate:
        await gate.execute(
            "SELECT pg_advisory_xact_lock(buyer_lock($1, $2))", event["id"], buyer.id
        )
        first = asyncio.create_task(buyer.pay(hold["id"], Idempotency_Key="k"))
        async with asyncio.timeout(20):
            query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
            while not await database.value(query):  # noqa: ASYNC110  locks tell nobody
                await asyncio.sleep(0.01)
        repeat = await buyer.pay(hold["id"], Idempotency_Key="k")
        assert (repeat.status, repeat.body["code"]) == (409, "still_running")
    paid = await first
    assert paid.status == 201
    assert (await buyer.pay(hold["id"], Idempotency_Key="k")).body == paid.body
