"""Seats that come back on a real database: who can have them, and when."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from msgspec import structs

from tiketi_booking.adapters.postgres.wishes import PostgresWishes
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.holds import Decision, Hold, HoldOrder, Quantity, Seats
from tiketi_booking.usecases.waiting_list import OfferSeats
from tiketi_booking.usecases.wishes import GrantWishes
from tiketi_shared.ids import AdmissionId, EventId, HoldId, UserId, new_id

KEPT = timedelta(seconds=1)
TICK = timedelta(microseconds=1)


class WishesOfOne(PostgresWishes):
    """Those of one event: other tests leave theirs."""

    def __init__(self, office: Any, event: Event) -> None:
        super().__init__(office.database)
        self._event_id = event.id

    async def events(self) -> list[EventId]:
        return [event_id for event_id in await super().events() if event_id == self._event_id]


class Inside:
    """People who choose, and agree to other seats."""

    def __init__(self, office: Any, event: Event) -> None:
        self.office, self.event = office, event
        self._grants = GrantWishes(
            WishesOfOne(office, event), office.catalogue, office.watch, office.watch.touched,
            seconds=300,
        )  # fmt: skip

    def order(
        self, user_id: UserId, wanted: tuple[int, ...] | int, *others: tuple[int, ...],
        entered: int = 1_800_000_000,
    ) -> HoldOrder:  # fmt: skip
        number = self.event.type_names["S"].number if isinstance(wanted, int) else 0
        return HoldOrder(
            HoldId(new_id()), user_id,
            Quantity(number, wanted) if isinstance(wanted, int) else Seats(wanted),
            AdmissionId(f"a-{user_id}"), 4_000_000_000, None, None, f"{wanted}".encode(), entered,
            others,
        )  # fmt: skip

    async def ask(self, *orders: HoldOrder) -> list[Decision]:
        decisions: list[Decision] = await self.office.holds.take(self.event.id, orders, 300)
        self.office.watch.touched()
        return decisions

    async def wish(
        self, user_id: UserId, wanted: tuple[int, ...] | int, *, entered: int = 1_800_000_000,
        seconds: float = 30,
    ) -> Hold | None:  # fmt: skip
        order = self.order(user_id, wanted, entered=entered)
        number = self.event.type_names["S" if isinstance(wanted, int) else "R"].number
        hold: Hold | None = await self.office.holds.wish(self.event.id, order, number, seconds)
        return hold

    async def grant(self) -> int:
        return await self._grants.turn(Random(1))

    async def seats_of(self, user_id: UserId) -> list[int] | None:
        hold = await self.office.holds.live(self.event.id, user_id)
        return None if hold is None else hold.seats


@pytest.fixture
async def event(office: Any) -> Any:
    """`R` has two rows of 4 seats, `S` 3 standing places."""
    return await office.event(rows=2, seats_per_row=4, standing=3)


@pytest.fixture
def inside(office: Any, event: Any) -> Inside:
    return Inside(office, event)


async def users(office: Any, count: int) -> list[UserId]:
    return [await office.user() for _ in range(count)]


# --- the nearest instead of what is gone


async def test_who_loses_a_seat_is_given_the_first_group_that_is_free(
    office: Any, inside: Any, event: Any
) -> None:
    quick, slow = await users(office, 2)
    await office.hold(event, quick, [0, 1])
    await office.hold(event, await office.user(), [3])
    (decision,) = await inside.ask(inside.order(slow, (1, 2), (2, 3), (5, 6), (6, 7)))
    assert (decision.outcome, decision.seats, decision.total) == ("held", [5, 6], 200_000)
    assert await inside.seats_of(slow) == [5, 6]


async def test_people_of_one_batch_do_not_get_the_same_other_seats(
    office: Any, inside: Any, event: Any
) -> None:
    await office.hold(event, await office.user(), [0])
    people = await users(office, 3)
    orders = [inside.order(user_id, (0,), (1,), (2,)) for user_id in people]
    decisions = await inside.ask(*orders)
    assert [(each.outcome, each.seats) for each in decisions] == [
        ("held", [1]), ("held", [2]), ("unavailable", []),
    ]  # fmt: skip


async def test_seats_that_are_free_are_held_as_wanted(inside: Any, office: Any) -> None:
    (user_id,) = await users(office, 1)
    (decision,) = await inside.ask(inside.order(user_id, (4, 5), (1, 2)))
    assert decision.seats == [4, 5]


async def test_seats_known_to_be_gone_are_not_asked_for(inside: Any, office: Any) -> None:
    one, other = await users(office, 2)
    orders = [inside.order(one, (4,), (1,)), inside.order(other, (4,), (2,))]
    lost = [structs.replace(order, lost=True) for order in orders]
    assert [each.seats for each in await inside.ask(*lost)] == [[1], [2]]


@pytest.mark.parametrize("state", ["held", "sold", "kept"])
async def test_no_group_with_a_seat_that_is_gone_is_taken_in_part(
    office: Any, inside: Any, event: Any, state: str
) -> None:
    first, slow = await users(office, 2)
    await office.hold(event, await office.user(), [0])
    hold_id = await office.hold(event, first, [2])
    if state == "sold":
        await office.pay(hold_id, first)
    if state == "kept":
        await inside.wish(await office.user(), (7, 2))
        await office.holds.release(event.id, hold_id)
    (decision,) = await inside.ask(inside.order(slow, (0, 1), (1, 2), (2, 3)))
    assert decision.outcome == "unavailable"
    assert await office.holds.live(event.id, slow) is None
    assert (await office.left(event))[0] == (7 if state == "kept" else 6)


async def test_the_limit_counts_for_other_seats_too(office: Any, inside: Any, event: Any) -> None:
    (user_id,) = await users(office, 1)
    await office.database.execute("UPDATE events SET max_per_user = 2 WHERE id = $1", event.id)
    await office.hold(event, await office.user(), [0])
    await office.hold(event, user_id, [7])
    (decision,) = await inside.ask(inside.order(user_id, (0, 1), (2, 3)))
    assert decision.outcome == "limit"


@pytest.mark.parametrize("others_first", [True, False], ids=["others", "wanted"])
async def test_batches_that_want_each_others_seats_do_not_wait_in_a_circle(
    office: Any, inside: Any, event: Any, others_first: bool
) -> None:
    """Each holds what the other takes as the next best; neither may fail or wait for ever."""
    for seat in (0, 4):
        await office.hold(event, await office.user(), [seat])
    people = await users(office, 4)
    async with asyncio.timeout(20):
        for _ in range(10):
            one = [inside.order(people[0], (1,)), inside.order(people[1], (0,), (5,))]
            other = [inside.order(people[2], (5,)), inside.order(people[3], (4,), (1,))]
            if others_first:
                one.reverse()
            made = await asyncio.gather(inside.ask(*one), inside.ask(*other))
            for decision in (each for some in made for each in some):
                if decision.outcome == "held":
                    await office.holds.release(event.id, decision.hold_id)
            held = [each.seats for some in made for each in some if each.outcome == "held"]
            assert sorted(seat for seats in held for seat in seats) == [1, 5]


# --- wishes: what comes back goes to those inside who asked for it


async def test_a_returned_seat_goes_to_the_first_who_entered_and_wished_for_it(
    office: Any, inside: Any, event: Any
) -> None:
    late, early = await users(office, 2)
    hold_id = await office.hold(event, await office.user(), [2, 3])
    await inside.wish(late, (2, 3), entered=1_800_000_007)
    await inside.wish(early, (2, 3), entered=1_800_000_002)
    for seats in ([0, 1], [4, 5], [6, 7]):
        await office.buy(event, await office.user(), seats)
    assert await inside.grant() == 0
    await office.holds.release(event.id, hold_id)
    assert await inside.grant() == 1
    assert await inside.seats_of(early) == [2, 3]
    assert await inside.seats_of(late) is None


async def test_a_stranger_cannot_have_a_returned_seat_before_whoever_wished_for_it(
    office: Any, inside: Any, event: Any
) -> None:
    """Ten of ten, however fast strangers are."""
    for seats in ([0, 1, 2, 3], [5, 6, 7]):
        await office.buy(event, await office.user(), seats)
    for _ in range(10):
        hold_id = await office.hold(event, await office.user(), [4])
        (wishing,) = await users(office, 1)
        await inside.wish(wishing, (4,))
        await office.holds.release(event.id, hold_id)
        strangers = await users(office, 3)
        asked = await asyncio.gather(*(office.ask(event, user_id, [4]) for user_id in strangers))
        assert {each.outcome for each in asked} == {"unavailable"}
        assert await inside.grant() == 1
        hold = await office.holds.live(event.id, wishing)
        assert hold.seats == [4]
        await office.holds.release(event.id, hold.id)


@pytest.mark.parametrize(
    ("after", "outcome"),
    [(KEPT - TICK, "unavailable"), (KEPT, "held"), (KEPT + TICK, "held")],
    ids=["before", "at", "after"],
)
@pytest.mark.parametrize("wanted", [(4,), 3], ids=["seated", "standing"])
@pytest.mark.parametrize("back", ["released", "expired", "refunded"])
async def test_what_nobody_takes_is_for_anybody_a_second_later(
    office: Any, inside: Any, event: Any, *, after: timedelta, outcome: str, wanted: Any, back: str
) -> None:
    buyer, wishing = await users(office, 2)
    now = datetime.now(UTC)
    await office.clock.set(now)
    asked = list(wanted) if isinstance(wanted, tuple) else wanted
    hold_id = await office.hold(event, buyer, asked, seconds=60)
    order = await office.pay(hold_id, buyer) if back == "refunded" else None
    ended = now + timedelta(seconds=60)
    await office.clock.set(ended)
    await inside.wish(wishing, wanted)
    if order is not None:
        await office.refund(order.id)
    elif back == "expired":
        await office.sweep()
    else:
        await office.database.fetch("SELECT end_holds($1, $2, 'released')", event.id, [hold_id])
    await office.clock.set(ended + after)
    stranger = await office.user()
    assert (await office.ask(event, stranger, asked)).outcome == outcome


@pytest.mark.parametrize("seconds", [-1, 0, 1], ids=["before", "at", "after"])
async def test_the_sweep_comes_before_strangers_where_somebody_waits(
    office: Any, inside: Any, event: Any, seconds: int
) -> None:
    """A hold past its time that has not been swept yet is not taken over at once."""
    now = datetime.now(UTC)
    await office.clock.set(now)
    await office.hold(event, await office.user(), [4], seconds=60)
    ended = now + timedelta(seconds=60)
    await office.clock.set(ended)
    await inside.wish(await office.user(), (4,))
    await office.clock.set(ended + KEPT + seconds * TICK)
    outcome = (await office.ask(event, await office.user(), [4])).outcome
    assert outcome == ("unavailable" if seconds < 0 else "held")


async def test_nothing_is_kept_where_nobody_waits(office: Any, event: Any) -> None:
    hold_id = await office.hold(event, await office.user(), [4])
    await office.holds.release(event.id, hold_id)
    assert (await office.ask(event, await office.user(), [4])).outcome == "held"


async def test_a_wish_for_standing_places_is_granted(office: Any, inside: Any, event: Any) -> None:
    (wishing,) = await users(office, 1)
    hold_id = await office.hold(event, await office.user(), 3)
    await inside.wish(wishing, 2)
    await office.holds.release(event.id, hold_id)
    assert await inside.grant() == 1
    hold = await office.holds.live(event.id, wishing)
    assert (hold.seats, len(hold.types), hold.total) == ([], 2, 100_000)
    assert (await office.ask(event, await office.user(), 1)).outcome == "unavailable"
    assert (await office.left(event))[1] == 1


@pytest.mark.parametrize("ticks", [-1, 0, 1], ids=["before", "at", "after"])
async def test_a_wish_lasts_as_long_as_it_is_asked_for(
    office: Any, inside: Any, event: Any, ticks: int
) -> None:
    now = datetime.now(UTC)
    await office.clock.set(now)
    (wishing,) = await users(office, 1)
    hold_id = await office.hold(event, await office.user(), list(range(8)))
    await inside.wish(wishing, (4,), seconds=30)
    await office.holds.release(event.id, hold_id)
    await office.clock.set(now + timedelta(seconds=30) + ticks * TICK)
    assert await inside.grant() == (1 if ticks < 0 else 0)


async def test_asking_again_keeps_the_place_among_the_wishes(
    office: Any, inside: Any, event: Any
) -> None:
    first, second = await users(office, 2)
    hold_id = await office.hold(event, await office.user(), list(range(8)))
    for user_id in (first, second, first):
        await inside.wish(user_id, (4, 5, 6, 7))
    await office.holds.release(event.id, hold_id)
    await inside.grant()
    assert await inside.seats_of(first) == [4, 5, 6, 7]


async def test_whoever_asks_again_is_answered_with_what_was_held_for_them(
    office: Any, inside: Any, event: Any
) -> None:
    (wishing,) = await users(office, 1)
    hold_id = await office.hold(event, await office.user(), [4, 5])
    assert await inside.wish(wishing, (4, 5)) is None
    await office.holds.release(event.id, hold_id)
    await inside.grant()
    (again,) = await inside.ask(inside.order(wishing, (4, 5), (6, 7)))
    assert (again.outcome, again.seats) == ("again", [4, 5])
    assert (await inside.wish(wishing, (4, 5))).seats == [4, 5]
    (another,) = await inside.ask(inside.order(wishing, (6,)))
    assert (another.outcome, another.seats) == ("held", [6])


async def test_whoever_found_seats_meanwhile_is_given_no_others(
    office: Any, inside: Any, event: Any
) -> None:
    (wishing,) = await users(office, 1)
    hold_id = await office.hold(event, await office.user(), [4, 5, 6, 7])
    await inside.wish(wishing, (4, 5))
    await office.hold(event, wishing, [0, 1])
    await office.holds.release(event.id, hold_id)
    assert await inside.grant() == 0
    assert await inside.seats_of(wishing) == [0, 1]


async def test_a_given_up_admission_is_given_nothing(office: Any, inside: Any, event: Any) -> None:
    gone, second = await users(office, 2)
    hold_id = await office.hold(event, await office.user(), list(range(8)))
    await inside.wish(gone, (4,))
    await inside.wish(second, (5,))
    await office.holds.revoke([(AdmissionId(f"a-{gone}"), 4_000_000_000)])
    await office.holds.release(event.id, hold_id)
    assert await inside.grant() == 1
    assert await inside.seats_of(gone) is None


async def test_whoever_is_given_seats_is_told(office: Any, inside: Any, event: Any) -> None:
    (wishing,) = await users(office, 1)
    hold_id = await office.hold(event, await office.user(), list(range(8)))
    await inside.wish(wishing, (4,))
    await office.holds.release(event.id, hold_id)
    await inside.grant()
    hold = await office.holds.live(event.id, wishing)
    rows = await office.database.fetch(
        "SELECT messages FROM outbox WHERE event_id = $1 ORDER BY id", event.id
    )
    messages = [message for row in rows for message in json.loads(row["messages"])]
    created = [message["holds"] for message in messages if message["type"] == "holds_created"]
    assert created[-1] == [[wishing, hold.id, f"a-{wishing}"]]
    assert [message for message in messages if message["type"] == "hold_offered"] == [
        {
            "type": "hold_offered",
            "event_id": event.id,
            "user_id": wishing,
            "hold_id": hold.id,
            "expires_at": hold.expires_at.timestamp(),
        }
    ]


async def test_several_instances_grant_each_seat_once(office: Any, inside: Any, event: Any) -> None:
    people = await users(office, 6)
    hold_id = await office.hold(event, await office.user(), list(range(8)))
    for user_id in people:
        await inside.wish(user_id, (3,))
    await office.holds.release(event.id, hold_id)
    async with asyncio.timeout(20):
        made = await asyncio.gather(*(inside.grant() for _ in range(4)))
        made += [await inside.grant()]
    assert sum(made) == 6
    seats = [await inside.seats_of(user_id) for user_id in people]
    assert len({seat for some in seats for seat in some or ()}) == 6


async def test_asking_again_while_seats_are_granted_holds_them_once(
    office: Any, inside: Any, event: Any
) -> None:
    """However the two meet, the person ends with one hold."""
    for _ in range(8):
        (wishing,) = await users(office, 1)
        hold_id = await office.hold(event, await office.user(), list(range(8)))
        await inside.wish(wishing, (4, 5))
        await office.holds.release(event.id, hold_id)
        _, (decision,) = await asyncio.gather(
            inside.grant(), inside.ask(inside.order(wishing, (4, 5), (6, 7)))
        )
        holds = await office.database.fetch(
            "SELECT id, seats FROM holds WHERE user_id = $1 AND state = 'live'", wishing
        )
        assert len(holds) == 1
        assert decision.outcome in ("held", "again", "unavailable")
        await office.holds.release(event.id, holds[0]["id"])
        await office.database.execute(
            "UPDATE seats SET kept_until = NULL WHERE event_id = $1", event.id
        )


# --- the waiting list comes after the line


Offers = Callable[[], Awaitable[int]]


def offers_of(office: Any, event: Event) -> Offers:
    use_case = OfferSeats(
        office.list_of(event), office.catalogue, office.watch, office.watch.touched, seconds=300
    )
    return lambda: use_case.turn(Random(1))


@pytest.fixture
def offers(office: Any, event: Any) -> Offers:
    return offers_of(office, event)


async def sold_out(office: Any, event: Event) -> HoldId:
    """Everything is sold but seat 4, which is held."""
    for some in ([0, 1, 2, 3], [5, 6, 7], 3):
        await office.buy(event, await office.user(), some)
    hold_id: HoldId = await office.hold(event, await office.user(), [4])
    return hold_id


async def test_those_inside_come_before_the_waiting_list_and_that_before_strangers(
    office: Any, inside: Any, event: Any, offers: Any
) -> None:
    hold_id = await sold_out(office, event)
    wishing, waiting, stranger = await users(office, 3)
    await office.waiting.join(event.id, waiting, None, 1)
    await inside.wish(wishing, (4,))
    await office.holds.release(event.id, hold_id)
    assert (await inside.grant(), await offers()) == (1, 0)
    await office.holds.release(event.id, (await office.holds.live(event.id, wishing)).id)
    assert (await office.ask(event, stranger, [4])).outcome == "unavailable"
    assert (await inside.grant(), await offers()) == (0, 1)
    assert (await office.waiting.place(event.id, waiting)).status == "offered"


@pytest.mark.parametrize(
    ("waiting", "seconds", "offered"),
    [(0, 0, 1), (1, 0, 0), (1, 9, 0), (1, 10, 1), (1, 11, 1)],
    ids=["nobody", "somebody", "told lately", "told too long ago", "told long ago"],
)
async def test_the_waiting_list_comes_after_everybody_in_the_line(
    office: Any, event: Any, offers: Any, *, waiting: int, seconds: int, offered: int
) -> None:
    now = datetime.now(UTC)
    await office.clock.set(now)
    hold_id = await sold_out(office, event)
    (user_id,) = await users(office, 1)
    await office.waiting.join(event.id, user_id, None, 1)
    await office.waiting.line_told({event.id: waiting})
    await office.clock.set(now + timedelta(seconds=seconds))
    await office.holds.release(event.id, hold_id)
    assert await offers() == offered


async def test_seats_are_not_kept_for_a_waiting_list_that_is_not_next(
    office: Any, event: Any
) -> None:
    hold_id = await sold_out(office, event)
    await office.waiting.join(event.id, await office.user(), None, 1)
    await office.waiting.line_told({event.id: 5})
    await office.holds.release(event.id, hold_id)
    assert (await office.ask(event, await office.user(), [4])).outcome == "held"


async def test_groups_that_do_not_fit_keep_nobody_behind_them_waiting(
    office: Any, event: Any, offers: Any
) -> None:
    hold_id = await sold_out(office, event)
    kinds = event.type_names["R"].number, event.type_names["S"].number
    for number in range(450):
        kind = (None, *kinds)[number % 3]
        quantity = 1 if kind == kinds[1] else 2
        await office.waiting.join(event.id, await office.user(), kind, quantity)
    (last,) = await users(office, 1)
    await office.waiting.join(event.id, last, None, 1)
    await office.holds.release(event.id, hold_id)
    assert await offers() == 1
    assert (await office.waiting.place(event.id, last)).status == "offered"


async def test_many_are_offered_what_comes_back_in_one_turn(office: Any) -> None:
    event = await office.event(rows=30, seats_per_row=10)
    offers = offers_of(office, event)
    rows = [list(range(row * 8, row * 8 + 8)) for row in range(37)]
    holds = [await office.hold(event, await office.user(), seats) for seats in rows]
    await office.buy(event, await office.user(), [296, 297, 298, 299])
    for _ in range(310):
        await office.waiting.join(event.id, await office.user(), None, 1)
    for hold_id in holds:
        await office.holds.release(event.id, hold_id)
    assert await offers() == 296
