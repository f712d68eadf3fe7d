"""People at the line, through the use case, on a real Redis."""

from typing import Any

import pytest
from services.queue.tests.harness import Op
from services.queue.tests.usecases.house import ADMISSIONS, NOW, Desk, House, request

from tiketi_shared.ids import EventId
from tiketi_shared.sale import Policy
from tiketi_shared.tokens import Admission


async def fill(house: House, desk: Desk, event: EventId) -> None:
    """Everybody who joins now waits: all slots are taken, which is one."""
    house.change_queue(event, capacity=1)
    assert (await desk.ask("join", event, "first")).body["status"] == "admitted"


# --- an admission that is shown after a loss


@pytest.mark.parametrize("op", ["place", "join"])
@pytest.mark.parametrize(
    ("seconds_before_the_end", "status"),
    [(1, "admitted"), (0.001, "admitted"), (0, None), (-0.001, None), (-60, None)],
)
async def test_an_admission_puts_its_holder_back_until_it_ends(
    house: House, desk: Desk, op: Op, seconds_before_the_end: float, status: str | None
) -> None:
    """Whoever shows it later is not told that it is their turn: the till would refuse them."""
    event = house.put_on_sale(capacity=1)
    grant = (await desk.ask("join", event, "ann")).body["admission"]
    end = ADMISSIONS.verify(Admission, grant["token"], NOW).exp
    await house.lose_everything()
    house.clock.seconds = end - seconds_before_the_end
    told = await desk.ask(op, event, "ann", admission=grant["token"])
    if status is not None:
        assert told.body["status"] == status
        again = ADMISSIONS.verify(Admission, told.body["admission"]["token"], house.clock.now())
        assert again.exp == end
    elif op == "place":
        assert told.code == "not_in_queue"
    else:
        assert (told.status, told.body["status"], told.body["admission"]) == (202, "waiting", None)


async def test_an_admission_to_another_event_puts_nobody_in(house: House, desk: Desk) -> None:
    empty, crowded = house.put_on_sale(), house.put_on_sale()
    await fill(house, desk, crowded)
    grant = (await desk.ask("join", empty, "ann")).body["admission"]
    told = await desk.ask("join", crowded, "ann", admission=grant["token"])
    assert (told.status, told.code) == (422, "invalid_ticket")
    assert (await desk.ask("place", crowded, "ann")).code == "not_in_queue"


async def test_an_admission_of_somebody_else_puts_nobody_in(house: House, desk: Desk) -> None:
    event = house.put_on_sale(capacity=1)
    grant = (await desk.ask("join", event, "ann")).body["admission"]
    told = await desk.ask("place", event, "bob", admission=grant["token"])
    assert (told.status, told.code) == (422, "invalid_ticket")
    assert (await desk.ask("place", event, "bob")).code == "not_in_queue"


# --- a ticket


@pytest.mark.parametrize("instances", [1, 2])
async def test_the_lobby_comes_back_in_its_drawn_order(house: House, instances: int) -> None:
    """The tickets do not tell the order; the draw gives it again, whichever instance is asked."""
    desks = [house.start() for _ in range(instances)]
    event = house.put_on_sale(opens_in=90, policy="lobby", capacity=0)
    people = [f"person-{index}" for index in range(30)]
    joined = await desks[0].serve(*(request("join", event, user) for user in people))
    tickets = {user: told.body["ticket"] for user, told in zip(people, joined, strict=True)}
    house.wait(95)
    for desk in desks:
        await desk.round(event)
    before = await desks[0].serve(*(request("place", event, user) for user in people))
    await house.lose_everything()
    for user in reversed(people):
        await desks[-1].ask("join", event, user, ticket=tickets[user])
    after = await desks[-1].serve(*(request("place", event, user) for user in people))
    order = [told.body["position"] for told in before]
    assert sorted(order) == list(range(1, 31))
    assert order != list(range(1, 31)), "the draw has an order of its own"
    assert [told.body["position"] for told in after] == order


