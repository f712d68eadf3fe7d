"""Paying: every token of the sandbox, repeats, late answers, and crashes between any two steps."""

import asyncio
import dataclasses
from typing import Any

import pytest

from tiketi_booking.domain.payments import Charged, ChargeRequest, Declined
from tiketi_booking.web import keys


async def _held(client: Any, seats: tuple[str, ...] = ("s0", "s1")) -> tuple[Any, Any, Any]:
    event, (buyer,) = await client.event(), await client.known(1)
    answer = await buyer.hold(event["id"], {"seat_ids": list(seats)})
    assert answer.status == 201
    return event, buyer, answer.body["hold"]


async def _states(client: Any, event: Any) -> str:
    answer = await client.call("GET", f"/api/events/{event['id']}/availability")
    return str(answer.body["states"][:4])


async def _run_out(client: Any, hold: Any, seconds: float = 1) -> None:
    """Let the hold's time pass."""
    database = client.database
    await database.execute(
        "UPDATE holds SET expires_at = now() - $2 * interval '1 second' WHERE id = $1",
        hold["id"], seconds,
    )  # fmt: skip
    await database.execute(
        "UPDATE seats SET hold_until = now() - $2 * interval '1 second' WHERE hold_id = $1",
        hold["id"], seconds,
    )  # fmt: skip


