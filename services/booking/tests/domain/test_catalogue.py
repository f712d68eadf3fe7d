"""What an organiser says about an event: what is refused, and what a change changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tiketi_booking.domain.catalogue import (
    Event,
    EventChange,
    NewEvent,
    NewLayout,
    NewTicketType,
    QueueChange,
    TicketType,
    TicketTypeChange,
    capacities,
    changed,
    changed_queue,
    event_errors,
    queue_errors,
    seat_map,
    time_errors,
)
from tiketi_booking.domain.layout import Layout, SeatAt, Section
from tiketi_shared.ids import EventId, TicketTypeId
from tiketi_shared.sale import QueueSettings

OPENS = datetime(2026, 11, 1, 10, tzinfo=UTC)
CLOSES, STARTS = OPENS + timedelta(days=7), OPENS + timedelta(days=9)
VIP, R, FLOOR = (TicketTypeId(name) for name in ("type-vip", "type-r", "type-floor"))

SECTIONS = (
    Section(name="A", rows=2, seats_per_row=3, ticket_type="VIP", accessible=(SeatAt(2, 1),)),
    Section(name="B", rows=1, seats_per_row=5, ticket_type="R"),
    Section(name="C", rows=1, seats_per_row=4, ticket_type="VIP"),
)


def new_event(**changes: Any) -> NewEvent:
    some: dict[str, Any] = {
        "name": "First Snow", "venue": "KSPO Dome", "starts_at": STARTS, "sale_opens_at": OPENS,
        "sale_closes_at": CLOSES, "layout": NewLayout(SECTIONS),
        "ticket_types": (
            NewTicketType(name="VIP", price=170_000),
            NewTicketType(name="R", price=121_000, capacity=5),
            NewTicketType(name="Floor", price=99_000, kind="general", capacity=700),
        ),
    }  # fmt: skip
    return NewEvent(**(some | changes))


def types(*changes: dict[str, Any]) -> tuple[NewTicketType, ...]:
    """The event's ticket types, each with changes of its own."""
    return tuple(
        msgspec.structs.replace(kind, **change)
        for kind, change in zip(new_event().ticket_types, changes, strict=True)
    )


def test_a_sound_event_has_no_errors() -> None:
    assert event_errors(new_event(), OPENS) == {}


