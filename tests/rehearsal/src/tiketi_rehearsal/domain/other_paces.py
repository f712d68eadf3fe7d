"""How the sale would have gone at other paces: the measured buyers, let in faster or slower."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import msgspec


class OtherPace(msgspec.Struct, frozen=True):
    """`sold_out_after` is None where seats are left when the line is empty; seconds."""

    per_second: float
    sold_out_after: float | None
    last_entered_after: float
    longest_wait: float
    most_active: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One admitted person as measured: how long inside, and with how many seats they left."""

    seconds: float
    seats: int


def at_pace(visits: Sequence[Visit], *, per_second: float, capacity: int, seats: int) -> OtherPace:
    """Everybody of `visits` waits from the start and is let in at `per_second`, never more than
    `capacity` at once; it ends when no seat is left."""
    leaving: list[float] = []
    now, sold, most = 0.0, 0, 0
    sold_out_after = None
    for visit in visits:
        now += 1 / per_second
        while leaving and leaving[0] <= now:
            heappop(leaving)
        if len(leaving) >= capacity:
            now = heappop(leaving)
        heappush(leaving, now + visit.seconds)
        most = max(most, len(leaving))
        sold += visit.seats
        if sold >= seats:
            sold_out_after = now + visit.seconds
            break
    return OtherPace(per_second, sold_out_after, now, now, most)


def compare_paces(
    visits: Sequence[Visit], *, pace: float, capacity: int, seats: int
) -> list[OtherPace]:
    """At a quarter to four times the pace that was played."""
    return [
        at_pace(visits, per_second=pace * factor, capacity=capacity, seats=seats)
        for factor in (0.25, 0.5, 1.0, 2.0, 4.0)
    ]
