import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.eticket import ETicket, Seat, Ticket
from tiketi_booking.domain.eticket_calendar import calendar
from tiketi_shared.ids import EventId, OrderId, TicketId

ORDER = ETicket(
    order_id=OrderId("order0000000000000000"[:20]),
    event_id=EventId("event0000000000000000"[:20]),
    event="첫눈; First, Snow",
    venue="KSPO DOME",
    starts_at=datetime(2026, 11, 28, 10, 30, tzinfo=UTC),
    holder="Narae",
    currency="KRW",
    paid_at=datetime(2026, 11, 1, tzinfo=UTC),
    tickets=(Ticket(TicketId("t"), "TK1", "VIP", Seat("A", "1", "2"), 1),),
)


def unfolded(order: ETicket) -> list[str]:
    text = calendar(order, "https://tiketi.example/orders/1").decode()
    return text.replace("\r\n ", "").split("\r\n")


def test_the_entry_names_the_event_its_time_and_its_place() -> None:
    lines = unfolded(ORDER)
    assert r"SUMMARY:첫눈\; First\, Snow" in lines
    assert "DTSTART:20261128T103000Z" in lines
    assert "LOCATION:KSPO DOME" in lines
    assert (
        r"DESCRIPTION:VIP: A 구역 1열 2번 / Section A\, row 1\, seat 2\nhttps://tiketi.example/orders/1"
        in lines
    )


def test_the_same_order_keeps_its_identity_so_that_importing_twice_adds_nothing() -> None:
    assert f"UID:{ORDER.order_id}@tiketi" in unfolded(ORDER)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028"])
def test_a_line_break_in_a_name_adds_no_property(newline: str) -> None:
    lines = unfolded(replace(ORDER, event=f"Show{newline}ATTENDEE:mallory"))
    assert r"SUMMARY:Show\nATTENDEE:mallory" in lines


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=300))
def test_long_lines_are_folded_within_75_octets_and_unfold_to_what_they_were(name: str) -> None:
    order = replace(ORDER, event=name)
    raw = calendar(order, "https://tiketi.example")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    escaped = name.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    assert f"SUMMARY:{escaped}" in unfolded(order)


def test_every_line_of_the_entry_is_exact() -> None:
    standing = Ticket(TicketId("t2"), "TK2", "Floor", None, 3)
    order = replace(ORDER, tickets=(*ORDER.tickets, standing), venue="Dome; East, 2")
    assert unfolded(order) == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tiketi//Tickets//KO", "METHOD:PUBLISH",
        "BEGIN:VEVENT", "UID:order000000000000000@tiketi", "DTSTAMP:20261101T000000Z",
        "DTSTART:20261128T103000Z", "DURATION:PT2H", "SUMMARY:첫눈\\; First\\, Snow",
        "LOCATION:Dome\\; East\\, 2",
        (
            "DESCRIPTION:VIP: A 구역 1열 2번 / Section A\\, row 1\\, seat 2\\n"
            "Floor: 자유석 · 입장 순 / General admission\\nhttps://tiketi.example/orders/1"
        ),
        "URL:https://tiketi.example/orders/1", "BEGIN:VALARM", "ACTION:DISPLAY",
        "DESCRIPTION:첫눈\\; First\\, Snow", "TRIGGER:-PT3H", "END:VALARM", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip


def test_times_of_the_entry_are_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    at = datetime(2026, 11, 28, 19, 30, tzinfo=timezone(timedelta(hours=9)))
    lines = unfolded(replace(ORDER, starts_at=at))
    monkeypatch.undo()
    time.tzset()
    assert "DTSTART:20261128T103000Z" in lines


@pytest.mark.parametrize(
    ("length", "folded"),
    [(67, [75]), (68, [75, 2]), (141, [75, 75]), (142, [75, 75, 2]), (0, [8])],
)
def test_a_line_is_folded_after_75_octets(length: int, folded: list[int]) -> None:
    raw = calendar(replace(ORDER, event="s" * length), "u")
    start = raw.index(b"SUMMARY:")
    lines = raw[start : raw.index(b"\r\nLOCATION")].split(b"\r\n")
    assert [len(line) for line in lines] == folded
    assert all(line.startswith(b" s") for line in lines[1:])


def test_a_character_of_several_octets_is_not_cut() -> None:
    raw = calendar(replace(ORDER, event="s" * 66 + "눈" * 30), "u")
    start = raw.index(b"SUMMARY:")
    lines = raw[start : raw.index(b"\r\nLOCATION")].split(b"\r\n")
    assert [len(line) for line in lines] == [74, 73, 19]
