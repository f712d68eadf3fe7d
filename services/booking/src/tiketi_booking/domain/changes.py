"""Changes of an event that meet. A change writes only the fields that it names, so two changes of
different fields are both there afterwards. Each field knows the event's version at which it last
changed: a client that says which version it has seen is told when somebody else changed a field
that it names.

Fields are named as in `Event.field_versions`: `venue`, `queue.paused`, `ticket_types.ID.price`.
Cancelling meets nothing: it is final, whatever else is changed beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import structs

from tiketi_booking.domain.catalogue import (
    Event,
    EventChange,
    QueueChange,
    TicketType,
    changed,
    changed_queue,
    queue_errors,
)
from tiketi_booking.errors import ChangedMeanwhile
from tiketi_shared.errors import Invalid

Fields = Mapping[str, object]
"""Values by the names of fields."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written: `columns` of the event, settings of its `queue`, ticket types as they
    are afterwards. `fields` are the names of all that."""

    fields: tuple[str, ...]
    columns: Fields = field(default_factory=dict)
    queue: Fields = field(default_factory=dict)
    ticket_types: tuple[TicketType, ...] = ()


def planned_change(event: Event, change: EventChange, now: datetime, seen: int | None) -> Changes:
    """What `change` writes; `seen` is the version that the client knows, if it says so.

    Raises Invalid, ChangedMeanwhile.
    """
    columns = {
        name: value
        for name, value in structs.asdict(change).items()
        if name != "ticket_types" and value is not None
    }
    wanted = columns | {
        f"ticket_types.{one.id}.{name}": value
        for one in change.ticket_types
        for name, value in structs.asdict(one).items()
        if name != "id" and value is not None
    }
    _check_conflicts(event, wanted, seen)
    after, errors = changed(event, change, now)
    if errors:
        raise Invalid(errors=errors)
    before = event.type_numbers
    types = tuple(kind for kind in after.ticket_types if kind != before[kind.number])
    return Changes(tuple(wanted), columns, {}, types)


def planned_queue_change(event: Event, change: QueueChange, seen: int | None) -> Changes:
    """As `planned_change`, of the queue's settings."""
    settings = {name: value for name, value in structs.asdict(change).items() if value is not None}
    wanted = {f"queue.{name}": value for name, value in settings.items()}
    _check_conflicts(event, wanted, seen)
    after = changed_queue(event.queue, change)
    if errors := queue_errors(after):
        raise Invalid(errors=errors)
    if "queue" in event.unreadable:  # what is there now is no use: all of it is written anew
        settings = structs.asdict(after)
    return Changes(tuple(wanted), {}, settings)


def _check_conflicts(event: Event, wanted: Fields, seen: int | None) -> None:
    if seen is None:
        return
    conflicts = [
        {"field": name, "yours": value, "theirs": _value(event, name)}
        for name, value in wanted.items()
        if name != "cancelled"
        and event.field_versions.get(name, 0) > seen
        and _value(event, name) != value
    ]
    if conflicts:
        raise ChangedMeanwhile(
            "somebody else changed the same fields after the version you have seen",
            version=event.version,
            conflicts=conflicts,
        )


def _value(event: Event, name: str) -> object:
    """What the field holds now."""
    part, _, rest = name.partition(".")
    if part == "queue":
        return getattr(event.queue, rest)
    if part == "ticket_types":
        type_id, _, column = rest.partition(".")
        return getattr(event.type_ids.get(type_id), column, None)
    return getattr(event, part)