TEXT = "has 1 to 200 characters"
OFFSET = "needs an offset from UTC"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ""}, {"name": TEXT}),
        ({"name": "  "}, {"name": TEXT}),
        ({"name": "n" * 201}, {"name": TEXT}),
        ({"name": "n" * 200, "venue": "v"}, {}),
        ({"venue": ""}, {"venue": TEXT}),
        ({"currency": "EURO"}, {"currency": "is an ISO 4217 code such as KRW"}),
        ({"currency": "eur"}, {"currency": "is an ISO 4217 code such as KRW"}),
        ({"currency": "ÄÖÜ"}, {"currency": "is an ISO 4217 code such as KRW"}),
        ({"currency": "EUR"}, {}),
        ({"max_per_user": 0}, {"max_per_user": "is 1 to 100"}),
        ({"max_per_user": 1}, {}),
        ({"max_per_user": 100}, {}),
        ({"max_per_user": 101}, {"max_per_user": "is 1 to 100"}),
        ({"sale_closes_at": OPENS}, {"sale_closes_at": "is after sale_opens_at"}),
        ({"sale_closes_at": OPENS + timedelta(seconds=1)}, {}),
        ({"starts_at": STARTS.replace(tzinfo=None)}, {"starts_at": OFFSET}),
        ({"queue": QueueSettings(capacity=0)}, {"queue.capacity": "is 1 to 1,000,000"}),
        (
            {"layout": NewLayout((*SECTIONS, SECTIONS[0]))},
            {"layout.sections": "have names of their own"},
        ),
        ({"ticket_types": ()}, {
            "ticket_types": "are 1 to 50",
            **{f"layout.sections[{place}].ticket_type":
               "names a seated ticket type of this event" for place in (0, 1, 2)},
        }),
        (
            {"ticket_types": types({"name": ""}, {}, {})},
            {"ticket_types[0].name": "has 1 to 60 characters",
             "layout.sections[0].ticket_type": "names a seated ticket type of this event",
             "layout.sections[2].ticket_type": "names a seated ticket type of this event"},
        ),
        ({"ticket_types": types({}, {}, {"name": "f" * 60})}, {}),
        (
            {"ticket_types": types({}, {}, {"name": "f" * 61})},
            {"ticket_types[2].name": "has 1 to 60 characters"},
        ),
        ({"ticket_types": types({}, {}, {"name": "R"})},
         {"ticket_types": "have names of their own"}),
        ({"ticket_types": types({"price": -1}, {"price": 0}, {"price": 10**12})},
         {"ticket_types[0].price": "is 0 to 1,000,000,000,000"}),
        ({"ticket_types": types({}, {"price": 10**12 + 1}, {})},
         {"ticket_types[1].price": "is 0 to 1,000,000,000,000"}),
        ({"ticket_types": types({}, {}, {"capacity": -1})},
         {"ticket_types[2].capacity": "is 0 to 1,000,000"}),
        ({"ticket_types": types({}, {}, {"capacity": 1_000_001})},
         {"ticket_types[2].capacity": "is 0 to 1,000,000"}),
        ({"ticket_types": types({}, {}, {"capacity": 1_000_000})}, {}),
        ({"ticket_types": types({}, {}, {"capacity": 0})}, {}),
        ({"ticket_types": types({}, {}, {"capacity": None})},
         {"ticket_types[2].capacity": "is needed for general admission"}),
        ({"ticket_types": types({"capacity": 10}, {}, {})}, {}),
        ({"ticket_types": types({"capacity": 9}, {"capacity": 6}, {})},
         {"ticket_types[0].capacity": "does not match the layout, which has 10 such seats",
          "ticket_types[1].capacity": "does not match the layout, which has 5 such seats"}),
        # Of a layout that is wrong the number of seats says nothing.
        ({"ticket_types": types({"capacity": 9}, {}, {}),
          "layout": NewLayout((*SECTIONS, SECTIONS[0]))},
         {"layout.sections": "have names of their own"}),
    ],
)  # fmt: skip
def test_each_fault_of_a_new_event_is_told_by_its_field(
    changes: dict[str, Any], errors: dict[str, str]
) -> None:
    assert event_errors(new_event(**changes), OPENS) == errors


@pytest.mark.parametrize(("count", "accepted"), [(1, True), (50, True), (51, False)])
def test_an_event_has_one_to_fifty_ticket_types(count: int, accepted: bool) -> None:
    many = tuple(
        NewTicketType(name=str(n), price=n, kind="general", capacity=n) for n in range(count)
    )
    errors = event_errors(new_event(ticket_types=many, layout=NewLayout()), OPENS)
    assert errors == ({} if accepted else {"ticket_types": "are 1 to 50"})


def test_the_capacity_of_a_seated_type_is_its_seats() -> None:
    assert capacities(new_event()) == [10, 5, 700]
    assert capacities(new_event(ticket_types=types({}, {}, {"capacity": None}))) == [10, 5, 0]


@pytest.mark.parametrize(
    ("naive", "errors"),
    [
        ((), {}),
        (("starts_at",), {"starts_at": OFFSET}),
        (("sale_opens_at",), {"sale_opens_at": OFFSET}),
        (("sale_opens_at", "sale_closes_at"), {"sale_opens_at": OFFSET, "sale_closes_at": OFFSET}),
    ],
)
def test_a_time_without_an_offset_is_refused(naive: tuple[str, ...], errors: Any) -> None:
    times = {"starts_at": STARTS, "sale_opens_at": OPENS, "sale_closes_at": CLOSES}
    given = [at.replace(tzinfo=None) if name in naive else at for name, at in times.items()]
    assert time_errors(*given) == errors


