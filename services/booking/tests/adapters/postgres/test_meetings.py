"""Two who want opposite things of the same seats in the same moment: the first has acted and not
committed yet when the second comes, for seats and for standing places."""

import asyncio
from typing import Any

import pytest

from tiketi_booking.adapters.postgres.holds import _TAKE, _Columns
from tiketi_booking.domain.holds import HoldOrder, Seats
from tiketi_booking.errors import SeatsTaken
from tiketi_shared.ids import HoldId, new_id

KINDS = pytest.mark.parametrize("wanted", [[5, 6], 2], ids=["seats", "standing"])

_BEGIN = "SELECT outcome, payment_id FROM begin_payment($1, $2, $3, $4, 'sandbox', '', 600, 30)"


@pytest.fixture
async def hall(office: Any) -> Any:
    return await office.hall()


async def one_waits(office: Any) -> None:
    """Until a statement waits for a row or for a transaction."""
    query = """
        SELECT count(*) FROM pg_locks WHERE NOT granted
        AND locktype IN ('tuple', 'transactionid')
    """
    async with asyncio.timeout(20):
        while not await office.database.value(query):  # noqa: ASYNC110  locks tell nobody
            await asyncio.sleep(0.01)


@KINDS
async def test_a_hold_that_is_being_paid_for_cannot_be_given_up(
    office: Any, hall: Any, wanted: Any, audit: Any
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    async with office.database.transaction() as gate:
        begun = await gate.fetchrow(_BEGIN, hold_id, buyer, new_id(), new_id())
        giving_up = asyncio.create_task(office.holds.release(hall.id, hold_id))
        await one_waits(office)
    assert (begun["outcome"], await giving_up) == ("begun", False)
    assert await office.orders.settle(begun["payment_id"], "ref") == "order"
    assert await audit(office.database) == {}


@KINDS
async def test_a_hold_that_is_being_given_up_cannot_be_paid_for(
    office: Any, hall: Any, wanted: Any, audit: Any
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    async with office.database.transaction() as gate:
        await gate.execute("SELECT release_hold($1, $2)", hall.id, hold_id)
        paying = asyncio.create_task(office.begin(hold_id, buyer))
        await one_waits(office)
    assert (await paying).outcome == "expired"
    assert await office.left(hall) == (10, 7)
    assert await audit(office.database) == {}


async def test_seats_that_are_being_held_cannot_be_blocked(
    office: Any, hall: Any, audit: Any
) -> None:
    buyer = await office.user()
    order = HoldOrder(HoldId(new_id()), buyer, Seats((5, 6)))
    async with office.database.transaction() as gate:
        held = await gate.fetchrow(_TAKE, hall.id, 300.0, *_Columns([order]).arguments())
        blocking = asyncio.create_task(office.organising.block(hall.id, ("s4", "s5"), block=True))
        await one_waits(office)
    assert held["outcome"] == "held"
    with pytest.raises(SeatsTaken) as refused:
        await blocking
    assert refused.value.extra == {"unavailable": ["s5"]}
    assert (await office.picture(hall)).states == b"aaaaahhaaa"
    assert len((await office.pay(order.id, buyer)).tickets) == 2
    assert await audit(office.database) == {}


async def test_seats_that_are_being_blocked_cannot_be_held(
    office: Any, hall: Any, audit: Any
) -> None:
    buyer = await office.user()
    async with office.database.transaction() as gate:
        await gate.execute("SELECT block_seats($1, $2, true)", hall.id, [4, 5])
        holding = asyncio.create_task(office.ask(hall, buyer, [5, 6]))
        await one_waits(office)
    decision = await holding
    assert (decision.outcome, decision.seats) == ("unavailable", [6])
    assert (await office.picture(hall)).states == b"aaaaxxaaaa"
    assert await audit(office.database) == {}


@KINDS
async def test_the_last_two_tickets_of_an_order_go_back_in_the_same_moment(
    office: Any, hall: Any, wanted: Any, audit: Any
) -> None:
    order = await office.buy(hall, await office.user(), wanted)
    first, second = order.tickets
    async with office.database.transaction() as gate:
        outcome = await gate.fetchval(
            "SELECT refund_order($1, $2, $3, 'requested', false)", order.id, [first.id], new_id()
        )
        beside = asyncio.create_task(
            office.orders.refund(order.id, [second.id], "requested", forced=False)
        )
        await one_waits(office)
    assert (outcome, (await beside)[0]) == ("refunded", "refunded")
    after = await office.orders.order(order.id)
    assert (after.status, after.refunded) == ("refunded", order.total)
    assert await office.left(hall) == (10, 7)
    assert await audit(office.database) == {}
