"""Chooses the seats for a buyer who only says how many.

Neighbours, in the best row that has room; never so that one single seat is left beside them, where
that can be helped. When many ask at once, they are spread at random over the first few places that
are as good, so that they do not all reach for the same seats.
"""

from collections.abc import Iterable, Iterator
from random import Random

from tiketi_booking.domain.layout import Row

SPREAD = 8
"""Places among which one is chosen at random."""

_FREE = ord("a")


def best_available(
    states: bytes | bytearray, rows: Iterable[Row], quantity: int, chance: Random
) -> list[int] | None:
    """Indices of `quantity` seats that are free in `states`, or None when there are not as many.

    `rows` come best first. Where nowhere are enough neighbours, the fewest groups that the best
    rows allow.
    """
    rows = list(rows)
    good: list[list[int]] = []
    poor: list[int] | None = None
    for row in rows:
        for start, end in _runs(states, row, quantity):
            block = _block(start, end, row, quantity)
            if _leaves_single(start, end, block):
                poor = poor or block
            else:
                good.append(block)
        if len(good) >= SPREAD:
            break
    if good:
        return chance.choice(good[:SPREAD])
    return poor or _scattered(states, rows, quantity)


def _runs(states: bytes | bytearray, row: Row, least: int) -> Iterator[tuple[int, int]]:
    """The stretches of at least `least` free seats of a row."""
    start = states.find(b"a" * least, row.start, row.end)
    while start != -1:
        end = start + least
        while end < row.end and states[end] == _FREE:
            end += 1
        yield start, end
        start = states.find(b"a" * least, end, row.end)


def _block(start: int, end: int, row: Row, quantity: int) -> list[int]:
    """The part of a run that is nearest the row's middle and leaves no single seat, if any does."""
    middle = (row.start + row.end - quantity) / 2
    nearest = sorted(range(start, end - quantity + 1), key=lambda first: abs(first - middle))[:8]
    blocks = [list(range(first, first + quantity)) for first in (*nearest, start, end - quantity)]
    return next((b for b in blocks if not _leaves_single(start, end, b)), blocks[0])


def _leaves_single(start: int, end: int, block: list[int]) -> bool:
    return block[0] - start == 1 or end - 1 - block[-1] == 1


def _scattered(states: bytes | bytearray, rows: list[Row], quantity: int) -> list[int] | None:
    """Takes the largest groups first."""
    chosen: list[int] = []
    for size in range(quantity - 1, 0, -1):
        for row in rows:
            for start, end in _runs(states, row, size):
                free = [idx for idx in range(start, end) if idx not in chosen]
                chosen += free[: min(size, quantity - len(chosen))]
                if len(chosen) == quantity:
                    return sorted(chosen)
    return None