@pytest.mark.parametrize(
    ("field", "low", "high", "step", "says"),
    [
        ("capacity", 1, 1_000_000, 1, "is 1 to 1,000,000"),
        ("per_second", 0.01, 100_000, 0.001, "is 0.01 to 100,000"),
        ("admission_seconds", 10, 86_400, 1, "is 10 to 86,400"),
        ("grace_seconds", 0, 86_400, 1, "is 0 to 86,400"),
        ("lobby_seconds", 0, 604_800, 1, "is 0 to 604,800"),
    ],
)
def test_each_setting_of_the_queue_has_its_bounds(
    field: str, low: float, high: float, step: float, says: str
) -> None:
    for value, accepted in [(low - step, False), (low, True), (high, True), (high + step, False)]:
        errors = queue_errors(msgspec.structs.replace(QueueSettings(), **{field: value}))
        assert errors == ({} if accepted else {f"queue.{field}": says})


@pytest.mark.parametrize(
    ("codes", "accepted"),
    [
        ((), True), (("c",), True), (("c" * 64,), True), (("c" * 65,), False), (("c", ""), False),
        (("c",) * 10_000, True), (("c",) * 10_001, False),
    ],
)  # fmt: skip
def test_invite_codes_are_bounded_in_number_and_length(
    codes: tuple[str, ...], accepted: bool
) -> None:
    says = {"queue.invite_codes": "are at most 10,000, of 1 to 64 characters"}
    assert queue_errors(QueueSettings(invite_codes=codes)) == ({} if accepted else says)


def test_a_change_of_the_queue_changes_what_it_names_alone() -> None:
    queue = QueueSettings(policy="open", capacity=17, per_second=3.5, paused=True)
    assert changed_queue(queue, QueueChange()) == queue
    after = changed_queue(
        queue, QueueChange(policy="lobby", per_second=4.5, paused=False, invite_codes=("c",))
    )
    assert after == QueueSettings(
        policy="lobby", capacity=17, per_second=4.5, paused=False, invite_codes=("c",)
    )


EVENT = Event(
    EventId("event"), "First Snow", "KSPO Dome", STARTS, OPENS, CLOSES, "EUR", 6,
    QueueSettings(capacity=17), 23, False,
    (
        TicketType(1, VIP, "VIP", 170_000, "seated", 10),
        TicketType(2, R, "R", 121_000, "seated", 5),
        TicketType(3, FLOOR, "Floor", 99_000, "general", 700),
    ),
    Layout(SECTIONS),
)  # fmt: skip


def test_a_type_is_found_by_its_number_its_id_and_its_name() -> None:
    vip, r, floor = EVENT.ticket_types
    assert EVENT.type_numbers == {1: vip, 2: r, 3: floor}
    assert EVENT.type_ids == {"type-vip": vip, "type-r": r, "type-floor": floor}
    assert EVENT.type_names == {"VIP": vip, "R": r, "Floor": floor}
    assert EVENT.price_from == 99_000


def test_the_seat_map_names_each_seat_with_its_type() -> None:
    document = seat_map(EVENT)
    assert document["event_id"] == "event"
    seats: Any = document["seats"]
    assert [seat["id"] for seat in seats] == [f"s{idx}" for idx in range(15)]
    assert [seat["ticket_type_id"] for seat in seats] == [VIP] * 6 + [R] * 5 + [VIP] * 4
    assert seats[3] == {
        "id": "s3", "section": "A", "row": "2", "number": "1", "ticket_type_id": VIP, "x": -1.0,
        "y": 1.0, "accessible": True,
    }  # fmt: skip
    assert seats[7] == {
        "id": "s7", "section": "B", "row": "1", "number": "2", "ticket_type_id": R, "x": -1.0,
        "y": 4.0, "accessible": False,
    }  # fmt: skip


def test_a_change_of_nothing_changes_nothing() -> None:
    assert changed(EVENT, EventChange(), OPENS) == (EVENT, {})


