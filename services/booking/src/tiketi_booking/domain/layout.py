"""Where the seats of an event are. A seat is its index: section by section, row by row.

A layout is kept as its sections; labels and coordinates of a seat follow from its index, so that
100,000 seats cost no memory. Coordinates are in seats, the stage is at the top: y grows away from
it, x is 0 in the middle.

The rows of a curved section are arcs around one point before it, a seat's width apart along the arc
like along a straight row; their ends come forward, towards the stage.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import cos, radians, sin

import msgspec

MAX_SEATS = 100_000

MIN_CURVE = 0.01
MAX_CURVE = 180
"""In degrees. A section that is curved less would be an arc of endless radius."""

_AISLE = 2
"""Rows' worth of space between two sections."""


class SeatAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seat of a section; both count from 1."""

    row: int
    number: int


class Section(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """`ticket_type` is the type's name; blocked seats are not on sale at first; `curve` is the
    angle in degrees that its first row spans, 0 where rows are straight."""

    name: str
    rows: int
    seats_per_row: int
    ticket_type: str
    accessible: tuple[SeatAt, ...] = ()
    blocked: tuple[SeatAt, ...] = ()
    curve: float = 0

    @property
    def seats(self) -> int:
        return self.rows * self.seats_per_row

    @property
    def radius(self) -> float:
        """Of the first row, in seats."""
        return (self.seats_per_row - 1) / radians(self.curve)

    @property
    def is_straight(self) -> bool:
        return not self.curve or self.seats_per_row == 1

    @property
    def depth(self) -> float:
        """How far the ends of its first row come forward."""
        return 0 if self.is_straight else self.radius * (1 - cos(radians(self.curve) / 2))

    def place(self, row: int, number: int) -> tuple[float, float]:
        """Where a seat is; both count from 0, and y from the middle of the first row."""
        aside = number - (self.seats_per_row - 1) / 2
        if self.is_straight:
            return aside, row
        radius = self.radius + row
        angle = aside / radius
        return round(radius * sin(angle), 3), round(row - radius * (1 - cos(angle)), 3)


class Seat(msgspec.Struct, frozen=True):
    idx: int
    section: str
    row: str
    number: str
    ticket_type: str
    x: float
    y: float
    accessible: bool

    @property
    def id(self) -> str:
        return seat_id(self.idx)


@dataclass(frozen=True, slots=True)
class Row:
    """A run of neighbours: indices `start` up to, not including, `end`."""

    start: int
    end: int
    ticket_type: str


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row, its section, and how far its middle is from the stage."""

    row: Row
    section: str
    y: float