async def _soon(look: Any, seconds: float = 8) -> Any:
    """What `look` gives once it gives something true."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)


async def test_a_declined_payment_leaves_the_hold_for_another_try(client: Any, audit: Any) -> None:
    event, buyer, hold = await _held(client)
    declined = await buyer.pay(hold["id"], "tok_declined")
    assert (declined.status, declined.body["code"]) == (402, "payment_declined")
    assert declined.body["reason"] == "card_declined"
    assert await _states(client, event) == "hhaa"
    assert (await buyer.pay(hold["id"])).status == 201
    assert await audit(client.database) == {}


async def test_an_outage_of_the_provider_answers_503_and_takes_nothing(
    client: Any, audit: Any
) -> None:
    _, buyer, hold = await _held(client)
    failed = await buyer.pay(hold["id"], "tok_error")
    assert (failed.status, failed.body["code"]) == (503, "payment_provider_unavailable")
    assert "Retry-After" in failed.headers
    assert (await buyer.pay(hold["id"])).status == 201
    assert await audit(client.database) == {}


async def test_a_late_answer_makes_the_order_when_it_comes(
    start: Any, settings: Any, audit: Any
) -> None:
    client = await start(dataclasses.replace(settings, sandbox_seconds=0.3))
    event, buyer, hold = await _held(client)
    pending = await buyer.pay(hold["id"], "tok_timeout")
    assert (pending.status, pending.body["order"]["status"]) == (202, "pending")
    again = await buyer.pay(hold["id"], "tok_ok")
    assert (again.status, again.body["order"]["id"]) == (202, pending.body["order"]["id"])
    released = await buyer.call("DELETE", f"/api/holds/{hold['id']}")
    assert (released.status, released.body["code"]) == (409, "payment_under_way")
    kept = await buyer.call("GET", f"/api/holds/{hold['id']}")
    assert kept.body["hold"]["order_id"] == pending.body["order"]["id"]

    async def paid() -> Any:
        answer = await buyer.call("GET", f"/api/orders/{pending.body['order']['id']}")
        return answer.body["order"] if answer.body["order"]["status"] == "paid" else None

    order = await _soon(paid)
    assert len(order["tickets"]) == 2
    assert await _states(client, event) == "ssaa"
    assert await audit(client.database) == {}


async def test_a_paid_hold_gives_its_order_again(client: Any) -> None:
    _, buyer, hold = await _held(client)
    first, second = await asyncio.gather(buyer.pay(hold["id"]), buyer.pay(hold["id"]))
    assert {first.status, second.status} <= {201, 202}
    third = await buyer.pay(hold["id"])
    assert third.status == 201
    assert {first.body["order"]["id"], second.body["order"]["id"]} == {third.body["order"]["id"]}


async def test_a_hold_names_its_order_once_it_is_paid_and_is_not_given_up(
    client: Any, audit: Any
) -> None:
    event, buyer, hold = await _held(client)
    assert hold["order_id"] is None
    await buyer.pay(hold["id"], "tok_declined")
    declined = await buyer.call("GET", f"/api/holds/{hold['id']}")
    assert declined.body["hold"]["order_id"] is None
    order = (await buyer.pay(hold["id"])).body["order"]
    paid = await buyer.call("GET", f"/api/holds/{hold['id']}")
    assert (paid.status, paid.body["hold"]["order_id"]) == (200, order["id"])
    released = await buyer.call("DELETE", f"/api/holds/{hold['id']}")
    assert (released.status, released.body["code"]) == (409, "hold_paid")
    assert released.body["order_id"] == order["id"]
    assert await _states(client, event) == "ssaa"
    assert await audit(client.database) == {}


async def test_the_same_key_repeats_the_first_answer_and_another_request_is_refused(
    client: Any,
) -> None:
    _, buyer, hold = await _held(client)
    first = await buyer.pay(hold["id"], Idempotency_Key="k1")
    again = await buyer.pay(hold["id"], Idempotency_Key="k1")
    assert (again.status, again.body) == (first.status, first.body)
    other = await buyer.pay(hold["id"], "tok_declined", Idempotency_Key="k1")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")


async def test_a_declined_payment_is_not_tried_again_with_its_key(client: Any) -> None:
    _, buyer, hold = await _held(client)
    first = await buyer.pay(hold["id"], "tok_declined", Idempotency_Key="k2")
    again = await buyer.pay(hold["id"], "tok_declined", Idempotency_Key="k2")
    assert (first.status, again.status) == (402, 402)
    assert again.body["code"] == "payment_declined"
    payments = await client.database.value(
        "SELECT count(*) FROM payments WHERE hold_id = $1", hold["id"]
    )
    assert payments == 1


async def test_an_ended_hold_cannot_be_paid(client: Any) -> None:
    event, buyer, hold = await _held(client)
    await _run_out(client, hold)
    answer = await buyer.pay(hold["id"])
    assert (answer.status, answer.body["code"]) == (410, "hold_expired")

    async def freed() -> bool:
        return await _states(client, event) == "aaaa"

    assert await _soon(freed, 3)
    assert (await buyer.call("GET", f"/api/holds/{hold['id']}")).status == 410


async def test_a_payment_under_way_keeps_the_hold_up_to_the_cap(client: Any) -> None:
    _, buyer, hold = await _held(client)
    await buyer.pay(hold["id"], "tok_timeout")
    database = client.database
    kept = await database.value(
        "SELECT extract(epoch FROM expires_at - created_at)::float FROM holds WHERE id = $1",
        hold["id"],
    )
    assert kept == pytest.approx(600, abs=1)


async def _begun(client: Any, buyer: Any, hold: Any, check_after: float = 60) -> Any:
    """A checkout that crashed right after its first step; recovery looks `check_after` s later."""
    orders = client.app[keys.TILL].store
    begun = await orders.begin(
        hold["id"], buyer.id, "sandbox", "tok_ok", cap=600, check_after=check_after
    )
    assert begun.outcome == "begun"
    return begun


async def _charged(client: Any, begun: Any, token: str = "tok_ok") -> Any:
    """A checkout that crashed after the provider took the money."""
    provider = client.app[keys.PROVIDERS]["sandbox"]
    request = ChargeRequest(begun.payment_id, token, begun.amount, begun.currency, "x")
    return await provider.charge(request)


async def test_a_crash_before_the_charge_frees_the_hold_for_another_try(
    client: Any, audit: Any
) -> None:
    _, buyer, hold = await _held(client)
    begun = await _begun(client, buyer, hold, check_after=0)

    async def abandoned() -> bool:
        answer = await buyer.call("GET", f"/api/orders/{begun.order_id}")
        return bool(answer.body["order"]["status"] == "declined")

    assert await _soon(abandoned)
    assert (await buyer.pay(hold["id"])).status == 201
    assert await audit(client.database) == {}


async def test_a_crash_after_the_charge_still_makes_the_order(client: Any, audit: Any) -> None:
    event, buyer, hold = await _held(client)
    begun = await _begun(client, buyer, hold)
    await _charged(client, begun)
    await client.database.execute(
        "UPDATE payments SET check_at = now() WHERE id = $1", begun.payment_id
    )

    async def paid() -> bool:
        answer = await buyer.call("GET", f"/api/orders/{begun.order_id}")
        return bool(answer.body["order"]["status"] == "paid")

    assert await _soon(paid)
    assert await _states(client, event) == "ssaa"
    assert await audit(client.database) == {}


async def test_money_that_comes_after_the_hold_ended_takes_the_seats_again(
    client: Any, audit: Any
) -> None:
    event, buyer, hold = await _held(client)
    begun = await _begun(client, buyer, hold)
    await _run_out(client, hold)

    async def swept() -> bool:
        return await _states(client, event) == "aaaa"

    assert await _soon(swept)
    await client.app[keys.TILL].settle(begun.payment_id, Charged("sb_late"))
    order = await buyer.call("GET", f"/api/orders/{begun.order_id}")
    assert order.body["order"]["status"] == "paid"
    assert await _states(client, event) == "ssaa"


async def test_money_that_comes_after_the_seats_are_gone_goes_back(client: Any, audit: Any) -> None:
    event, buyer, hold = await _held(client)
    begun = await _begun(client, buyer, hold)
    outcome = await _charged(client, begun)
    await _run_out(client, hold)
    (other,) = await client.known(1)
    await other.buy(event["id"], {"seat_ids": ["s1"]})
    await client.app[keys.TILL].settle(begun.payment_id, outcome)
    order = await buyer.call("GET", f"/api/orders/{begun.order_id}")
    assert order.body["order"]["status"] == "refunded"
    refunded = await client.database.value(
        "SELECT sum(amount) FROM sandbox_refunds WHERE payment_id = $1", begun.payment_id
    )
    assert refunded == 200_000

    async def swept() -> bool:
        return await _states(client, event) == "asaa"

    assert await _soon(swept, 3)
    assert await audit(client.database) == {}


async def test_a_success_after_the_payment_was_given_up_is_not_lost(
    client: Any, audit: Any
) -> None:
    """Declined as never seen, then charged after all, while another payment went through."""
    _, buyer, hold = await _held(client)
    begun = await _begun(client, buyer, hold)
    till = client.app[keys.TILL]
    outcome = await _charged(client, begun)
    await till.settle(begun.payment_id, Declined("abandoned"))
    assert (await buyer.pay(hold["id"])).status == 201
    await till.settle(begun.payment_id, outcome)
    await till.settle(begun.payment_id, outcome)
    order = await buyer.call("GET", f"/api/orders/{begun.order_id}")
    assert order.body["order"]["status"] == "refunded"
    assert await audit(client.database) == {}


async def test_refunds_in_part_and_whole_put_seats_back(client: Any, audit: Any) -> None:
    event = await client.event()
    (buyer,) = await client.known(1)
    order = await buyer.buy(event["id"], {"seat_ids": ["s0", "s1", "s2"]})
    first = order["tickets"][0]["id"]
    path = f"/api/orders/{order['id']}/refund"
    part = await buyer.call("POST", path, {"ticket_ids": [first]})
    assert (part.status, part.body["order"]["status"]) == (200, "partly_refunded")
    assert await _states(client, event) == "assa"
    again = await buyer.call("POST", path, {"ticket_ids": [first]})
    assert (again.status, again.body["code"]) == (409, "already_refunded")
    whole = await buyer.call("POST", path)
    assert whole.body["order"]["status"] == "refunded"
    assert whole.body["order"]["refunded"] == 300_000
    assert await _states(client, event) == "aaaa"
    assert await audit(client.database) == {}


async def test_an_order_survives_many_refunds_at_once(client: Any, audit: Any) -> None:
    event = await client.event()
    (buyer,) = await client.known(1)
    order = await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})
    path = f"/api/orders/{order['id']}/refund"
    answers = await asyncio.gather(*(buyer.call("POST", path) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert await audit(client.database) == {}


async def test_cancelling_an_event_refunds_everyone(client: Any, audit: Any) -> None:
    event = await client.event()
    buyers = await client.known(3)
    orders = [
        await buyer.buy(event["id"], {"seat_ids": [f"s{place}"]})
        for place, buyer in enumerate(buyers)
    ]
    admin = await client.person("admin")
    changed = await admin.call("PATCH", f"/api/admin/events/{event['id']}", {"cancelled": True})
    assert (changed.status, changed.body["phase"]) == (200, "ended")

    async def all_back() -> bool:
        answers = [
            await buyer.call("GET", f"/api/orders/{order['id']}")
            for buyer, order in zip(buyers, orders, strict=True)
        ]
        return all(answer.body["order"]["status"] == "refunded" for answer in answers)

    assert await _soon(all_back)
    assert (await buyers[0].hold(event["id"], {"seat_ids": ["s9"]})).status == 409
    assert await audit(client.database) == {}


async def test_free_tickets_ask_no_provider(client: Any, audit: Any) -> None:
    event = await client.event(ticket_types=[{"name": "R", "price": 0}])
    (buyer,) = await client.known(1)
    order = await buyer.buy(event["id"], {"seat_ids": ["s0"]})
    assert (order["total"], len(order["tickets"])) == (0, 1)
    assert await audit(client.database) == {}