LATER = timedelta(hours=5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Second Snow"),
        ("venue", "Olympic Hall"),
        ("starts_at", STARTS + LATER),
        ("sale_opens_at", OPENS + LATER),
        ("sale_closes_at", CLOSES + LATER),
        ("max_per_user", 7),
        ("cancelled", True),
    ],
)
def test_a_change_changes_what_it_names_alone(field: str, value: Any) -> None:
    after, errors = changed(EVENT, EventChange(**{field: value}), OPENS)
    assert errors == {}
    before = vars(EVENT) | {field: value}
    assert {name: getattr(after, name) for name in Event.__dataclass_fields__} == {
        name: before[name] for name in Event.__dataclass_fields__
    }


def test_a_cancelled_event_stays_cancelled() -> None:
    cancelled, _ = changed(EVENT, EventChange(cancelled=True), OPENS)
    after, errors = changed(cancelled, EventChange(name="Second Snow"), OPENS)
    assert (after.cancelled, after.name, errors) == (True, "Second Snow", {})


def test_a_ticket_type_changes_by_itself() -> None:
    vip, r, floor = EVENT.ticket_types
    dearer, errors = changed(
        EVENT, EventChange(ticket_types=(TicketTypeChange(id=R, price=0),)), OPENS
    )
    assert errors == {}
    assert dearer.ticket_types == (vip, TicketType(2, R, "R", 0, "seated", 5), floor)
    larger, errors = changed(
        EVENT,
        EventChange(
            ticket_types=(
                TicketTypeChange(id=FLOOR, capacity=900, name="Standing"),
                TicketTypeChange(id=VIP, capacity=10),
            )
        ),
        OPENS,
    )
    assert errors == {}
    standing = TicketType(3, FLOOR, "Standing", 99_000, "general", 900)
    assert larger.ticket_types == (vip, r, standing)


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        (EventChange(name=""), {"name": TEXT}),
        (EventChange(venue="v" * 201), {"venue": TEXT}),
        (EventChange(sale_closes_at=OPENS), {"sale_closes_at": "is after sale_opens_at"}),
        (EventChange(sale_opens_at=CLOSES), {"sale_closes_at": "is after sale_opens_at"}),
        (EventChange(starts_at=STARTS.replace(tzinfo=None)), {"starts_at": OFFSET}),
        (EventChange(max_per_user=0), {"max_per_user": "is 1 to 100"}),
        (EventChange(max_per_user=1), {}),
        (EventChange(max_per_user=100), {}),
        (EventChange(max_per_user=101), {"max_per_user": "is 1 to 100"}),
        (
            EventChange(
                ticket_types=(
                    TicketTypeChange(id=TicketTypeId("none"), price=-1),
                    TicketTypeChange(id=VIP, capacity=11),
                    TicketTypeChange(id=R, price=-1),
                )
            ),
            {
                "ticket_types[0].id": "names no ticket type of this event",
                "ticket_types[1].capacity": "of a seated type is the number of its seats",
                "ticket_types[1].price": "is 0 to 1,000,000,000,000",
            },
        ),
    ],
)
def test_each_fault_of_a_change_is_told_by_its_field(
    change: EventChange, errors: dict[str, str]
) -> None:
    assert changed(EVENT, change, OPENS)[1] == errors


START_PAST = {"starts_at": "is in the past"}


@pytest.mark.parametrize(
    ("now", "errors"),
    [
        (STARTS - timedelta(microseconds=1), {}),
        (STARTS, START_PAST),
        (STARTS + timedelta(microseconds=1), START_PAST),
    ],
)
def test_an_event_that_has_begun_can_not_be_made(now: datetime, errors: dict[str, str]) -> None:
    assert event_errors(new_event(), now) == errors


def test_a_start_is_not_moved_into_the_past_but_others_change_after_it() -> None:
    begun = STARTS + LATER
    assert changed(EVENT, EventChange(starts_at=STARTS + LATER), begun)[1] == START_PAST
    assert changed(EVENT, EventChange(starts_at=STARTS, venue="Hall 2"), begun)[1] == {}
