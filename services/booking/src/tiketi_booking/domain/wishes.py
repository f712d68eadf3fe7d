"""Who is given the seats that come back: first those inside who asked for what fits, in order.

A wish is what somebody inside asked for and was refused, agreeing to be given what fits when it
comes back. Wishes are looked at in the order in which people entered, and each is granted whole or
not at all: one that does not fit holds up nobody behind it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from tiketi_booking.domain.best_available import best_available
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.nearest import nearest
from tiketi_shared.ids import UserId


@dataclass(frozen=True, slots=True)
class Wish:
    """`digest` names it; `seats` are those that were wanted, none where any of the type will do."""

    user_id: UserId
    digest: bytes
    ticket_type: int
    quantity: int
    seats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """`seats` is empty for general admission."""

    wish: Wish
    seats: tuple[int, ...]


def grants(
    wishes: Iterable[Wish], event: Event, states: bytearray, general: dict[str, int], chance: Random
) -> list[Grant]:
    """What to hold for whom. What is granted is painted into `states` and taken off `general`, so
    that they say what is left for others."""
    granted = []
    for wish in wishes:
        kind = event.type_numbers[wish.ticket_type]
        if kind.kind == "general":
            if general.get(kind.id, 0) < wish.quantity:
                continue
            general[kind.id] -= wish.quantity
            granted.append(Grant(wish, ()))
            continue
        seats = _seats(wish, event, states, chance)
        if seats:
            for idx in seats:
                states[idx] = ord("h")
            granted.append(Grant(wish, tuple(seats)))
    return granted


def _seats(wish: Wish, event: Event, states: bytearray, chance: Random) -> tuple[int, ...] | None:
    if wish.seats:
        return next(iter(nearest(states, event.layout, wish.seats, 1)), None)
    rows = event.layout.rows(event.type_numbers[wish.ticket_type].name)
    plain = event.layout.without_accessible(states)
    chosen = best_available(plain, rows, wish.quantity, chance)
    return None if chosen is None else tuple(chosen)