async def test_whoever_gave_up_a_place_joins_anew_with_the_old_ticket_at_hand(
    house: House, desk: Desk
) -> None:
    event = house.put_on_sale()
    await fill(house, desk, event)
    old = (await desk.ask("join", event, "ann")).body
    await desk.ask("join", event, "bob")
    await desk.ask("leave", event, "ann")
    told = await desk.ask("join", event, "ann", ticket=old["ticket"])
    assert (told.status, told.body["status"], told.body["position"]) == (202, "waiting", 2)
    assert told.body["number"] > old["number"]


# --- who asks together


@pytest.mark.parametrize("order", [("place", "join"), ("join", "place"), ("place", "join", "join")])
async def test_a_join_that_travels_with_a_poll_of_the_same_person_takes_a_place(
    house: House, desk: Desk, order: tuple[Any, ...]
) -> None:
    event = house.put_on_sale()
    await fill(house, desk, event)
    told = await desk.serve(*(request(op, event, "ann") for op in order))
    assert {answer.body["position"] for answer in told} == {1}
    assert [answer.status for answer in told] == [202 if op == "join" else 200 for op in order]


async def test_joins_are_limited_for_each_account_and_event_apart(house: House, desk: Desk) -> None:
    """60 a minute, half of them at once: the thirty-first of ann's is refused, nobody else's."""
    event, other = house.put_on_sale(), house.put_on_sale()
    told = [await desk.ask("join", event, "ann") for _ in range(31)]
    assert [answer.status for answer in told] == [200] * 30 + [429]
    assert (await desk.ask("join", event, "bob")).status == 200
    assert (await desk.ask("join", other, "ann")).status == 200
    assert (await desk.ask("place", event, "ann")).status == 200
    house.wait(1)
    assert (await desk.ask("join", event, "ann")).status == 200


@pytest.mark.parametrize(
    ("policy", "code", "lane"),
    [
        ("invite", None, None),
        ("invite", "GOLD", "priority"),
        ("first_come", None, "general"),
        ("first_come", "GOLD", "priority"),
        ("open", None, "general"),
        ("open", "GOLD", "priority"),
        ("lobby", None, "general"),
        ("lobby", "GOLD", "priority"),
    ],
)
async def test_who_may_join_and_into_which_lane(
    house: House, desk: Desk, policy: Policy, code: str | None, lane: str | None
) -> None:
    event = house.put_on_sale(policy=policy, invite_codes=("GOLD",), capacity=0)
    told = await desk.ask("join", event, "ann", **({"code": code} if code else {}))
    assert told.status == (403 if lane is None else 202)
    assert told.code == ("invite_required" if lane is None else None)
    assert told.body.get("lane") == lane


@pytest.mark.parametrize("left_by", ["waiting", "passed over", "inside", "inside, not there yet"])
async def test_whoever_leaves_while_inside_is_refused_at_the_till(
    house: House, desk: Desk, left_by: str
) -> None:
    event = house.put_on_sale(capacity=0)
    await desk.ask("join", event, "ann")
    if left_by == "passed over":
        house.wait(60)
    if left_by != "waiting":
        house.change_queue(event, capacity=1)
        await desk.round(event)
    if left_by == "inside":
        await desk.ask("place", event, "ann")
    assert (await desk.ask("leave", event, "ann")).status == 204
    inside = left_by.startswith("inside")
    assert [ended.user_id for ended in house.booking.revoked] == (["ann"] if inside else [])
    for ended in house.booking.revoked:
        assert ended.expires_ms >= (NOW + 37) * 1000
    assert (await desk.ask("place", event, "ann")).code == "not_in_queue"


async def test_numbers_stay_as_booking_recorded_the_draw(house: House, desk: Desk) -> None:
    """After a loss the store sees but two of the lobby's five; their numbers are as before."""
    event = house.put_on_sale(opens_in=30, policy="lobby", capacity=0)
    people = [f"person-{index}" for index in range(5)]
    await desk.serve(*(request("join", event, user) for user in people))
    house.wait(40)
    await desk.round(event)
    desk.line(event).participants = 5
    before = [(await desk.ask("place", event, user)).body for user in people]
    await house.lose_everything()
    back = [
        (await desk.ask("join", event, user, ticket=place["ticket"])).body
        for user, place in list(zip(people, before, strict=True))[:2]
    ]
    assert [place["number"] for place in back] == [place["number"] for place in before[:2]]
