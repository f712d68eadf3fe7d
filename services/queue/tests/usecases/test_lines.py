"""What an instance knows of a line: what people are told from it, and what a loss must not take."""

import pytest
from services.queue.tests.usecases.house import ADMISSIONS, Desk, House, request

from tiketi_shared.ids import EventId, OrderId, UserId, new_id
from tiketi_shared.messages import OrderPaid
from tiketi_shared.tokens import Admission

INSIDE, SEATS = 60, 200
TAKEN = 2 * INSIDE


async def a_sale_in_full_swing(house: House, desk: Desk, *, sold_before: int = 7) -> EventId:
    """60 people are inside, 50 wait, and 200 seats are left; the event."""
    event = house.put_on_sale(capacity=INSIDE, per_second=400.0, policy="open", seats=SEATS)
    house.change(event, seats_total=SEATS + sold_before, seats_sold=sold_before)
    people = [f"inside-{index}" for index in range(INSIDE)]
    answers = await desk.serve(*(request("join", event, user) for user in people))
    assert {answer.body["status"] for answer in answers} == {"admitted"}
    await desk.serve(*(request("join", event, f"waits-{index}") for index in range(50)))
    await desk.round(event)
    return event


async def buys(house: House, desk: Desk, event: EventId, user: str) -> None:
    place = (await desk.ask("place", event, user)).body
    token = ADMISSIONS.verify(Admission, place["admission"]["token"], house.clock.now())
    paid = OrderPaid(event, UserId(user), OrderId(new_id()), token.admission_id, 132_000, "KRW", 2)
    await desk.reports.settle(paid)


@pytest.mark.parametrize("in_baskets", [INSIDE, INSIDE // 2, 0])
@pytest.mark.parametrize("sold_before", [7, 4_000])
async def test_the_chance_of_a_seat_counts_who_took_seats_held_or_bought(
    house: House, desk: Desk, in_baskets: int, sold_before: int
) -> None:
    """60 people took 120 of 200 seats, and whatever was sold before, the 80 that are left are
    enough for the next 30. The last of 50 needs luck: more of it where all 120 are paid for than
    where some are in baskets and may come back."""
    event = await a_sale_in_full_swing(house, desk, sold_before=sold_before)
    house.change_queue(event, capacity=in_baskets)  # nobody else enters meanwhile
    for index in range(INSIDE - in_baskets):
        await buys(house, desk, event, f"inside-{index}")
    paid = INSIDE - in_baskets
    house.change(
        event, seats_left=SEATS - TAKEN, seats_held=2 * in_baskets, open_holds=in_baskets,
        seats_sold=sold_before + 2 * paid, holds_paid=paid,
    )  # fmt: skip
    await desk.round(event)
    facts = desk.line(event).facts
    assert (facts.active, facts.freed_total) == (in_baskets, INSIDE - in_baskets)
    thirtieth = (await desk.ask("place", event, "waits-29")).body
    last = (await desk.ask("place", event, "waits-49")).body
    assert (thirtieth["position"], thirtieth["status"]) == (30, "waiting")
    assert thirtieth["chance"] > 0.95
    assert 0.4 < last["chance"] < 0.9
    assert (last["chance"] > 0.7) is (in_baskets > 0)


async def test_those_inside_who_have_not_chosen_yet_are_ahead_of_the_line(
    house: House, desk: Desk
) -> None:
    event = await a_sale_in_full_swing(house, desk)
    house.change(event, seats_left=80)
    await desk.round(event)
    undecided = (await desk.ask("place", event, "waits-9")).body["chance"]
    house.change(event, open_holds=INSIDE, seats_held=TAKEN)
    await desk.round(event)
    decided = (await desk.ask("place", event, "waits-9")).body["chance"]
    assert undecided < 0.5
    assert decided > 0.95


async def test_a_loss_of_the_line_does_not_make_people_greedier(house: House, desk: Desk) -> None:
    """The count of those who left begins anew; the seats that they took are not the next ones'."""
    event = await a_sale_in_full_swing(house, desk)
    house.change_queue(event, capacity=0)
    for index in range(INSIDE):
        await buys(house, desk, event, f"inside-{index}")
    house.change(event, seats_left=SEATS - TAKEN)
    await desk.round(event)
    await house.lose_everything()
    await desk.serve(*(request("join", event, f"new-{index}") for index in range(50)))
    await desk.round(event)
    place = (await desk.ask("place", event, "new-24")).body
    assert (place["position"], place["status"]) == (25, "waiting")
    assert place["chance"] > 0.95


@pytest.mark.parametrize("instances", [1, 2])
@pytest.mark.parametrize("between", ["a round", "a look", "a join", "nothing"])
async def test_whoever_was_inside_keeps_a_slot_through_two_losses(
    house: House, between: str, instances: int
) -> None:
    """Two were inside when the line was lost, and what anybody does until it is lost again does
    not make this forgotten: a newcomer waits until their admissions have run out."""
    desks = [house.start() for _ in range(instances)]
    event = house.put_on_sale(capacity=2)
    for user in ("ann", "bob", "zoe"):
        await desks[0].ask("join", event, user)
    for desk in desks:
        await desk.round(event)
    await house.lose_everything()
    if between == "a look":
        assert (await desks[0].ask("place", event, "ann")).code == "not_in_queue"
    elif between == "a join":
        await desks[0].ask("join", event, "zoe")
    elif between == "a round":
        for desk in desks:
            await desk.round(event)
    await house.lose_everything()
    last = desks[-1]
    await last.ask("join", event, "eve")
    for _ in range(40):
        await last.round(event)
    facts = last.line(event).facts
    assert (facts.active, facts.reserved, facts.waiting) == (0, 2, 1)
    house.wait(30)
    await last.ask("place", event, "eve")
    await last.round(event)
    assert last.line(event).facts.active == 1


async def test_no_number_is_given_twice_through_a_loss(house: House, desk: Desk) -> None:
    """Even with a clock that stands still, the numbers after a loss are above all before it."""
    event = house.put_on_sale(capacity=0)
    before = [(await desk.ask("join", event, f"person-{i}")).body["number"] for i in range(5)]
    await house.redis.flushall()
    after = [(await desk.ask("join", event, f"late-{i}")).body["number"] for i in range(5)]
    assert before == sorted(set(before))
    assert after == sorted(set(after))
    assert after[0] > before[-1]
