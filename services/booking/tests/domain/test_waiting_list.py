from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.availability import Availability
from tiketi_booking.domain.catalogue import Event, TicketType
from tiketi_booking.domain.layout import Layout, Section
from tiketi_booking.domain.waiting_list import EntryId, Offer, Waiter, free_by_type, offers
from tiketi_shared.ids import EventId, TicketTypeId, UserId
from tiketi_shared.sale import QueueSettings

R, S, VIP = (TicketTypeId(name) for name in ("r", "s", "vip"))
TYPES = (R, S, VIP)


def waiter(name: str, quantity: int = 1, kind: TicketTypeId | None = None) -> Waiter:
    return Waiter(EntryId(name), UserId(f"user-{name}"), quantity, kind)


def names(made: list[Offer]) -> list[str]:
    return [offer.waiter.entry_id for offer in made]


def test_the_first_in_line_is_offered_the_only_seat() -> None:
    assert names(offers([waiter("a"), waiter("b")], {R: 1})) == ["a"]


def test_a_group_is_offered_all_its_seats_or_none() -> None:
    assert names(offers([waiter("group", 4)], {R: 3})) == []
    assert names(offers([waiter("group", 4)], {R: 4})) == ["group"]


def test_those_who_fit_are_not_kept_waiting_by_a_group_that_does_not() -> None:
    assert names(offers([waiter("group", 4), waiter("b", 2), waiter("c")], {R: 3})) == ["b", "c"]


def test_seats_of_two_types_are_not_put_together_for_one_group() -> None:
    assert names(offers([waiter("group", 4)], {R: 2, S: 2})) == []


def test_who_wants_one_type_is_not_offered_another() -> None:
    assert names(offers([waiter("a", kind=VIP), waiter("b", kind=S)], {S: 1})) == ["b"]


def test_who_takes_any_type_gets_the_first_that_has_enough() -> None:
    (offer,) = offers([waiter("pair", 2)], {R: 1, S: 2, VIP: 5})
    assert offer.ticket_type_id == S


WAITERS = st.lists(st.tuples(st.integers(1, 6), st.sampled_from([None, *TYPES])), max_size=30).map(
    lambda rows: [waiter(str(n), *row) for n, row in enumerate(rows)]
)
FREE = st.dictionaries(st.sampled_from(TYPES), st.integers(0, 12))


@given(WAITERS, FREE)
def test_never_more_is_offered_than_is_free(
    waiters: list[Waiter], free: dict[TicketTypeId, int]
) -> None:
    given_away = dict.fromkeys(TYPES, 0)
    for offer in offers(waiters, free):
        given_away[offer.ticket_type_id] += offer.waiter.quantity
    assert all(count <= free.get(kind, 0) for kind, count in given_away.items())


@given(WAITERS, FREE)
def test_nobody_is_passed_over_by_one_behind_who_asked_for_as_much_or_more(
    waiters: list[Waiter], free: dict[TicketTypeId, int]
) -> None:
    offered = set(names(offers(waiters, free)))
    for place, ahead in enumerate(waiters):
        for behind in waiters[place + 1 :]:
            alike = ahead.ticket_type_id in (None, behind.ticket_type_id)
            if alike and behind.quantity >= ahead.quantity and behind.entry_id in offered:
                assert ahead.entry_id in offered


@given(WAITERS, FREE)
def test_no_seat_stays_free_that_someone_left_without_an_offer_could_have(
    waiters: list[Waiter], free: dict[TicketTypeId, int]
) -> None:
    made = offers(waiters, free)
    left = dict(free)
    for offer in made:
        left[offer.ticket_type_id] -= offer.waiter.quantity
    for one in waiters:
        if one.entry_id not in names(made):
            wanted = TYPES if one.ticket_type_id is None else (one.ticket_type_id,)
            assert all(left.get(kind, 0) < one.quantity for kind in wanted)


def test_an_offer_names_the_waiter_and_the_type() -> None:
    pair, one = waiter("pair", 2, S), waiter("one", 1)
    assert offers([pair, one], {R: 0, S: 3}) == [Offer(pair, S), Offer(one, S)]
    assert offers([waiter("a", 1, VIP)], {R: 5}) == []


OPENS = datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_what_is_free_is_counted_by_type_the_cheapest_first() -> None:
    event = Event(
        EventId("event"), "A show", "A hall", OPENS, OPENS, OPENS, "EUR", 6, QueueSettings(), 23,
        False,
        (
            TicketType(1, VIP, "VIP", 300, "seated", 6),
            TicketType(2, R, "R", 200, "seated", 3),
            TicketType(3, TicketTypeId("floor"), "Floor", 100, "general", 50),
            TicketType(4, TicketTypeId("stand"), "Stand", 50, "general", 50),
        ),
        Layout(
            (
                Section(name="A", rows=1, seats_per_row=4, ticket_type="VIP"),
                Section(name="B", rows=1, seats_per_row=3, ticket_type="R"),
                Section(name="C", rows=1, seats_per_row=2, ticket_type="VIP"),
            )
        ),
    )  # fmt: skip
    free = free_by_type(event, Availability(7, bytearray(b"ahahaaaah"), {"floor": 11}))
    assert list(free.items()) == [("stand", 0), ("floor", 11), ("r", 3), ("vip", 3)]
