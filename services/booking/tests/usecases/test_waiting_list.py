import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from services.booking.tests.harness import BoxOffice

from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.waiting_list import Place
from tiketi_booking.errors import NotSoldOut, NotWaiting, PaymentUnderWay
from tiketi_booking.usecases.waiting_list import OfferSeats, WaitingList
from tiketi_shared.errors import Conflict, Invalid, NotFound
from tiketi_shared.ids import EventId, HoldId, TicketTypeId, UserId, new_id


class Queueing:
    """People at the waiting list of one event."""

    def __init__(self, office: BoxOffice, event: Event) -> None:
        self.office, self.event = office, event
        self._offers = OfferSeats(
            office.list_of(event),
            office.catalogue,
            office.watch,
            office.watch.touched,
            seconds=300,
        )
        self.list = WaitingList(office.waiting, office.catalogue, office.watch)

    async def join(
        self, user_id: UserId, quantity: int = 1, kind: TicketTypeId | None = None
    ) -> tuple[Place, bool]:
        return await self.list.join(
            self.event.id, user_id, ticket_type_id=kind, quantity=quantity, now=datetime.now(UTC)
        )

    async def joined(self, *quantities: int) -> list[UserId]:
        users = [await self.office.user() for _ in quantities]
        for user_id, quantity in zip(users, quantities, strict=True):
            await self.join(user_id, quantity)
        return users

    async def place(self, user_id: UserId) -> Place:
        return await self.list.place(self.event.id, user_id)

    async def offered(self, user_id: UserId) -> tuple[HoldId, datetime]:
        """The hold of their offer, and when it ends."""
        place = await self.place(user_id)
        assert place.hold_id is not None
        assert place.offer_ends is not None
        return place.hold_id, place.offer_ends

    async def statuses(self, users: list[UserId]) -> list[str]:
        return [(await self.place(user_id)).status for user_id in users]

    async def offer(self) -> int:
        return await self._offers.turn(Random(1))


@pytest.fixture
async def event(office: BoxOffice) -> Event:
    return await office.event(seats_per_row=4)


@pytest.fixture
async def sold(office: BoxOffice, event: Event) -> list[Any]:
    """Four orders of one seat each, in seat order: the event is sold out."""
    return [await office.buy(event, await office.user(), [seat]) for seat in range(4)]


@pytest.fixture
def line(office: BoxOffice, event: Event, sold: list[Any]) -> Queueing:
    return Queueing(office, event)


async def test_a_place_is_told_and_joining_again_changes_nothing(line: Queueing) -> None:
    first, second = await line.joined(1, 1)
    assert (await line.place(second)).position == 2
    again, new = await line.join(second, 3)
    assert not new
    assert (again.position, again.total, again.quantity) == (2, 2, 1)
    assert (await line.place(first)).position == 1


async def test_nobody_waits_while_there_is_enough_to_buy(office: BoxOffice) -> None:
    line = Queueing(office, await office.event(seats_per_row=4))
    with pytest.raises(NotSoldOut):
        await line.join(await office.user(), 4)
    await line.join(await office.user(), 5)


async def test_what_cannot_be_offered_cannot_be_asked_for(
    office: BoxOffice, line: Queueing
) -> None:
    user_id = await office.user()
    for quantity, kind in ((0, None), (9, None), (1, TicketTypeId("another"))):
        with pytest.raises(Invalid):
            await line.join(user_id, quantity, kind)


async def test_there_is_no_list_for_an_event_that_is_none_or_is_over(
    office: BoxOffice, line: Queueing, event: Event
) -> None:
    user_id = await office.user()
    with pytest.raises(NotFound):
        await line.list.join(
            EventId(new_id()), user_id, ticket_type_id=None, quantity=1, now=datetime.now(UTC)
        )
    with pytest.raises(Conflict):
        await line.list.join(
            event.id, user_id, ticket_type_id=None, quantity=1, now=event.sale_closes_at
        )


async def test_a_returned_seat_is_held_for_the_first_in_line_who_can_pay_for_it(
    office: BoxOffice, line: Queueing, sold: list[Any]
) -> None:
    first, second = await line.joined(1, 1)
    assert await line.offer() == 0
    await office.refund(sold[2].id)
    assert await line.offer() == 1
    assert (await line.place(first)).status == "offered"
    order = await office.pay((await line.offered(first))[0], first)
    assert [ticket.seat for ticket in order.tickets] == [2]
    await line.offer()
    assert await line.statuses([first, second]) == ["taken", "waiting"]


@pytest.mark.parametrize("ticks", [-1, 0, 1], ids=["before", "at", "after"])
async def test_an_offer_goes_to_the_next_once_it_has_lapsed(
    office: BoxOffice, line: Queueing, sold: list[Any], ticks: int
) -> None:
    first, second = await line.joined(1, 1)
    await office.refund(sold[0].id)
    await line.offer()
    _, ends = await line.offered(first)
    await office.clock.set(ends + timedelta(microseconds=ticks))
    await office.sweep()
    await line.offer()
    statuses = ["offered", "waiting"] if ticks < 0 else ["lapsed", "offered"]
    assert await line.statuses([first, second]) == statuses


async def test_a_group_is_offered_seats_side_by_side_once_there_are_enough(
    office: BoxOffice, line: Queueing, sold: list[Any]
) -> None:
    group, single = await line.joined(2, 1)
    await office.refund(sold[1].id)
    await line.offer()
    assert await line.statuses([group, single]) == ["waiting", "offered"]
    await office.refund(sold[2].id)
    await office.refund(sold[3].id)
    await line.offer()
    order = await office.pay((await line.offered(group))[0], group)
    assert [ticket.seat for ticket in order.tickets] == [2, 3]


