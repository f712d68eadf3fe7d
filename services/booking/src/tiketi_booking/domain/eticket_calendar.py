"""An order's event as an iCalendar file (RFC 5545), for "add to calendar"."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tiketi_booking.domain.eticket import ETicket, seat_label

_LINE_OCTETS = 75


def calendar(order: ETicket, url: str) -> bytes:
    """One event with a reminder three hours before; `url` is where the tickets are.

    Importing it again updates the entry instead of adding one. The length of a show is not known:
    two hours are put down.
    """
    labels = ((ticket.ticket_type, seat_label(ticket.seat)) for ticket in order.tickets)
    described = "\n".join([*(f"{kind}: {seat.ko} / {seat.en}" for kind, seat in labels), url])
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tiketi//Tickets//KO",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{order.order_id}@tiketi",
        f"DTSTAMP:{_utc(order.paid_at)}",
        f"DTSTART:{_utc(order.starts_at)}",
        "DURATION:PT2H",
        f"SUMMARY:{_escaped(order.event)}",
        f"LOCATION:{_escaped(order.venue)}",
        f"DESCRIPTION:{_escaped(described)}",
        f"URL:{url}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(order.event)}",
        "TRIGGER:-PT3H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line)).encode()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for special in "\\;,":
        text = text.replace(special, f"\\{special}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, none cutting through a character; the rest begin with a space."""
    current, octets = "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > _LINE_OCTETS:
            yield current
            current, octets = " ", 1
        current, octets = current + character, octets + size
    yield current
