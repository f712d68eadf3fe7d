"""Changes that meet: what each writes, and who is told of the other's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tiketi_booking.domain.catalogue import (
    Event,
    EventChange,
    QueueChange,
    TicketType,
    TicketTypeChange,
)
from tiketi_booking.domain.changes import Changes, planned_change, planned_queue_change
from tiketi_booking.domain.layout import Layout, Section
from tiketi_booking.errors import ChangedMeanwhile
from tiketi_shared.errors import Invalid
from tiketi_shared.ids import EventId, TicketTypeId
from tiketi_shared.sale import QueueSettings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
R, FLOOR = TicketTypeId("r"), TicketTypeId("floor")
EVENT = Event(
    EventId("e"), "First Snow", "Hall 1", NOW + timedelta(days=9), NOW, NOW + timedelta(days=7),
    "KRW", 4, QueueSettings(per_second=20), 12, False,
    (TicketType(1, R, "R", 121_000, "seated", 5),
     TicketType(2, FLOOR, "Floor", 99_000, "general", 70)),
    Layout((Section(name="A", rows=1, seats_per_row=5, ticket_type="R"),)),
    (), {"venue": 7, "queue.paused": 9, "queue.per_second": 11, "ticket_types.r.price": 10},
)  # fmt: skip


def test_a_change_writes_the_columns_that_it_names_alone() -> None:
    change = EventChange(venue="Hall 2", cancelled=True)
    assert planned_change(EVENT, change, NOW, None) == Changes(
        ("venue", "cancelled"), {"venue": "Hall 2", "cancelled": True}
    )


def test_a_change_of_a_price_writes_that_type_alone() -> None:
    change = EventChange(ticket_types=(TicketTypeChange(id=FLOOR, price=1), TicketTypeChange(id=R)))
    assert planned_change(EVENT, change, NOW, None) == Changes(
        ("ticket_types.floor.price",), {}, {}, (TicketType(2, FLOOR, "Floor", 1, "general", 70),)
    )


def test_a_change_of_the_line_writes_the_settings_that_it_names_alone() -> None:
    assert planned_queue_change(EVENT, QueueChange(paused=False), None) == Changes(
        ("queue.paused",), {}, {"paused": False}
    )


def test_settings_that_cannot_be_read_are_written_anew_as_a_whole() -> None:
    broken = replace(EVENT, unreadable=("queue",), queue=QueueSettings(paused=True))
    settings = planned_queue_change(broken, QueueChange(capacity=3), None).queue
    assert settings["capacity"] == 3
    assert set(settings) == set(QueueSettings.__struct_fields__)


@pytest.mark.parametrize(
    ("seen", "is_told"), [(6, True), (7, False), (12, False), (13, False), (None, False)]
)
def test_who_has_not_seen_a_change_of_the_same_field_is_told(
    seen: int | None, is_told: bool
) -> None:
    change = EventChange(venue="Hall 2", name="Second Snow")
    if not is_told:
        assert planned_change(EVENT, change, NOW, seen).fields == ("name", "venue")
        return
    with pytest.raises(ChangedMeanwhile) as told:
        planned_change(EVENT, change, NOW, seen)
    assert told.value.extra == {
        "version": 12,
        "conflicts": [{"field": "venue", "yours": "Hall 2", "theirs": "Hall 1"}],
    }


PRICE = EventChange(ticket_types=(TicketTypeChange(id=R, price=5),))


@pytest.mark.parametrize(
    ("change", "conflict"),
    [
        (EventChange(venue="Hall 1"), None),  # both want the same
        (EventChange(name="Second Snow"), None),
        (EventChange(cancelled=True), None),
        (PRICE, {"field": "ticket_types.r.price", "yours": 5, "theirs": 121_000}),
        (EventChange(ticket_types=(TicketTypeChange(id=R, name="S"),)), None),
        (QueueChange(paused=True), {"field": "queue.paused", "yours": True, "theirs": False}),
        (QueueChange(per_second=3), {"field": "queue.per_second", "yours": 3, "theirs": 20}),
        (QueueChange(capacity=3), None),
    ],
)
def test_a_conflict_is_of_one_field_with_two_values(
    change: EventChange | QueueChange, conflict: dict[str, Any] | None
) -> None:
    def plan() -> Changes:
        if isinstance(change, QueueChange):
            return planned_queue_change(EVENT, change, 6)
        return planned_change(EVENT, change, NOW, 6)

    if conflict is None:
        plan()
        return
    with pytest.raises(ChangedMeanwhile) as told:
        plan()
    assert told.value.extra["conflicts"] == [conflict]


def test_cancelling_meets_nothing() -> None:
    cancelled = replace(EVENT, cancelled=True, field_versions={"cancelled": 12})
    for event in (EVENT, cancelled):
        planned = planned_change(event, EventChange(cancelled=True), NOW, 1)
        assert planned.columns == {"cancelled": True}


@pytest.mark.parametrize(
    "change", [EventChange(name=""), EventChange(ticket_types=(TicketTypeChange(id=R, price=-1),))]
)
def test_what_is_wrong_is_refused(change: EventChange) -> None:
    with pytest.raises(Invalid):
        planned_change(EVENT, change, NOW, None)
    with pytest.raises(Invalid):
        planned_queue_change(EVENT, QueueChange(capacity=0), None)
