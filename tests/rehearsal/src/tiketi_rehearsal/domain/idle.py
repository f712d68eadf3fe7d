"""For how long seats that came back had no buyer while people wanted some; pure."""

from collections.abc import Iterable, Sequence

from tiketi_rehearsal.domain.records import Ended, Held, Seen

AVAILABLE, HELD = "a", "h"


def longest_idle(seen: Sequence[Seen], wanted_until: float) -> float:
    """The longest time (seconds) that a seat which had been held was free for anybody, of the time
    until `wanted_until`, as an onlooker saw it."""
    longest = 0.0
    since: dict[int, float] = {}
    was = ""
    for look in seen:
        if look.at > wanted_until:
            break
        for seat, state in enumerate(look.states):
            if state != AVAILABLE:
                longest = max(longest, look.at - since.pop(seat, look.at))
            elif was and was[seat] != AVAILABLE:
                since[seat] = look.at
        was = look.states
    return max([longest, *(wanted_until - at for at in since.values())])


def wanted_until(held: Iterable[Held], ended: Iterable[Ended], without: Sequence[str]) -> float:
    """When somebody last wanted seats: they held some, or left without."""
    return max(
        [*(hold.at for hold in held), *(each.at for each in ended if each.reason in without)],
        default=0.0,
    )


def hold_seconds(held: Iterable[Held]) -> float:
    """How long a hold lasted, as people were told; 0 when nobody held anything."""
    return max((hold.until - hold.at for hold in held), default=0.0)
