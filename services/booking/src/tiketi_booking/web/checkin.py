"""At the door."""

from datetime import UTC, datetime, timedelta

from aiohttp import web

from tiketi_booking.domain.door import Door, Entry, TicketFacts
from tiketi_booking.domain.eticket import Seat
from tiketi_booking.web.keys import CHECK_IN
from tiketi_booking.web.requests import event_id_of, paging
from tiketi_booking.web.schemas.checkin import (
    AdmittedAnswer,
    AdmittedTicket,
    CheckIn,
    DoorSeat,
    EntryView,
    IrregularList,
    IrregularView,
    Manifest,
    PublicKeyView,
    Sync,
    SyncedAnswer,
    SyncedView,
)
from tiketi_shared.errors import BadRequest, Invalid
from tiketi_shared.ids import EventId
from tiketi_shared.web import json_response, read_json, require_role

_CLOCK_TOLERANCE = timedelta(minutes=10)


async def scan(request: web.Request) -> web.Response:
    staff = require_role(request, "staff", "admin")
    body = await read_json(request, CheckIn)
    door = Door(staff.user_id, body.device, datetime.now(UTC))
    event_id = EventId(body.event_id) if body.event_id else None
    facts = await request.app[CHECK_IN].admit(body.code, door, event_id)
    return json_response(AdmittedAnswer(ticket=_ticket(facts, door.scanned_at)))


async def sync_scans(request: web.Request) -> web.Response:
    staff = require_role(request, "staff", "admin")
    body = await read_json(request, Sync)
    latest = datetime.now(UTC) + _CLOCK_TOLERANCE
    early = [n for n, one in enumerate(body.scans) if one.scanned_at > latest]
    if early:
        raise Invalid(errors={f"scans[{n}].scanned_at": "is in the future" for n in early})
    scans = [(one.code, Door(staff.user_id, one.device, one.scanned_at)) for one in body.scans]
    event_id = EventId(body.event_id) if body.event_id else None
    synced = await request.app[CHECK_IN].sync(scans, event_id)
    results = [
        SyncedView(
            outcome=one.outcome,
            ticket_id=one.ticket_id,
            scan=EntryView(device=door.device, scanned_at=door.scanned_at),
            first=_entry(one.first),
        )
        for one, (_, door) in zip(synced, scans, strict=True)
    ]
    return json_response(SyncedAnswer(results=results))


async def manifest(request: web.Request) -> web.Response:
    require_role(request, "staff", "admin")
    now = datetime.now(UTC)
    listed = await request.app[CHECK_IN].door_list(event_id_of(request))
    response = json_response(
        Manifest(
            event_id=listed.event.id,
            event=listed.event.name,
            starts_at=listed.event.starts_at,
            keys=[PublicKeyView(key_id=key.key_id, x=key.x) for key in listed.keys],
            revoked=list(listed.spent.refunded),
            used=list(listed.spent.used),
            as_of=now,
        )
    )
    response.enable_compression()
    return response


async def irregular(request: web.Request) -> web.Response:
    require_role(request, "staff", "admin")
    limit, cursor = paging(request)
    after = _entry_cursor(cursor)
    rows = await request.app[CHECK_IN].irregular(event_id_of(request), after, limit + 1)
    shown = [
        IrregularView(
            ticket_id=row.ticket_id,
            outcome=row.outcome,
            entry=EntryView(device=row.entry.device, scanned_at=row.entry.scanned_at),
            first=_entry(row.first),
        )
        for row in rows[:limit]
    ]
    following = str(after + limit) if len(rows) > limit else None
    return json_response(IrregularList(irregular=shown, next_cursor=following))


def _ticket(facts: TicketFacts, used_at: datetime) -> AdmittedTicket:
    return AdmittedTicket(
        id=facts.id,
        order_id=facts.order_id,
        event_id=facts.event_id,
        event=facts.event,
        ticket_type=facts.ticket_type,
        seat=_seat(facts.seat),
        holder=facts.holder,
        used_at=used_at,
    )


def _seat(seat: Seat | None) -> DoorSeat | None:
    if seat is None:
        return None
    return DoorSeat(section=seat.section, row=seat.row, number=seat.number)


def _entry(entry: Entry | None) -> EntryView | None:
    if entry is None:
        return None
    return EntryView(device=entry.device, scanned_at=entry.scanned_at)


def _entry_cursor(cursor: str | None) -> int:
    """How many entries come before the page. Raises BadRequest."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadRequest("`cursor` must be the `next_cursor` of an earlier page")
    return int(cursor)
