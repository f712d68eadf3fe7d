"""Which holds can be decided together."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.catalogue import Event, TicketType
from tiketi_booking.domain.holds import (
    HoldOrder,
    HoldWish,
    Quantity,
    Seats,
    Wave,
    first_wave,
    known_seats,
    wanted,
)
from tiketi_booking.domain.layout import Layout, Section
from tiketi_booking.errors import UnknownSeats
from tiketi_shared.errors import Invalid
from tiketi_shared.ids import EventId, HoldId, TicketTypeId, UserId
from tiketi_shared.sale import QueueSettings

ORDERS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.one_of(
            st.frozensets(st.integers(0, 9), min_size=1, max_size=4).map(
                lambda seats: Seats(tuple(sorted(seats)))
            ),
            st.integers(1, 4).map(lambda quantity: Quantity(1, quantity)),
        ),
    ),
    max_size=20,
).map(
    lambda rows: [
        HoldOrder(HoldId(str(place)), UserId(str(user)), wanted)
        for place, (user, wanted) in enumerate(rows)
    ]
)


@given(ORDERS, st.integers(1, 10))
def test_a_wave_has_no_seat_and_no_user_twice(orders: list[HoldOrder], limit: int) -> None:
    wave = first_wave(orders, limit).orders
    seats = [
        idx for order in wave if isinstance(order.wanted, Seats) for idx in order.wanted.indices
    ]
    assert len(wave) <= limit
    assert len(seats) == len(set(seats))
    assert len({order.user_id for order in wave}) == len(wave)


@given(ORDERS)
def test_the_first_is_always_in_it_and_order_is_kept(orders: list[HoldOrder]) -> None:
    wave = first_wave(orders, 100).orders
    assert wave[:1] == orders[:1]
    assert wave == [order for order in orders if order in wave]


@given(ORDERS)
def test_wave_after_wave_decides_everyone(orders: list[HoldOrder]) -> None:
    left = orders
    for _ in range(len(orders)):
        chosen = first_wave(left, 100).orders
        left = [order for order in left if order not in chosen]
    assert left == []


def order(user: str, *seats: int) -> HoldOrder:
    kind = Seats(seats) if seats else Quantity(1, 2)
    return HoldOrder(HoldId(f"{user}{seats}"), UserId(user), kind)


@pytest.mark.parametrize(
    ("other", "admitted"),
    [
        (order("bob", 4), True),
        (order("bob", 3), False),
        (order("bob", 2, 9), False),
        (order("bob"), True),
        (order("ann", 9), False),
        (order("ann"), False),
        (order("cid"), False),
    ],
)
def test_a_wave_admits_whoever_touches_nothing_of_the_others(
    other: HoldOrder, admitted: bool
) -> None:
    wave = Wave()
    for one in (order("ann", 2, 3), order("cid")):
        assert wave.admits(one)
        wave.add(one)
    assert wave.admits(other) is admitted


def test_a_wave_leaves_out_what_is_being_decided_beside_it() -> None:
    beside = [Wave(), Wave()]
    beside[0].add(order("ann", 1))
    beside[1].add(order("bob", 2))
    line = [order("cid", 2), order("dan", 3), order("bob", 4), order("eve", 1), order("fay", 5)]
    assert [one.user_id for one in first_wave(line, 9, beside).orders] == ["dan", "fay"]
    assert [one.user_id for one in first_wave(line, 9).orders] == [
        "cid",
        "dan",
        "bob",
        "eve",
        "fay",
    ]


def test_a_wave_is_as_long_as_its_limit() -> None:
    line = [order(str(place), place) for place in range(1, 6)]
    assert [len(first_wave(line, limit).orders) for limit in (1, 4, 5, 6)] == [1, 4, 5, 5]


OPENS = datetime(2026, 11, 1, 10, tzinfo=UTC)
EVENT = Event(
    EventId("event"), "A show", "A hall", OPENS, OPENS, OPENS, "EUR", 6, QueueSettings(), 23, False,
    (
        TicketType(1, TicketTypeId("r"), "R", 7, "seated", 500),
        TicketType(2, TicketTypeId("floor"), "Floor", 5, "general", 700),
    ),
    Layout((Section(name="A", rows=5, seats_per_row=100, ticket_type="R"),)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "meant"),
    [
        (HoldWish(seat_ids=("s7", "s3", "s499")), Seats((3, 7, 499))),
        (HoldWish(seat_ids=("s3",)), Seats((3,))),
        (HoldWish(seat_ids=tuple(f"s{idx}" for idx in range(100))), Seats(tuple(range(100)))),
        (HoldWish(ticket_type_id="floor", quantity=1), Quantity(2, 1)),
        (HoldWish(ticket_type_id="r", quantity=100), Quantity(1, 100)),
    ],
)
def test_a_wish_is_put_into_the_terms_of_the_event(wish: HoldWish, meant: Seats | Quantity) -> None:
    assert wanted(wish, EVENT) == meant
    assert meant.quantity == (len(wish.seat_ids) if wish.seat_ids else wish.quantity)


@pytest.mark.parametrize(
    ("wish", "field", "message"),
    [
        (HoldWish(seat_ids=("s3",), quantity=1), "seat_ids", "stands alone"),
        (HoldWish(seat_ids=("s3",), ticket_type_id="r"), "seat_ids", "stands alone"),
        (HoldWish(seat_ids=()), "seat_ids", "are 1 to 100"),
        (
            HoldWish(seat_ids=tuple(f"s{idx}" for idx in range(101))),
            "seat_ids",
            "are 1 to 100",
        ),
        (HoldWish(seat_ids=("s3", "s4", "s3")), "seat_ids", "name each seat once"),
        (HoldWish(), "ticket_type_id", "names a ticket type of this event"),
        (
            HoldWish(ticket_type_id="vip", quantity=1),
            "ticket_type_id",
            "names a ticket type of this event",
        ),
        (HoldWish(ticket_type_id="r"), "quantity", "is 1 to 100"),
        (HoldWish(ticket_type_id="r", quantity=0), "quantity", "is 1 to 100"),
        (HoldWish(ticket_type_id="r", quantity=101), "quantity", "is 1 to 100"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused_by_its_field(
    wish: HoldWish, field: str, message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        wanted(wish, EVENT)
    assert refused.value.extra == {"errors": [{"field": field, "message": message}]}


@pytest.mark.parametrize(("seat_id", "known"), [("s499", True), ("s500", False), ("s501", False)])
def test_the_last_seat_is_known_and_the_one_behind_it_is_not(seat_id: str, known: bool) -> None:
    if known:
        assert known_seats((seat_id,), EVENT) == [499]
        return
    with pytest.raises(UnknownSeats):
        known_seats((seat_id,), EVENT)


def test_seats_that_the_event_does_not_have_are_named() -> None:
    with pytest.raises(UnknownSeats) as refused:
        known_seats(("s499", "s500", "seat", "s1", "s501"), EVENT)
    assert refused.value.detail == "this event has no such seats"
    assert refused.value.extra == {"unknown": ["s500", "seat", "s501"]}
