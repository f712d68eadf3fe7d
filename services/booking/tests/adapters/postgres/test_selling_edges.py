"""A hold to the microsecond: the clock of a real Postgres is set to just before its end, to its end
and to just after, for seats and for standing places."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from services.booking.tests.harness import BoxOffice

from tiketi_booking.adapters.postgres.holds import _EXPIRED
from tiketi_booking.domain.catalogue import Event
from tiketi_shared.ids import UserId

TICK = timedelta(microseconds=1)
"""The shortest time that Postgres tells apart."""

KINDS = pytest.mark.parametrize("wanted", [[5, 6], 2], ids=["seats", "standing"])
EDGES = pytest.mark.parametrize("ticks", [-1, 0, 1], ids=["before", "at", "after"])


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@pytest.fixture
async def hall(office: BoxOffice) -> Event:
    return await office.hall()


@KINDS
@EDGES
async def test_a_hold_can_be_paid_for_until_it_ends(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int, ticks: int
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    await office.clock.set(await office.ends(hold_id) + ticks * TICK)
    begun = await office.begin(hold_id, buyer)
    assert begun.outcome == ("begun" if ticks < 0 else "expired")


@EDGES
async def test_seats_can_be_taken_over_once_their_hold_has_ended(
    office: BoxOffice, hall: Event, ticks: int
) -> None:
    hold_id = await office.hold(hall, await office.user(), [5, 6])
    await office.clock.set(await office.ends(hold_id) + ticks * TICK)
    decision = await office.ask(hall, await office.user(), [6, 7])
    if ticks < 0:
        assert (decision.outcome, decision.seats) == ("unavailable", [7])
    else:
        assert (decision.outcome, decision.seats) == ("held", [6, 7])


@KINDS
@EDGES
async def test_the_sweeper_frees_what_a_hold_had_once_it_has_ended(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int, ticks: int
) -> None:
    hold_id = await office.hold(hall, await office.user(), wanted)
    held = await office.left(hall)
    await office.clock.set(await office.ends(hold_id) + ticks * TICK)
    await office.sweep()
    assert await office.left(hall) == (held if ticks < 0 else (10, 7))


@KINDS
async def test_a_hold_that_is_kept_after_the_sweeper_has_chosen_it_stays(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    held, end = await office.left(hall), await office.ends(hold_id)
    await office.clock.set(end)
    due = await office.database.fetch(_EXPIRED, 100_000)
    assert hold_id in [id_ for row in due for id_ in row["ids"]]
    await office.clock.set(end - TICK)
    assert (await office.begin(hold_id, buyer)).outcome == "begun"
    await office.clock.set(end)
    ended = await office.database.fetch("SELECT end_holds($1, $2, 'expired')", hall.id, [hold_id])
    assert ended == []
    assert await office.left(hall) == held


async def test_a_sweep_leaves_seats_to_whoever_took_them_over(
    office: BoxOffice, hall: Event
) -> None:
    first, second = await office.user(), await office.user()
    hold_id = await office.hold(hall, first, [4, 5, 6])
    await office.clock.set(await office.ends(hold_id))
    taken_over = await office.hold(hall, second, [5, 6])
    await office.sweep()
    assert (await office.picture(hall)).states == b"aaaaahhaaa"
    order = await office.pay(taken_over, second)
    assert [ticket.seat for ticket in order.tickets] == [5, 6]


@KINDS
@EDGES
async def test_a_live_hold_is_shown_until_it_ends(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int, ticks: int
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    await office.clock.set(await office.ends(hold_id) + ticks * TICK)
    live = await office.holds.live(hall.id, buyer)
    assert (live and live.id) == (hold_id if ticks < 0 else None)


@KINDS
@pytest.mark.parametrize(
    ("edge", "ticks", "outcome"),
    [
        ("sale_opens_at", -1, "closed"), ("sale_opens_at", 0, "held"), ("sale_opens_at", 1, "held"),
        ("sale_closes_at", -1, "held"), ("sale_closes_at", 0, "closed"),
        ("sale_closes_at", 1, "closed"),
    ],
)  # fmt: skip
async def test_what_is_on_sale_is_held_from_the_opening_until_the_closing(
    office: BoxOffice,
    hall: Event,
    wanted: Sequence[int] | int,
    *,
    edge: str,
    ticks: int,
    outcome: str,
) -> None:
    await office.clock.set(getattr(hall, edge) + ticks * TICK)
    decision = await office.ask(hall, await office.user(), wanted)
    assert decision.outcome == outcome


# --- While it is paid for


@KINDS
async def test_nobody_else_gets_what_is_being_paid_for_until_the_cap(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int
) -> None:
    """The hold was granted for 300 s, the payment keeps it for 600 s from its beginning."""
    buyer, other = await office.user(), await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    if wanted == 2:
        await office.buy(hall, await office.user(), 5)  # no other places are left
    granted = await office.ends(hold_id)
    await office.clock.set(granted - seconds(200))
    await office.begin(hold_id, buyer)
    for moment, outcome in (
        (granted - TICK, "unavailable"), (granted, "unavailable"),
        (granted + seconds(300) - TICK, "unavailable"), (granted + seconds(300), "held"),
    ):  # fmt: skip
        await office.clock.set(moment)
        await office.sweep()
        assert (await office.ask(hall, other, wanted)).outcome == outcome


@KINDS
async def test_the_cap_counts_from_the_beginning_of_the_hold_however_late_one_pays(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    made = await office.ends(hold_id) - seconds(300)
    for elapsed in (0, 170, 299, 345):
        await office.clock.set(made + seconds(elapsed))
        begun = await office.begin(hold_id, buyer)
        assert begun.outcome == "begun"
        assert await office.ends(hold_id) == made + seconds(600)
        assert await office.orders.decline(begun.payment_id, "card_declined")


@KINDS
async def test_paying_does_not_shorten_a_hold_that_is_longer_than_the_cap(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int
) -> None:
    """As an offer of the waiting list is."""
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted, seconds=1800)
    end = await office.ends(hold_id)
    begun = await office.begin(hold_id, buyer)
    assert await office.ends(hold_id) == end
    await office.orders.decline(begun.payment_id, "card_declined")
    assert await office.ends(hold_id) == end


@KINDS
@pytest.mark.parametrize(
    ("declined", "ends"),
    [(30, 300), (239.999, 300), (240, 300), (240.001, 300.001), (450, 510), (541, 600)],
)
async def test_after_a_declined_payment_the_hold_has_its_own_time_or_a_minute(
    office: BoxOffice, hall: Event, wanted: Sequence[int] | int, declined: float, ends: float
) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, wanted)
    made = await office.ends(hold_id) - seconds(300)
    begun = await office.begin(hold_id, buyer)
    await office.clock.set(made + seconds(declined))
    assert await office.orders.decline(begun.payment_id, "card_declined")
    assert await office.ends(hold_id) == made + seconds(ends)
    if wanted != 2:
        until = await office.database.value(
            "SELECT array_agg(DISTINCT hold_until) FROM seats WHERE hold_id = $1", hold_id
        )
        assert until == [made + seconds(ends)]


# --- What it costs, and how many one person may have


async def test_each_ticket_has_the_price_of_its_own_seat(office: BoxOffice, hall: Event) -> None:
    buyer = await office.user()
    hold_id = await office.hold(hall, buyer, [4, 5, 6])
    hold = await office.holds.hold(hold_id, buyer)
    assert hold is not None
    assert (hold.prices, hold.total) == ([110_000, 110_000, 70_000], 290_000)
    order = await office.pay(hold_id, buyer)
    paid = {ticket.seat: ticket.price for ticket in order.tickets}
    assert paid == {4: 110_000, 5: 110_000, 6: 70_000}
    (back,) = [ticket.id for ticket in order.tickets if ticket.seat == 6]
    await office.orders.refund(order.id, [back], "requested", forced=False)
    assert (await office.order(order.id)).refunded == 70_000


async def _held(office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int) -> None:
    await office.hold(hall, buyer, wanted)


async def _released(
    office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int
) -> None:
    assert await office.holds.release(hall.id, await office.hold(hall, buyer, wanted))


async def _ended(
    office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int
) -> None:
    """And not yet swept."""
    await office.clock.set(await office.ends(await office.hold(hall, buyer, wanted)))


async def _ending(
    office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int
) -> None:
    await office.clock.set(await office.ends(await office.hold(hall, buyer, wanted)) - TICK)


async def _being_paid(
    office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int
) -> None:
    hold_id = await office.hold(hall, buyer, wanted)
    end = await office.ends(hold_id)
    await office.begin(hold_id, buyer)
    await office.clock.set(end + seconds(10))


async def _bought(
    office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int
) -> None:
    await office.buy(hall, buyer, wanted)


async def _used(office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int) -> None:
    order = await office.buy(hall, buyer, wanted)
    for ticket in order.tickets:
        await office.use(hall, ticket.id)


async def _refunded(
    office: BoxOffice, hall: Event, buyer: UserId, wanted: Sequence[int] | int
) -> None:
    await office.refund((await office.buy(hall, buyer, wanted)).id)


@pytest.mark.parametrize("had", [[4, 5, 6], 3], ids=["had seats", "had standing"])
@pytest.mark.parametrize("more", [[0, 1, 2], 3], ids=["wants seats", "wants standing"])
@pytest.mark.parametrize(
    ("get", "counts"),
    [
        (_held, True), (_ending, True), (_being_paid, True), (_bought, True), (_used, True),
        (_released, False), (_ended, False), (_refunded, False),
    ],
)  # fmt: skip
async def test_the_limit_counts_what_one_has_and_nothing_else(
    office: BoxOffice, hall: Event, *, had: Any, more: Any, get: Any, counts: bool
) -> None:
    """Three of five, then three more."""
    buyer = await office.user()
    await get(office, hall, buyer, had)
    assert (await office.ask(hall, buyer, more)).outcome == ("limit" if counts else "held")
    if counts:
        fits = more[:2] if isinstance(more, list) else 2
        assert (await office.ask(hall, buyer, fits)).outcome == "held"
