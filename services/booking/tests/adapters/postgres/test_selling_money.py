"""Money that comes late, twice or in the wrong order, and money that goes back: for seats and for
standing places."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from services.booking.tests.harness import Audit, BoxOffice

from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.payments import PaymentId, PaymentToCheck
from tiketi_shared.ids import HoldId, OrderId, TicketId, UserId

TICK = timedelta(microseconds=1)
KINDS = pytest.mark.parametrize("wanted", [[5, 6], 2], ids=["seats", "standing"])
EDGES = pytest.mark.parametrize("ticks", [-1, 0, 1], ids=["before", "at", "after"])


@pytest.fixture
async def hall(office: BoxOffice) -> Event:
    return await office.hall()


def price(wanted: Sequence[int] | int) -> int:
    return 60_000 if wanted == 2 else 180_000


class Checkout:
    """A checkout that waits for the provider."""

    def __init__(
        self, buyer: UserId, hold_id: HoldId, payment_id: PaymentId, order_id: OrderId
    ) -> None:
        self.buyer, self.hold_id = buyer, hold_id
        self.payment_id, self.order_id = payment_id, order_id


# --- What becomes of money that comes, by what has happened since the checkout began


async def _in_time(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    """Nothing."""


async def _ended(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    """The hold is past its time and still there."""
    await office.clock.set(await office.ends(begun.hold_id))


async def _swept(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    await _ended(office, hall, begun, wanted)
    await office.sweep()
    assert await office.left(hall) == (10, 7)


async def _gone(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    """Others have bought what was held: the seats, or so many standing places that one is left."""
    await _swept(office, hall, begun, wanted)
    await office.buy(hall, await office.user(), 5 if wanted == 2 else [6])
    await office.buy(hall, await office.user(), 1)


async def _held_by_another(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    await _swept(office, hall, begun, wanted)
    await office.hold(hall, await office.user(), 5 if wanted == 2 else [5])
    await office.hold(hall, await office.user(), 1)


async def _cancelled(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    await office.database.execute("UPDATE events SET cancelled = true WHERE id = $1", hall.id)


async def _at_the_limit(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    """The same buyer has bought four of five since."""
    await _swept(office, hall, begun, wanted)
    await office.buy(hall, begun.buyer, [0, 1])
    await office.buy(hall, begun.buyer, 2)


async def _below_the_limit(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    """The same buyer has bought three of five since."""
    await _swept(office, hall, begun, wanted)
    await office.buy(hall, begun.buyer, [0, 1])
    await office.buy(hall, begun.buyer, 1)


async def _paid_otherwise(
    office: BoxOffice, hall: Event, begun: Checkout, wanted: Sequence[int] | int
) -> None:
    """This payment was given up, and another one for the same hold went through."""
    await office.orders.decline(begun.payment_id, "abandoned")
    await office.pay(begun.hold_id, begun.buyer)


@pytest.fixture
async def checkout(office: BoxOffice, hall: Event, wanted: Sequence[int] | int) -> Checkout:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    begun = await office.begin(hold_id, buyer)
    assert begun.outcome == "begun"
    return Checkout(buyer, hold_id, begun.payment_id, begun.order_id)


async def refunds(office: BoxOffice, payment_id: PaymentId) -> list[int]:
    rows = await office.database.fetch(
        "SELECT amount FROM refunds WHERE payment_id = $1 ORDER BY id", payment_id
    )
    return [row["amount"] for row in rows]


@KINDS
@pytest.mark.parametrize(
    ("since", "outcome"),
    [
        (_in_time, "order"), (_ended, "order"), (_swept, "order"), (_below_the_limit, "order"),
        (_gone, "refund"), (_held_by_another, "refund"), (_cancelled, "refund"),
        (_at_the_limit, "refund"), (_paid_otherwise, "refund"),
    ],
)  # fmt: skip
async def test_money_becomes_tickets_or_goes_back_once(
    office: BoxOffice,
    hall: Event,
    checkout: Checkout,
    *,
    wanted: Sequence[int] | int,
    since: Any,
    outcome: str,
    audit: Audit,
) -> None:
    await since(office, hall, checkout, wanted)
    others = sum(
        len(order.tickets) for order in await office.orders.orders_of(checkout.buyer, 9, None)
    )
    for _ in range(2):
        assert await office.orders.settle(checkout.payment_id, "ref") == outcome
    assert await refunds(office, checkout.payment_id) == (
        [] if outcome == "order" else [price(wanted)]
    )
    order = await office.orders.order(checkout.order_id)
    if outcome == "order":
        assert order is not None
        assert (order.total, len(order.tickets)) == (price(wanted), 2)
        assert [ticket.seat for ticket in order.tickets if wanted != 2] == (
            [] if wanted == 2 else [5, 6]
        )
    else:
        assert order is None
    assert others + len(order.tickets if order else []) <= 5
    assert await audit(office.database) == {}


@KINDS
@pytest.mark.parametrize("since", [_in_time, _ended, _swept])
async def test_all_that_is_not_sold_can_still_be_sold_after_money_came_late(
    office: BoxOffice, hall: Event, checkout: Checkout, wanted: Sequence[int] | int, since: Any
) -> None:
    await since(office, hall, checkout, wanted)
    await office.orders.settle(checkout.payment_id, "ref")
    await office.sweep()
    seats = [seat for seat in range(10) if wanted == 2 or seat not in (5, 6)]
    for some in (seats[:5], seats[5:], 3, 4 if wanted != 2 else 2):
        await office.buy(hall, await office.user(), some)
    assert await office.left(hall) == (0, 0)
    assert (await office.ask(hall, await office.user(), 1)).outcome == "unavailable"


@EDGES
async def test_late_money_takes_seats_from_another_only_once_that_hold_has_ended(
    office: BoxOffice, hall: Event, audit: Audit, ticks: int
) -> None:
    buyer, other = await office.user(), await office.user()
    hold_id = await office.hold(hall, buyer, [5, 6])
    begun = await office.begin(hold_id, buyer)
    await office.clock.set(await office.ends(hold_id))
    others = await office.hold(hall, other, [6, 7])
    await office.clock.set(await office.ends(others) + ticks * TICK)
    outcome = await office.orders.settle(begun.payment_id, "ref")
    assert outcome == ("refund" if ticks < 0 else "order")
    await office.sweep()
    states = bytes((await office.picture(hall)).states)
    assert states == (b"aaaaaahhaa" if ticks < 0 else b"aaaaassaaa")
    assert await audit(office.database) == {}


# --- Two at once, and news in the wrong order


async def two_wait(office: BoxOffice) -> None:
    """Until two statements wait for a lock."""
    async with asyncio.timeout(20):
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        while await office.database.value(query) < 2:  # noqa: ASYNC110  locks tell nobody
            await asyncio.sleep(0.01)


@KINDS
@pytest.mark.parametrize("since", [_swept, _gone])
async def test_two_notices_of_the_same_money_make_one_order_or_one_refund(
    office: BoxOffice,
    hall: Event,
    checkout: Checkout,
    wanted: Sequence[int] | int,
    *,
    since: Any,
    audit: Audit,
) -> None:
    """As when the webhook and the recovery meet: both have read the payment before either acts."""
    await since(office, hall, checkout, wanted)
    async with office.database.transaction() as gate:
        await gate.execute(
            "SELECT pg_advisory_xact_lock(buyer_lock($1, $2))", hall.id, checkout.buyer
        )
        both = [
            asyncio.create_task(office.orders.settle(checkout.payment_id, reference))
            for reference in ("webhook", "recovery")
        ]
        await two_wait(office)
    outcome = "order" if since is _swept else "refund"
    assert await asyncio.gather(*both) == [outcome, outcome]
    assert len(await refunds(office, checkout.payment_id)) == (outcome == "refund")
    assert await audit(office.database) == {}


async def _charged(office: BoxOffice, payment_id: PaymentId) -> None:
    await office.orders.settle(payment_id, "the charge's")


async def _declined(office: BoxOffice, payment_id: PaymentId) -> None:
    await office.orders.decline(payment_id, "abandoned")


async def _pending(office: BoxOffice, payment_id: PaymentId) -> None:
    await office.orders.pend(payment_id, "of old", 30)


News = Callable[[Any, Any], Awaitable[None]]


@KINDS
@pytest.mark.parametrize("news", [*permutations((_charged, _declined, _pending))])
async def test_money_that_was_taken_is_an_order_in_whatever_order_the_news_come(
    office: BoxOffice,
    checkout: Checkout,
    wanted: Sequence[int] | int,
    news: tuple[News, ...],
    *,
    audit: Audit,
) -> None:
    for one in (*news, *news):
        await one(office, checkout.payment_id)
    payment = await office.database.row(
        "SELECT status, reference FROM payments WHERE id = $1", checkout.payment_id
    )
    assert payment is not None
    assert tuple(payment) == ("charged", "the charge's")
    assert (await office.order(checkout.order_id)).total == price(wanted)
    assert await audit(office.database) == {}


@KINDS
@pytest.mark.parametrize("status", ["started", "pending"])
async def test_whoever_is_declined_at_once_or_later_can_pay_with_another_card(
    office: BoxOffice, checkout: Checkout, wanted: Sequence[int] | int, status: str, *, audit: Audit
) -> None:
    if status == "pending":
        await office.orders.pend(checkout.payment_id, "ref", 30)
    assert await office.orders.decline(checkout.payment_id, "card_declined")
    assert not await office.orders.decline(checkout.payment_id, "card_declined")
    order = await office.pay(checkout.hold_id, checkout.buyer)
    assert (order.total, len(order.tickets)) == (price(wanted), 2)
    assert await audit(office.database) == {}


# --- What is taken up again


@KINDS
@pytest.mark.parametrize("status", ["started", "pending"])
@EDGES
async def test_a_payment_without_an_outcome_is_looked_up_when_its_time_has_come(
    office: BoxOffice, checkout: Checkout, *, wanted: Sequence[int] | int, status: Any, ticks: int
) -> None:
    if status == "pending":
        await office.orders.pend(checkout.payment_id, "ref", 30)
    due = await office.database.value(
        "SELECT check_at FROM payments WHERE id = $1", checkout.payment_id
    )
    expected = PaymentToCheck(
        checkout.payment_id, "sandbox", "ref" if status == "pending" else None, status
    )
    await office.clock.set(due + ticks * TICK)
    assert (expected in await office.orders.to_check(1000)) == (ticks >= 0)
    assert expected not in await office.orders.to_check(1000)  # somebody looks already
    await office.clock.set(due + timedelta(seconds=11))
    assert expected in await office.orders.to_check(1000)


@KINDS
async def test_a_refund_is_due_until_the_provider_has_agreed(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int
) -> None:
    """The pauses between tries grow; none is the last."""
    order = await office.buy(hall, await office.user(), wanted)
    now = datetime.now(UTC)
    await office.clock.set(now)
    _, refund_id = await office.orders.refund(order.id, None, "requested", forced=False)
    await office.database.execute("UPDATE refunds SET try_at = $2 WHERE id = $1", refund_id, now)
    for pause in (5, 10, 20):
        (due,) = await office.orders.refunds_due(10, refund_id)
        assert (due.id, due.amount) == (refund_id, price(wanted))
        now += timedelta(seconds=pause)
        await office.clock.set(now - TICK)
        assert await office.orders.refunds_due(10, refund_id) == []
        await office.clock.set(now)
    await office.orders.refund_done(refund_id)
    await office.clock.set(now + timedelta(days=30))
    assert await office.orders.refunds_due(10, refund_id) == []


# --- What is given back


@KINDS
async def test_what_is_given_back_is_on_sale_again_in_part_and_whole(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int, audit: Audit
) -> None:
    order = await office.buy(hall, await office.user(), wanted)
    seats, standing = (10, 5) if wanted == 2 else (8, 7)
    assert await office.left(hall) == (seats, standing)
    first, second = sorted(order.tickets, key=lambda ticket: (ticket.price, ticket.id))
    for back, refunded in ((first, first.price), (second, order.total)):
        outcome, _ = await office.orders.refund(order.id, [back.id], "requested", forced=False)
        assert outcome == "refunded"
        assert (await office.order(order.id)).refunded == refunded
        seats, standing = seats + (wanted != 2), standing + (wanted == 2)
        assert await office.left(hall) == (seats, standing)
        assert await audit(office.database) == {}
    again = await office.orders.refund(order.id, [first.id], "requested", forced=False)
    assert again[0] == "nothing"
    await office.buy(hall, await office.user(), wanted)


@pytest.mark.parametrize("wanted", [[4, 5, 6], 3], ids=["seats", "standing"])
async def test_each_refund_is_told_with_its_own_tickets_and_what_they_were_worth(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int
) -> None:
    order = await office.buy(hall, await office.user(), wanted)
    two, one = order.tickets[1:], order.tickets[:1]
    for some in (two, one):
        ids = [ticket.id for ticket in some]
        await office.orders.refund(order.id, ids, "requested", forced=False)
    rows = await office.database.fetch(
        "SELECT messages FROM outbox WHERE event_id = $1 ORDER BY version", hall.id
    )
    told = [
        (message["order_id"], message["total"], message["currency"], message["tickets"])
        for row in rows
        for message in json.loads(row["messages"])
        if message["type"] == "order_refunded"
    ]
    assert told == [
        (order.id, sum(ticket.price for ticket in some), "KRW", len(some)) for some in (two, one)
    ]


@KINDS
async def test_a_refund_of_something_that_went_back_before_gives_back_nothing(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int
) -> None:
    order = await office.buy(hall, await office.user(), wanted)
    first, second = order.tickets
    await office.orders.refund(order.id, [first.id], "requested", forced=False)
    again = await office.orders.refund(order.id, [first.id, second.id], "requested", forced=False)
    assert again[0] == "nothing"
    assert (await office.order(order.id)).refunded == first.price


@KINDS
@pytest.mark.parametrize("which", ["the one that was used", "the other", "all"])
@pytest.mark.parametrize("forced", [False, True], ids=["buyer", "organiser"])
async def test_a_used_ticket_is_given_back_by_an_organiser_only(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int, *, which: str, forced: bool
) -> None:
    order = await office.buy(hall, await office.user(), wanted)
    used, other = order.tickets
    await office.use(hall, used.id)
    chosen: dict[str, list[TicketId] | None] = {
        "the one that was used": [used.id], "the other": [other.id], "all": None
    }  # fmt: skip
    outcome, _ = await office.orders.refund(order.id, chosen[which], "requested", forced=forced)
    assert outcome == ("refunded" if forced or which == "the other" else "used")
