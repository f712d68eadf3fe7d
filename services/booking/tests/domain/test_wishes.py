"""To whom seats that come back are given."""

from datetime import UTC, datetime
from random import Random

from tiketi_booking.domain.catalogue import Event, TicketType
from tiketi_booking.domain.layout import Layout, SeatAt, Section
from tiketi_booking.domain.wishes import Wish, grants
from tiketi_shared.ids import EventId, TicketTypeId, UserId
from tiketi_shared.sale import QueueSettings

NOW = datetime(2026, 11, 28, tzinfo=UTC)
EVENT = Event(
    EventId("e"), "Show", "Hall", NOW, NOW, NOW, "KRW", 6, QueueSettings(), 1, False,
    (
        TicketType(1, TicketTypeId("seated"), "R", 100, "seated", 20),
        TicketType(2, TicketTypeId("standing"), "S", 50, "general", 7),
    ),
    Layout((
        Section(
            name="A", rows=2, seats_per_row=10, ticket_type="R", accessible=(SeatAt(2, 10),)
        ),
    )),
)  # fmt: skip


def wish(user: str, quantity: int, *seats: int, kind: int = 1) -> Wish:
    return Wish(UserId(user), b"w", kind, quantity, seats)


def granted(free: set[int], *wishes: Wish, standing: int = 0) -> dict[str, tuple[int, ...]]:
    states = bytearray(ord("a" if idx in free else "s") for idx in range(20))
    general = {"standing": standing}
    made = grants(wishes, EVENT, states, general, Random(1))
    assert states.count(b"a") == len(free) - sum(len(grant.seats) for grant in made)
    return {grant.wish.user_id: grant.seats for grant in made}


def test_the_first_whom_it_fits_is_given_a_seat() -> None:
    assert granted({7}, wish("one", 1, 3), wish("two", 1, 7)) == {"one": (7,)}


def test_a_group_that_does_not_fit_holds_up_nobody_behind_it() -> None:
    asked = wish("pair", 2, 3, 4), wish("one", 1, 3), wish("late", 1, 3)
    assert granted({7}, *asked) == {"one": (7,)}


def test_a_group_is_given_seats_side_by_side() -> None:
    assert granted({1, 7, 8}, wish("pair", 2, 1, 2), wish("one", 1, 0)) == {
        "pair": (7, 8),
        "one": (1,),
    }


def test_whoever_wanted_any_seats_is_given_no_wheelchair_seat() -> None:
    assert granted({19}, wish("any", 1)) == {}
    assert granted({3, 19}, wish("any", 1), wish("chair", 1, 19)) == {"any": (3,), "chair": (19,)}


def test_standing_places_are_given_as_far_as_they_go() -> None:
    asked = [wish(name, 2, kind=2) for name in ("one", "two", "three")]
    assert granted(set(), *asked, standing=5) == {"one": (), "two": ()}
