from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tiketi_booking.domain.eticket import (
    Bilingual,
    Seat,
    local_date,
    local_time,
    money,
    seat_label,
)

SEOUL = ZoneInfo("Asia/Seoul")


def test_a_date_is_told_where_the_event_is() -> None:
    late_in_utc = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
    assert local_date(late_in_utc, SEOUL) == Bilingual(
        "2026년 11월 28일 (토)", "Saturday 28 November 2026"
    )


@pytest.mark.parametrize(
    ("hour", "minute", "korean", "english"),
    [
        (0, 0, "오전 12시", "00:00 KST"),
        (9, 5, "오전 9시 5분", "09:05 KST"),
        (12, 30, "오후 12시 30분", "12:30 KST"),
        (19, 30, "오후 7시 30분", "19:30 KST"),
    ],
)
def test_a_time_is_told_as_people_say_it(hour: int, minute: int, korean: str, english: str) -> None:
    at = datetime(2026, 11, 28, hour, minute, tzinfo=SEOUL)
    assert local_time(at, SEOUL) == Bilingual(korean, english)


def test_a_seat_is_named_in_both_languages() -> None:
    assert seat_label(Seat("A", "3", "12")) == Bilingual(
        "A 구역 3열 12번", "Section A, row 3, seat 12"
    )
    assert seat_label(None).en == "General admission"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (121000, "KRW", "₩121,000"),
        (0, "KRW", "₩0"),
        (4950, "USD", "$49.50"),
        (5, "EUR", "€0.05"),
        (1234567, "CHF", "CHF 12,345.67"),
        (1500, "KWD", "KWD 1.500"),
        (-121000, "KRW", "-₩121,000"),
    ],
)
def test_money_is_written_with_its_currency_s_own_places(
    amount: int, currency: str, text: str
) -> None:
    assert money(amount, currency) == text


@pytest.mark.parametrize(
    ("day", "korean", "english"),
    [
        (1, "2026년 6월 1일 (월)", "Monday 1 June 2026"),
        (2, "2026년 6월 2일 (화)", "Tuesday 2 June 2026"),
        (7, "2026년 6월 7일 (일)", "Sunday 7 June 2026"),
    ],
)
def test_each_day_has_its_name(day: int, korean: str, english: str) -> None:
    at = datetime(2026, 6, day, 12, tzinfo=SEOUL)
    assert local_date(at, SEOUL) == Bilingual(korean, english)


@pytest.mark.parametrize(
    ("month", "name"), [(1, "January"), (2, "February"), (11, "November"), (12, "December")]
)
def test_each_month_has_its_name(month: int, name: str) -> None:
    at = datetime(2027, month, 3, 12, tzinfo=SEOUL)
    assert local_date(at, SEOUL).en.split()[1:] == ["3", name, "2027"]


def test_a_time_is_told_where_the_event_is() -> None:
    at = datetime(2026, 11, 28, 2, 59, tzinfo=UTC)
    assert local_time(at, SEOUL) == Bilingual("오전 11시 59분", "11:59 KST")


def test_general_admission_has_no_seat_in_either_language() -> None:
    assert seat_label(None) == Bilingual("자유석 · 입장 순", "General admission")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(7, "JPY", "¥7"), (100, "GBP", "£1.00"), (-5, "USD", "-$0.05"), (1005, "BHD", "BHD 1.005"),
     (12, "XYZ", "XYZ 0.12"), (-1, "KRW", "-₩1"), (100_000_000, "EUR", "€1,000,000.00")],
)  # fmt: skip
def test_money_is_written_to_its_smallest_unit(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text
