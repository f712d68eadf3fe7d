"""The lobby's size, which every number of the lobby depends on, survives restarts and losses."""

import pytest
from services.queue.tests.usecases.house import Desk, House, request

from tiketi_queue.ports import BookingUnavailable
from tiketi_queue.usecases.draws import Draws
from tiketi_shared.ids import EventId

PEOPLE = [f"person-{index}" for index in range(5)]


async def lobby_of_five(house: House, desk: Desk) -> EventId:
    event = house.put_on_sale(opens_in=30, policy="lobby", capacity=0)
    await desk.serve(*(request("join", event, user) for user in PEOPLE))
    await desk.round(event)
    return event


async def keep(house: House, desk: Desk, event: EventId) -> None:
    """As the worker does: one step a turn."""
    for _ in range(3):
        await Draws(house.booking).keep(desk.line(event), house.clock.now())


@pytest.mark.parametrize(("opens_in", "recorded"), [(0.001, None), (0.0, 5), (-0.001, 5)])
async def test_the_lobby_is_recorded_at_the_opening(
    house: House, desk: Desk, opens_in: float, recorded: int | None
) -> None:
    event = await lobby_of_five(house, desk)
    house.clock.seconds = house.sales[event].sale_opens_at - opens_in
    await desk.rounds.run(desk.line(event))
    await keep(house, desk, event)
    assert house.booking.draws.get(event) == recorded


async def test_a_lobby_that_was_lost_before_the_opening_is_recorded_as_large_as_it_was(
    house: House, desk: Desk
) -> None:
    """Else whoever comes later gets a number that somebody of the lobby has."""
    event = await lobby_of_five(house, desk)
    tickets = [(await desk.ask("place", event, user)).body["ticket"] for user in PEOPLE]
    await house.lose_everything()
    for user, ticket in list(zip(PEOPLE, tickets, strict=True))[:2]:
        await desk.ask("join", event, user, ticket=ticket)
    house.wait(40)
    await desk.round(event)
    await keep(house, desk, event)
    assert house.booking.draws[event] == desk.line(event).participants == 5


@pytest.mark.parametrize("learns", ["before anybody is back", "after two are back"])
async def test_another_instance_learns_the_size_that_was_recorded(
    house: House, desk: Desk, learns: str
) -> None:
    """It starts after a loss of the line; whenever it hears from booking, numbers are as before."""
    event = await lobby_of_five(house, desk)
    house.wait(40)
    await desk.round(event)
    await keep(house, desk, event)
    before = [(await desk.ask("place", event, user)).body for user in PEOPLE]
    await house.lose_everything()
    later = house.start()
    if learns == "before anybody is back":
        await keep(house, later, event)
    for user, place in list(zip(PEOPLE, before, strict=True))[:2]:
        await later.ask("join", event, user, ticket=place["ticket"])
    await later.round(event)
    await keep(house, later, event)
    assert house.booking.draws[event] == later.line(event).participants == 5
    back = [(await later.ask("place", event, user)).body for user in PEOPLE[:2]]
    assert [place["number"] for place in back] == [place["number"] for place in before[:2]]


async def test_of_two_sizes_the_one_recorded_first_counts_for_everybody(
    house: House, desk: Desk
) -> None:
    """Another instance asked before anything was recorded, and has seen a smaller lobby since."""
    event = await lobby_of_five(house, desk)
    house.wait(40)
    other = house.start()
    await Draws(house.booking).keep(other.line(event), house.clock.now())
    await desk.round(event)
    await keep(house, desk, event)
    await house.lose_everything()
    await other.ask("join", event, "somebody")
    await other.round(event)
    await keep(house, other, event)
    assert house.booking.draws[event] == 5
    assert other.line(event).participants == desk.line(event).participants == 5


async def test_a_till_that_is_away_is_asked_again(house: House, desk: Desk) -> None:
    event = await lobby_of_five(house, desk)
    house.wait(40)
    await desk.round(event)
    house.booking.unavailable = True
    with pytest.raises(BookingUnavailable):
        await keep(house, desk, event)
    house.booking.unavailable = False
    await keep(house, desk, event)
    assert house.booking.draws[event] == 5
