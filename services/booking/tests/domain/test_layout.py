"""A seat is its index: labels, coordinates and ids follow from it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.layout import (
    Layout,
    Row,
    SeatAt,
    Section,
    layout_errors,
    seat_id,
    seat_index,
)

HALL = Layout(
    (
        Section(name="A", rows=2, seats_per_row=3, ticket_type="VIP", blocked=(SeatAt(1, 2),)),
        Section(name="B", rows=1, seats_per_row=4, ticket_type="R", accessible=(SeatAt(1, 4),)),
    )
)


def test_seats_are_numbered_section_by_section_row_by_row() -> None:
    labels = [(s.section, s.row, s.number) for s in map(HALL.seat, range(HALL.size))]
    assert labels == [
        ("A", "1", "1"), ("A", "1", "2"), ("A", "1", "3"),
        ("A", "2", "1"), ("A", "2", "2"), ("A", "2", "3"),
        ("B", "1", "1"), ("B", "1", "2"), ("B", "1", "3"), ("B", "1", "4"),
    ]  # fmt: skip


def test_rows_stand_behind_each_other_and_in_the_middle() -> None:
    seats = [HALL.seat(idx) for idx in (0, 1, 3, 6)]
    assert [(seat.x, seat.y) for seat in seats] == [(-1, 0), (0, 0), (-1, 1), (-1.5, 4)]


def curved(curve: float, *, rows: int = 3, seats: int = 21) -> Section:
    return Section(name="C", rows=rows, seats_per_row=seats, ticket_type="R", curve=curve)


@given(st.floats(1, 180), st.integers(2, 30).map(lambda half: 2 * half + 1))
def test_neighbours_on_an_arc_are_a_seat_apart_and_rows_too(curve: float, seats: int) -> None:
    layout = Layout((curved(curve, seats=seats),))
    places = [(seat.x, seat.y) for seat in map(layout.seat, range(layout.size))]
    for idx in range(layout.size - 1):
        if (idx + 1) % seats:
            (x, y), (next_x, next_y) = places[idx], places[idx + 1]
            assert 0.9 < math.hypot(next_x - x, next_y - y) < 1.005
    middle = [layout.seat(row * seats + seats // 2) for row in range(3)]
    assert [round(seat.y - middle[0].y, 1) for seat in middle] == [0, 1, 2]


def test_the_ends_of_an_arc_come_forward_alike() -> None:
    first, middle, last = (Layout((curved(90),)).seat(idx) for idx in (0, 10, 20))
    assert (middle.x, middle.y) == (0, 0)
    assert (first.x, first.y) == (-last.x, last.y)
    assert first.y < -3


def test_a_curved_section_does_not_reach_into_the_straight_one_before_it() -> None:
    layout = Layout((HALL.sections[0], curved(120)))
    lowest = max(layout.seat(idx).y for idx in range(6))
    assert min(layout.seat(idx).y for idx in range(6, layout.size)) >= lowest + 2


def test_a_single_seat_a_row_stays_where_it_is() -> None:
    seat = Layout((curved(90, seats=1),)).seat(2)
    assert (seat.x, seat.y) == (0, 2)


@pytest.mark.parametrize("curve", [-1, 181, float("nan")])
def test_a_curve_is_at_most_half_a_circle(curve: float) -> None:
    assert "layout.sections[0].curve" in layout_errors((curved(curve),), {"R"})


def test_what_is_special_is_known_by_index() -> None:
    assert HALL.blocked == {1}
    assert [idx for idx in range(HALL.size) if HALL.seat(idx).accessible] == [9]


def test_rows_of_a_type_come_best_first() -> None:
    assert list(HALL.rows("VIP")) == [Row(0, 3, "VIP"), Row(3, 6, "VIP")]


@pytest.mark.parametrize("idx", [-1, 10])
def test_an_index_of_no_seat_is_an_error(idx: int) -> None:
    with pytest.raises(IndexError):
        HALL.seat(idx)


@given(st.integers(0, 99_999))
def test_an_id_names_its_index(idx: int) -> None:
    assert seat_index(seat_id(idx)) == idx


@pytest.mark.parametrize("text", ["", "s", "7", "x7", "s-1", "s07", "s1.0", "s٣", "s1234567"])
def test_what_is_no_id_names_nothing(text: str) -> None:
    assert seat_index(text) is None


def test_a_section_outside_of_its_bounds_is_named() -> None:
    section = Section(name="", rows=0, seats_per_row=5, ticket_type="X", blocked=(SeatAt(1, 6),))
    assert set(layout_errors((section,), {"R"})) == {
        f"layout.sections[0].{field}" for field in ("name", "rows", "ticket_type", "blocked")
    }
