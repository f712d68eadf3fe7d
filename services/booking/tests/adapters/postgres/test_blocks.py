"""Seats that an organiser takes off sale and puts back: all of them or none."""

from typing import Any

import pytest

from tiketi_booking.errors import SeatsTaken


@pytest.fixture
async def hall(office: Any) -> Any:
    hall = await office.hall()
    assert (await office.picture(hall)).states == b"aaaaaaaaaa"
    return hall


@pytest.mark.parametrize("seats", [("s4", "s5"), ("s4",), ("s3", "s4")], ids=["all", "one", "some"])
@pytest.mark.parametrize("taken", ["held", "sold"])
async def test_seats_that_somebody_has_are_named_and_none_is_blocked(
    office: Any, hall: Any, seats: tuple[str, ...], taken: str, audit: Any
) -> None:
    act = office.hold if taken == "held" else office.buy
    await act(hall, await office.user(), [4, 5])
    with pytest.raises(SeatsTaken) as refused:
        await office.organising.block(hall.id, seats, block=True)
    assert refused.value.extra == {"unavailable": [seat for seat in seats if seat != "s3"]}
    assert b"x" not in (await office.picture(hall)).states
    assert await audit(office.database) == {}


async def test_a_block_is_seen_by_all_and_repeating_it_changes_nothing(
    office: Any, hall: Any, audit: Any
) -> None:
    for seats, block, states in (
        (("s1", "s2"), True, b"axxaaaaaaa"),
        (("s1", "s2"), True, b"axxaaaaaaa"),
        (("s2", "s3"), True, b"axxxaaaaaa"),
        (("s2",), False, b"axaxaaaaaa"),
        (("s2",), False, b"axaxaaaaaa"),
        (("s1", "s2", "s3"), False, b"aaaaaaaaaa"),
    ):
        await office.organising.block(hall.id, seats, block=block)
        assert (await office.picture(hall)).states == states
        assert await office.left(hall) == (states.count(b"a"), 7)
    assert await audit(office.database) == {}


async def test_a_blocked_seat_is_nobody_s_until_it_is_put_back(office: Any, hall: Any) -> None:
    await office.organising.block(hall.id, ("s0",), block=True)
    assert (await office.ask(hall, await office.user(), [0, 1])).outcome == "unavailable"
    await office.organising.block(hall.id, ("s0",), block=False)
    assert (await office.ask(hall, await office.user(), [0, 1])).outcome == "held"
