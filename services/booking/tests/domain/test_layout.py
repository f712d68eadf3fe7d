"""A seat is its index: labels, coordinates and ids follow from it."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.layout import (
    Layout,
    Row,
    Seat,
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


def test_each_word_about_a_seat_is_exact() -> None:
    seat = HALL.seat(9)
    assert seat == Seat(9, "B", "1", "4", "R", 1.5, 4.0, True)
    assert seat.id == "s9"
    assert HALL.seat(5) == Seat(5, "A", "2", "3", "VIP", 1.0, 1.0, False)
    assert HALL.size == 10


def test_each_type_has_its_stretches_of_seats() -> None:
    layout = Layout((*HALL.sections, Section(name="C", rows=2, seats_per_row=2, ticket_type="VIP")))
    assert list(layout.ticket_types()) == [
        (range(6), "VIP"), (range(6, 10), "R"), (range(10, 14), "VIP"),
    ]  # fmt: skip
    assert list(layout.rows("VIP")) == [
        Row(0, 3, "VIP"), Row(3, 6, "VIP"), Row(10, 12, "VIP"), Row(12, 14, "VIP"),
    ]  # fmt: skip
    assert list(layout.rows("R")) == [Row(6, 10, "R")]
    assert list(layout.rows("S")) == []


def test_special_seats_are_found_in_every_section_and_row() -> None:
    layout = Layout(
        (
            HALL.sections[0],
            Section(
                name="D", rows=3, seats_per_row=4, ticket_type="R",
                blocked=(SeatAt(1, 1), SeatAt(3, 2)), accessible=(SeatAt(2, 4), SeatAt(3, 1)),
            ),
        )
    )  # fmt: skip
    assert layout.blocked == {1, 6, 15}
    assert [idx for idx in range(layout.size) if layout.seat(idx).accessible] == [13, 14]


def test_an_arc_s_numbers_are_exact() -> None:
    """Three seats over a right angle: the radius is 4/pi, the ends stand at 45 degrees."""
    section = curved(90, seats=3)
    assert section.radius == pytest.approx(4 / math.pi)
    assert section.depth == pytest.approx(4 / math.pi * (1 - math.sqrt(0.5)))
    assert [section.place(0, number) for number in range(3)] == [
        (-0.9, -0.373), (0.0, 0.0), (0.9, -0.373),
    ]  # fmt: skip
    assert section.place(2, 2) == (round(3.273_239 * math.sin(1 / 3.273_239), 3), 1.848)
    assert not section.is_straight
    assert (curved(0).is_straight, curved(0).depth, curved(90, seats=1).is_straight) == (
        True, 0, True,
    )  # fmt: skip


def test_sections_stand_an_aisle_apart_and_further_where_the_arc_comes_forward() -> None:
    flat, slight, deep = curved(0, rows=2), curved(30, rows=4), curved(90, rows=5)
    tops = Layout((flat, slight, deep, slight, flat))._tops
    assert tops[0] == 0.0
    assert tops[1] == pytest.approx(4 + slight.depth)
    assert tops[2] == pytest.approx(tops[1] + 6 + deep.depth - slight.depth)
    assert tops[3] == pytest.approx(tops[2] + 7)
    assert tops[4] == pytest.approx(tops[3] + 6)
    assert Layout((deep, flat))._tops == [0.0, 7.0]


@pytest.mark.parametrize(
    ("text", "idx"),
    [("s0", 0), ("s1", 1), ("s999999", 999_999), ("s00", None), ("s1000000", None), ("S1", None),
     ("s 1", None)],
)  # fmt: skip
def test_an_id_has_up_to_six_digits_and_no_leading_zero(text: str, idx: int | None) -> None:
    assert seat_index(text) == idx


CURVE = "is 0, or 0.01 to 180 degrees"
SEATS = "names seats of the section"


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"name": ""}, "name", "has 1 to 60 characters"),
        ({"name": "n"}, None, ""),
        ({"name": "n" * 60}, None, ""),
        ({"name": "n" * 61}, "name", "has 1 to 60 characters"),
        ({"rows": 0}, "rows", "is 1 to 10,000"),
        ({"rows": 10_000, "seats_per_row": 4}, None, ""),
        ({"rows": 10_001, "seats_per_row": 4}, "rows", "is 1 to 10,000"),
        ({"seats_per_row": 10_000}, None, ""),
        ({"seats_per_row": 10_001}, "seats_per_row", "is 1 to 10,000"),
        ({"seats_per_row": 0}, "seats_per_row", "is 1 to 10,000"),
        ({"curve": -0.1}, "curve", CURVE),
        ({"curve": 5e-324}, "curve", CURVE),
        ({"curve": 0.0099}, "curve", CURVE),
        ({"curve": 0.01}, None, ""),
        ({"curve": 180}, None, ""),
        ({"curve": 180.1}, "curve", CURVE),
        ({"ticket_type": "S"}, "ticket_type", "names a seated ticket type of this event"),
        ({"accessible": (SeatAt(1, 1), SeatAt(3, 4))}, None, ""),
        ({"accessible": (SeatAt(1, 1), SeatAt(4, 1))}, "accessible", SEATS),
        ({"accessible": (SeatAt(0, 1),)}, "accessible", SEATS),
        ({"blocked": (SeatAt(1, 0),)}, "blocked", SEATS),
        ({"blocked": (SeatAt(1, 5), SeatAt(1, 1))}, "blocked", SEATS),
        ({"blocked": (SeatAt(3, 4), SeatAt(1, 1))}, None, ""),
    ],
)
def test_each_fault_of_a_section_is_told_by_its_field(
    changes: dict[str, Any], field: str | None, says: str
) -> None:
    some: dict[str, Any] = {"name": "A", "rows": 3, "seats_per_row": 4, "ticket_type": "R"}
    sections = (
        Section(name="before", rows=1, seats_per_row=1, ticket_type="R"),
        Section(**(some | changes)),
    )
    expected = {} if field is None else {f"layout.sections[1].{field}": says}
    assert layout_errors(sections, {"R", "VIP"}) == expected


@pytest.mark.parametrize(("seats", "accepted"), [(49_999, True), (50_000, True), (50_001, False)])
def test_a_layout_has_at_most_a_hundred_thousand_seats(seats: int, accepted: bool) -> None:
    sections = (
        Section(name="A", rows=5, seats_per_row=10_000, ticket_type="R"),
        Section(name="B", rows=5, seats_per_row=8_000, ticket_type="R"),
        Section(name="C", rows=1, seats_per_row=seats - 40_000, ticket_type="R"),
    )
    errors = {key: says for key, says in layout_errors(sections, {"R"}).items() if key == "layout"}
    assert errors == ({} if accepted else {"layout": "has at most 100000 seats"})


def test_sections_have_names_of_their_own() -> None:
    assert layout_errors((HALL.sections[0], HALL.sections[0]), {"VIP"}) == {
        "layout.sections": "have names of their own"
    }