@dataclass(frozen=True)
class Layout:
    sections: tuple[Section, ...]

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((section.seats for section in self.sections), initial=0))

    @cached_property
    def _tops(self) -> list[float]:
        """Where each section begins. One that is curved more than the one before it keeps its
        distance from it at the ends."""
        tops, end, before = [], 0.0, 0.0
        for section in self.sections:
            top = end + max(0.0, section.depth - before) if end else end
            tops.append(top)
            end, before = top + section.rows + _AISLE, section.depth
        return tops

    @cached_property
    def _accessible(self) -> frozenset[int]:
        return frozenset(
            self._index(place, at)
            for place, section in enumerate(self.sections)
            for at in section.accessible
        )

    @cached_property
    def blocked(self) -> frozenset[int]:
        """Indices that are not on sale at first."""
        return frozenset(
            self._index(place, at)
            for place, section in enumerate(self.sections)
            for at in section.blocked
        )

    @property
    def size(self) -> int:
        return self._starts[-1]

    def seat(self, idx: int) -> Seat:
        """Raises IndexError for an index that is not of this layout."""
        if not 0 <= idx < self.size:
            raise IndexError(idx)
        place = bisect_right(self._starts, idx) - 1
        section = self.sections[place]
        row, number = divmod(idx - self._starts[place], section.seats_per_row)
        x, y = section.place(row, number)
        return Seat(
            idx, section.name, str(row + 1), str(number + 1), section.ticket_type, x,
            self._tops[place] + y, idx in self._accessible,
        )  # fmt: skip

    @cached_property
    def placed_rows(self) -> dict[str, tuple[PlacedRow, ...]]:
        """The rows of each ticket type, the best first."""
        return {
            kind: tuple(self._placed(row) for row in self.rows(kind))
            for kind in {section.ticket_type for section in self.sections}
        }

    def _placed(self, row: Row) -> PlacedRow:
        middle = self.seat((row.start + row.end) // 2)
        return PlacedRow(row, middle.section, middle.y)

    def is_accessible(self, idx: int) -> bool:
        return idx in self._accessible

    def without_accessible(self, states: bytes | bytearray) -> bytearray:
        """`states` with the wheelchair seats blocked: for people who did not ask for one."""
        rest = bytearray(states)
        for idx in self._accessible:
            rest[idx] = ord("x")
        return rest

    def ticket_types(self) -> Iterator[tuple[range, str]]:
        """Which indices belong to which type's name."""
        for place, section in enumerate(self.sections):
            yield range(self._starts[place], self._starts[place + 1]), section.ticket_type

    def rows(self, ticket_type: str) -> Iterator[Row]:
        """The rows where seats of a type are, the best (nearest to the stage) first."""
        for place, section in enumerate(self.sections):
            if section.ticket_type == ticket_type:
                for start in range(
                    self._starts[place], self._starts[place + 1], section.seats_per_row
                ):
                    yield Row(start, start + section.seats_per_row, ticket_type)

    def _index(self, place: int, at: SeatAt) -> int:
        width = self.sections[place].seats_per_row
        return self._starts[place] + (at.row - 1) * width + at.number - 1


def seat_id(idx: int) -> str:
    return f"s{idx}"


def seat_index(seat_id_: str) -> int | None:
    """The index that a seat's id names, None when it is no seat's id."""
    digits = seat_id_[1:]
    if seat_id_[:1] != "s" or len(digits) > 6 or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits) if digits == "0" or digits[0] != "0" else None


def layout_errors(sections: tuple[Section, ...], ticket_types: set[str]) -> dict[str, str]:
    """What is wrong, by field; `ticket_types` are the names of the seated ones."""
    errors: dict[str, str] = {}
    for place, section in enumerate(sections):
        for field, problem in _section_errors(section, ticket_types):
            errors[f"layout.sections[{place}].{field}"] = problem
    if len({section.name for section in sections}) < len(sections):
        errors["layout.sections"] = "have names of their own"
    if sum(section.seats for section in sections) > MAX_SEATS:
        errors["layout"] = f"has at most {MAX_SEATS} seats"
    return errors


def _section_errors(section: Section, ticket_types: set[str]) -> Iterator[tuple[str, str]]:
    if not 1 <= len(section.name) <= 60:
        yield "name", "has 1 to 60 characters"
    if not 1 <= section.rows <= 10_000:
        yield "rows", "is 1 to 10,000"
    if not 1 <= section.seats_per_row <= 10_000:
        yield "seats_per_row", "is 1 to 10,000"
    if section.curve != 0 and not MIN_CURVE <= section.curve <= MAX_CURVE:
        yield "curve", f"is 0, or {MIN_CURVE} to {MAX_CURVE} degrees"
    if section.ticket_type not in ticket_types:
        yield "ticket_type", "names a seated ticket type of this event"
    if not all(_inside(section, at) for at in section.accessible):
        yield "accessible", "names seats of the section"
    if not all(_inside(section, at) for at in section.blocked):
        yield "blocked", "names seats of the section"


def _inside(section: Section, at: SeatAt) -> bool:
    return 1 <= at.row <= section.rows and 1 <= at.number <= section.seats_per_row
