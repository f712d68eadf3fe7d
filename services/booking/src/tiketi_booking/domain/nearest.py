"""Other seats for somebody whose seats are gone: as many, together, the nearest that fit.

They are of the same ticket type, so that the price is the one that was agreed to; those of the same
section come first. A group has as many wheelchair seats as the seats that were wanted: none for
people who did not ask for one. Seats that were wanted apart from each other may be replaced apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import hypot

from msgspec import structs

from tiketi_booking.domain.holds import HoldOrder, Seats
from tiketi_booking.domain.layout import Layout, PlacedRow, Row

GROUPS = 8
"""Groups that are tried, the nearest first: others may be faster at some of them."""

_FREE = ord("a")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """`x` and `y` are the middle of the seats."""

    indices: tuple[int, ...]
    section: str
    ticket_type: str
    wheelchairs: int
    x: float
    y: float


def nearest(
    states: bytes | bytearray, layout: Layout, wanted: Sequence[int], limit: int = GROUPS
) -> list[tuple[int, ...]]:
    """At most `limit` groups of free seats, the nearest first; none for seats of several ticket
    types."""
    asked = _asked(layout, wanted)
    if asked is None:
        return []
    found: list[tuple[int, ...]] = []
    for own in (True, False):
        if len(found) == limit:
            break
        rows = [
            placed
            for placed in layout.placed_rows[asked.ticket_type]
            if (placed.section == asked.section) is own
        ]
        found += _nearest_of(states, layout, rows, asked, limit - len(found))
    if found or _together(layout, wanted):
        return found
    return _apart(states, layout, asked)


def with_others(
    orders: Sequence[HoldOrder], states: bytes | bytearray, layout: Layout
) -> list[HoldOrder]:
    """The orders, those of people who agreed to other seats with the groups that would do. People
    whose seats are known to be gone are not all sent to the same ones."""
    states = bytearray(states)
    prepared = []
    for order in orders:
        others: list[tuple[int, ...]] = []
        if order.wish is not None and isinstance(order.wanted, Seats):
            groups = nearest(states, layout, order.wanted.indices, GROUPS + 1)
            others = [group for group in groups if group != order.wanted.indices]
        for idx in others[0] if order.lost and others else ():
            states[idx] = ord("h")
        prepared.append(structs.replace(order, others=tuple(others)) if others else order)
    return prepared


def _nearest_of(
    states: bytes | bytearray, layout: Layout, rows: list[PlacedRow], asked: _Wanted, limit: int
) -> list[tuple[int, ...]]:
    found: list[tuple[float, tuple[int, ...]]] = []
    for placed in sorted(rows, key=lambda placed: abs(placed.y - asked.y)):
        if len(found) >= limit and abs(placed.y - asked.y) > found[limit - 1][0]:
            break
        groups = islice(_groups(states, layout, placed.row, asked), limit)
        found = sorted([*found, *((_distance(layout, asked, group), group) for group in groups)])
    return [group for _, group in found[:limit]]


def _asked(layout: Layout, wanted: Sequence[int]) -> _Wanted | None:
    seats = [layout.seat(idx) for idx in sorted(wanted)]
    if not seats or len({seat.ticket_type for seat in seats}) > 1:
        return None
    count = len(seats)
    return _Wanted(
        tuple(seat.idx for seat in seats),
        seats[0].section,
        seats[0].ticket_type,
        sum(seat.accessible for seat in seats),
        sum(seat.x for seat in seats) / count,
        sum(seat.y for seat in seats) / count,
    )


def _groups(
    states: bytes | bytearray, layout: Layout, row: Row, asked: _Wanted
) -> Iterator[tuple[int, ...]]:
    """The groups of a row that fit, the nearest first, none overlapping another."""
    quantity = len(asked.indices)
    target = asked.x + (row.start + row.end - quantity) / 2
    taken: set[int] = set()
    for start in sorted(_starts(states, row, quantity), key=lambda start: abs(start - target)):
        group = tuple(range(start, start + quantity))
        if not taken.isdisjoint(group):
            continue
        if sum(layout.is_accessible(idx) for idx in group) == asked.wheelchairs:
            taken.update(group)
            yield group


def _starts(states: bytes | bytearray, row: Row, quantity: int) -> Iterator[int]:
    """Where `quantity` free neighbours begin."""
    start = states.find(b"a" * quantity, row.start, row.end)
    while start != -1:
        yield start
        start = states.find(b"a" * quantity, start + 1, row.end)


def _distance(layout: Layout, asked: _Wanted, group: Sequence[int]) -> float:
    first, last = layout.seat(group[0]), layout.seat(group[-1])
    return hypot((first.x + last.x) / 2 - asked.x, (first.y + last.y) / 2 - asked.y)


def _together(layout: Layout, wanted: Sequence[int]) -> bool:
    first, last = layout.seat(min(wanted)), layout.seat(max(wanted))
    return last.idx - first.idx == len(wanted) - 1 and (first.section, first.row) == (
        last.section,
        last.row,
    )


def _apart(states: bytes | bytearray, layout: Layout, asked: _Wanted) -> list[tuple[int, ...]]:
    """The nearest single seats, as one group; none where there are too few."""
    plain: list[tuple[float, int]] = []
    wheelchair: list[tuple[float, int]] = []
    for placed in layout.placed_rows[asked.ticket_type]:
        for idx in range(placed.row.start, placed.row.end):
            if states[idx] == _FREE:
                fitting = wheelchair if layout.is_accessible(idx) else plain
                fitting.append((_distance(layout, asked, (idx,)), idx))
    chosen = [idx for _, idx in sorted(wheelchair)[: asked.wheelchairs]]
    chosen += [idx for _, idx in sorted(plain)[: len(asked.indices) - asked.wheelchairs]]
    return [tuple(sorted(chosen))] if len(chosen) == len(asked.indices) else []