async def test_standing_room_is_offered_too(office: BoxOffice) -> None:
    event = await office.event(seats_per_row=1, standing=2)
    await office.buy(event, await office.user(), [0])
    order = await office.buy(event, await office.user(), 2)
    line = Queueing(office, event)
    user_id = await office.user()
    await line.join(user_id, 2, event.type_names["S"].id)
    await office.refund(order.id)
    assert await line.offer() == 1
    hold_id, _ = await line.offered(user_id)
    paid = await office.pay(hold_id, user_id)
    assert [(ticket.seat, ticket.price) for ticket in paid.tickets] == [(None, 50_000)] * 2


@pytest.mark.parametrize(("kind", "wanted"), [("R", [4, 5]), ("S", 2)], ids=["seats", "standing"])
async def test_an_offer_is_mailed_to_whom_it_is_made_once(
    office: BoxOffice, kind: str, wanted: Sequence[int] | int
) -> None:
    hall = await office.hall()
    for some in ([0, 1, 2, 3], [6, 7, 8, 9], 5):
        await office.buy(hall, await office.user(), some)
    order = await office.buy(hall, await office.user(), wanted)
    if kind == "S":
        await office.buy(hall, await office.user(), [4, 5])
    else:
        await office.buy(hall, await office.user(), 2)
    line = Queueing(office, hall)
    first, second = await line.joined(2, 2)
    await office.refund(order.id)
    for _ in range(2):
        await line.offer()
    mails = await office.database.fetch(
        "SELECT lane, message FROM deliveries WHERE message ->> 'event_id' = $1", hall.id
    )
    offered: Any = await line.place(first)
    assert [(row["lane"], json.loads(row["message"])) for row in mails] == [
        (
            "mail",
            {
                "type": "seats_offered",
                "event_id": hall.id,
                "user_id": first,
                "hold_id": offered.hold_id,
                "ticket_type_id": hall.type_names[kind].id,
                "quantity": 2,
                "expires_at": offered.offer_ends.timestamp(),
            },
        )
    ]
    assert (await line.place(second)).status == "waiting"


async def test_an_offer_that_was_taken_cannot_be_left(
    office: BoxOffice, event: Event, line: Queueing, sold: list[Any]
) -> None:
    (user_id,) = await line.joined(1)
    await office.refund(sold[0].id)
    await line.offer()
    await office.pay((await line.offered(user_id))[0], user_id)
    with pytest.raises(NotWaiting):
        await line.list.leave(event.id, user_id)
    await line.offer()
    assert await line.statuses([user_id]) == ["taken"]


async def test_who_leaves_gives_the_offer_to_the_next(
    office: BoxOffice, event: Event, line: Queueing, sold: list[Any]
) -> None:
    first, second = await line.joined(1, 1)
    await office.refund(sold[0].id)
    await line.offer()
    await line.list.leave(event.id, first)
    assert await line.offer() == 1
    assert await line.statuses([first, second]) == ["left", "offered"]
    with pytest.raises(NotWaiting):
        await line.list.leave(event.id, first)


async def test_an_offer_that_is_being_paid_for_cannot_be_left(
    office: BoxOffice, event: Event, line: Queueing, sold: list[Any]
) -> None:
    (user_id,) = await line.joined(1)
    await office.refund(sold[0].id)
    await line.offer()
    hold_id, _ = await line.offered(user_id)
    await office.orders.begin(hold_id, user_id, "sandbox", "", cap=600, check_after=30)
    with pytest.raises(PaymentUnderWay):
        await line.list.leave(event.id, user_id)


async def test_one_who_has_bought_up_to_the_limit_meanwhile_is_passed_by(office: BoxOffice) -> None:
    event = await office.event(rows=2, seats_per_row=8)
    line = Queueing(office, event)
    lucky, others = await office.user(), await office.user()
    await office.buy(event, others, list(range(8)))
    order = await office.buy(event, await office.user(), [8])
    await line.join(lucky, 8)
    await office.buy(event, lucky, [9, 10, 11, 12, 13, 14, 15])
    await office.refund(order.id)
    await office.database.execute("UPDATE waiting_list SET quantity = 2 WHERE user_id = $1", lucky)
    other_order = await office.orders.orders_of(others, 1, None)
    await office.refund(other_order[0].id)
    assert await line.offer() == 0
    assert await line.statuses([lucky]) == ["lapsed"]


async def test_an_erased_account_is_offered_nothing(
    office: BoxOffice, line: Queueing, sold: list[Any]
) -> None:
    erased, second = await line.joined(1, 1)
    await office.database.execute(
        "UPDATE users SET password_hash = NULL, erased_at = now() WHERE id = $1", erased
    )
    await office.refund(sold[0].id)
    await line.offer()
    assert await line.statuses([second]) == ["offered"]


async def test_several_instances_offer_each_seat_once(
    office: BoxOffice, line: Queueing, sold: list[Any], event: Event
) -> None:
    users = await line.joined(1, 1, 1, 1)
    for order in sold[:3]:
        await office.refund(order.id)
    made = await asyncio.gather(*(line.offer() for _ in range(4)))
    made += [await line.offer()]
    assert sum(made) == 3
    assert await line.statuses(users) == ["offered", "offered", "offered", "waiting"]
    held = await office.database.value(
        "SELECT count(*) FROM seats WHERE event_id = $1 AND state = 'h'", event.id
    )
    assert held == 3
