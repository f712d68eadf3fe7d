"""Which seats somebody goes for, given what they see of the map."""

import random
from collections.abc import Sequence

AVAILABLE = "a"


def choose(
    states: str, rows: Sequence[object], count: int, *, best: bool, chance: random.Random
) -> list[int]:
    """Indices of `count` seats side by side in one row where there are any, else any `count`,
    else what is left; `rows[i]` says which row seat i stands in.

    `best`: the first of them in layout order, as everybody wants; otherwise from a place of one's
    own on.
    """
    available = [index for index, state in enumerate(states) if state == AVAILABLE]
    if not available:
        return []
    start = 0 if best else chance.randrange(len(available))
    turned = available[start:] + available[:start]
    return _side_by_side(turned, rows, count) or turned[:count]


def _side_by_side(turned: Sequence[int], rows: Sequence[object], count: int) -> list[int]:
    # The turn may have parted neighbours: the first seats are looked at again behind the last.
    round_trip = [*turned, *turned[: count - 1]]
    for offset in range(len(turned)):
        seats = round_trip[offset : offset + count]
        first, last = seats[0], seats[-1]
        if last - first == count - 1 and rows[first] == rows[last]:
            return list(seats)
    return []
