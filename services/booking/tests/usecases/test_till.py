"""The till on real stores, with the sandbox as a provider that can be out of order."""

import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tiketi_booking.adapters.payments.sandbox import Sandbox
from tiketi_booking.domain.payments import ChargeRequest
from tiketi_booking.domain.till import TillHealth
from tiketi_booking.errors import (
    PaymentDeclined,
    ProviderUnavailable,
    RefundClosed,
    TicketUsed,
)
from tiketi_booking.usecases.checkout import Till

KINDS = pytest.mark.parametrize("wanted", [[5, 6], 2], ids=["seats", "standing"])


class Provider:
    """The sandbox; while it is `down`, it neither charges nor gives back nor answers."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self.down = sandbox, False

    async def charge(self, request: Any) -> Any:
        self._check()
        return await self._sandbox.charge(request)

    async def look_up(self, payment_id: Any, reference: str | None) -> Any:
        self._check()
        return await self._sandbox.look_up(payment_id, reference)

    async def refund(self, *arguments: Any) -> None:
        self._check()
        await self._sandbox.refund(*arguments)

    def _check(self) -> None:
        if self.down:
            raise ProviderUnavailable("down")


@pytest.fixture
def provider(office: Any) -> Provider:
    return Provider(Sandbox(office.database, "a-secret-of-the-sandbox", answer_seconds=3))


@pytest.fixture
async def till(office: Any, provider: Any) -> Till:
    """What other tests have left to be looked up or given back is not due."""
    await office.database.execute("UPDATE payments SET check_at = 'infinity'")
    await office.database.execute("UPDATE refunds SET try_at = 'infinity'")
    return Till(
        store=office.orders, catalogue=office.catalogue, providers={"sandbox": provider},
        health=TillHealth(), committed=office.watch.touched, cap=600,
    )  # fmt: skip


@pytest.fixture
async def hall(office: Any) -> Any:
    return await office.hall()


@pytest.fixture
async def order(office: Any, till: Till, hall: Any, wanted: Any) -> Any:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    paid: Any = await till.check_out(hold_id, buyer, "sandbox", "tok_ok")
    return paid.order


async def given_back(office: Any, order_id: Any) -> int:
    """What the provider has paid back for the order."""
    amount: int = await office.database.value(
        """
        SELECT coalesce(sum(s.amount), 0)::bigint FROM sandbox_refunds s
        JOIN payments p ON p.id = s.payment_id WHERE p.order_id = $1
        """,
        order_id,
    )
    return amount


async def cancel(office: Any, hall: Any) -> None:
    await office.database.execute("UPDATE events SET cancelled = true WHERE id = $1", hall.id)


async def _untouched(office: Any, till: Till, hall: Any, order: Any) -> None:
    """Nothing has happened to the order."""


async def _partly_refunded(office: Any, till: Till, hall: Any, order: Any) -> None:
    one = order.tickets[0]
    await till.refund(order.id, order.user_id, [one.id], "requested", now=0)
    assert await given_back(office, order.id) == one.price


async def _inside(office: Any, till: Till, hall: Any, order: Any) -> None:
    await office.use(hall, order.tickets[0].id)


@KINDS
@pytest.mark.parametrize("before", [_untouched, _partly_refunded, _inside])
async def test_a_cancelled_event_gives_back_all_that_was_paid_once(
    office: Any, till: Till, hall: Any, order: Any, *, before: Any, wanted: Any, audit: Any
) -> None:
    await before(office, till, hall, order)
    await cancel(office, hall)
    for _ in range(5):  # each takes some, of other tests too
        await till.refund_cancelled()
        await till.pay_back()
    after = await till.order(order.id, order.user_id)
    assert (after.status, after.refunded) == ("refunded", order.total)
    assert await given_back(office, order.id) == order.total
    assert await audit(office.database) == {}


@KINDS
async def test_a_refund_reaches_the_buyer_though_the_provider_was_down(
    office: Any, till: Till, provider: Provider, hall: Any, order: Any, *, wanted: Any
) -> None:
    provider.down = True
    after = await till.refund(order.id, order.user_id, None, "requested", now=0)
    assert after.status == "refunded"
    assert await given_back(office, order.id) == 0
    provider.down = False
    for _ in range(2):
        await office.database.execute(
            """
            UPDATE refunds SET try_at = '-infinity' WHERE status = 'started'
            AND payment_id IN (SELECT id FROM payments WHERE order_id = $1)
            """,
            order.id,
        )  # before those that other tests left
        await till.pay_back()
    assert await given_back(office, order.id) == order.total


@KINDS
async def test_money_that_was_taken_while_nobody_heard_of_it_becomes_the_order(
    office: Any, till: Till, provider: Provider, hall: Any, *, wanted: Any, audit: Any
) -> None:
    """The provider charges late, its webhook is lost and it is down when it is first asked."""
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    waiting: Any = await till.check_out(hold_id, buyer, "sandbox", "tok_timeout")
    payment = waiting.payment
    await office.database.execute(
        "UPDATE sandbox_charges SET answers_at = now() WHERE payment_id = $1", payment.id
    )
    for down in (True, False):
        provider.down = down
        await office.database.execute(
            "UPDATE payments SET check_at = now() WHERE id = $1", payment.id
        )
        await till.recover()
    order = await till.order(payment.order_id, buyer)
    assert (order.total, len(order.tickets)) == (payment.amount, 2)
    assert await audit(office.database) == {}


class PaidMeanwhile:
    """The orders; the payment is settled after the order was looked for."""

    def __init__(self, orders: Any) -> None:
        self._orders = orders

    def __getattr__(self, name: str) -> Any:
        return getattr(self._orders, name)

    async def payment(self, order_id: Any, user_id: Any) -> Any:
        payment = await self._orders.payment(order_id, user_id)
        await self._orders.settle(payment.id, "ref")
        return await self._orders.payment(order_id, user_id)


@KINDS
async def test_a_buyer_who_pays_twice_at_once_gets_the_order_both_times(
    office: Any, till: Till, hall: Any, *, wanted: Any
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    begun = await office.begin(hold_id, buyer)
    second: Any = await replace(till, store=PaidMeanwhile(office.orders)).check_out(
        hold_id, buyer, "sandbox", "tok_ok"
    )
    assert second.order.id == begun.order_id


@KINDS
@pytest.mark.parametrize(
    ("seconds", "who", "refused"),
    [
        (-0.001, "buyer", False), (0, "buyer", True), (0.001, "buyer", True),
        (-0.001, "organiser", False), (0, "organiser", False), (0.001, "organiser", False),
    ],
)  # fmt: skip
async def test_buyers_give_back_until_the_event_begins_and_organisers_always(
    till: Till, hall: Any, order: Any, wanted: Any, *, seconds: float, who: str, refused: bool
) -> None:
    starts: datetime = hall.starts_at
    now, user = starts.timestamp() + seconds, order.user_id if who == "buyer" else None
    if refused:
        with pytest.raises(RefundClosed):
            await till.refund(order.id, user, None, "", now)
    else:
        assert (await till.refund(order.id, user, None, "", now)).status == "refunded"


@KINDS
async def test_a_buyer_who_is_inside_gets_nothing_back(
    office: Any, till: Till, hall: Any, order: Any, wanted: Any
) -> None:
    await office.use(hall, order.tickets[0].id)
    with pytest.raises(TicketUsed):
        await till.refund(order.id, order.user_id, None, "", now=0)
    assert (await till.order(order.id, order.user_id)).refunded == 0


@KINDS
async def test_money_that_came_too_late_goes_back_at_once(
    office: Any, till: Till, provider: Provider, hall: Any, *, wanted: Any, audit: Any
) -> None:
    """The provider's news alone send it back, without waiting for a round of the till."""
    buyer = await office.user()
    begun = await office.begin(await office.hold(hall, buyer, wanted), buyer)
    charged = await provider.charge(
        ChargeRequest(begun.payment_id, "tok_ok", begun.amount, begun.currency, "two tickets")
    )
    await cancel(office, hall)
    await till.settle(begun.payment_id, charged)
    assert await given_back(office, begun.order_id) == begun.amount > 0
    assert await audit(office.database) == {}


@pytest.mark.parametrize(
    ("token", "down", "fails"),
    [("tok_ok", False, 0.0), ("tok_declined", False, 0.0), ("tok_ok", True, 1.0)],
    ids=["paid", "declined", "provider down"],
)
async def test_the_line_is_slowed_by_an_outage_of_the_provider_and_not_by_declined_cards(
    office: Any, till: Till, provider: Provider, hall: Any, *, token: str, down: bool, fails: float
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, [5, 6])
    provider.down = down
    with suppress(PaymentDeclined, ProviderUnavailable):
        await till.check_out(hold_id, buyer, "sandbox", token)
    assert till.health.error_share(time.perf_counter()) == fails
