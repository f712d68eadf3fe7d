"""What stands on a ticket, in words: dates, money and seats as people here read them.

Korean first and English beside it, whoever bought: the one at the door may be another person.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from tiketi_shared.ids import EventId, OrderId, TicketId

_DAYS_KO = "월화수목금토일"
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_MINOR_UNITS = {"KRW": 0, "JPY": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3}
"""Decimal places of the currencies that do not have two (ISO 4217)."""

_SIGNS = {"KRW": "₩", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same thing in both languages."""

    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Seat:
    section: str
    row: str
    number: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """One admission; `seat` is None for general admission; `price` in the smallest unit."""

    id: TicketId
    code: str
    ticket_type: str
    seat: Seat | None
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ETicket:
    """An order's tickets as they are printed and mailed; times are aware."""

    order_id: OrderId
    event_id: EventId
    event: str
    venue: str
    starts_at: datetime
    holder: str
    currency: str
    paid_at: datetime
    tickets: tuple[Ticket, ...]

    @property
    def total(self) -> int:
        return sum(ticket.price for ticket in self.tickets)


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    ticket_type: str
    seat: Seat | None
    price: int
    refunded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an order cost and what was given back (when, how much), in the smallest unit."""

    order_id: OrderId
    event: str
    holder: str
    currency: str
    provider: str
    paid_at: datetime
    paid: int
    lines: tuple[ReceiptItem, ...]
    refunds: tuple[tuple[datetime, int], ...]

    @property
    def refunded(self) -> int:
        return sum(amount for _, amount in self.refunds)


def local_date(at: datetime, zone: tzinfo) -> Bilingual:
    """`2026년 11월 28일 (토)` and `Saturday 28 November 2026`, where the event is."""
    local = at.astimezone(zone)
    day = local.weekday()
    return Bilingual(
        f"{local.year}년 {local.month}월 {local.day}일 ({_DAYS_KO[day]})",
        f"{_DAYS_EN[day]} {local.day} {_MONTHS_EN[local.month - 1]} {local.year}",
    )


def local_time(at: datetime, zone: tzinfo) -> Bilingual:
    """`오후 7시 30분` and `19:30 KST`."""
    local = at.astimezone(zone)
    half, hour = ("오전", "오후")[local.hour >= 12], local.hour % 12 or 12
    minutes = f" {local.minute}분" if local.minute else ""
    return Bilingual(
        f"{half} {hour}시{minutes}", f"{local.hour:02}:{local.minute:02} {local.tzname()}"
    )


def seat_label(seat: Seat | None) -> Bilingual:
    if seat is None:
        return Bilingual("자유석 · 입장 순", "General admission")
    return Bilingual(
        f"{seat.section} 구역 {seat.row}열 {seat.number}번",
        f"Section {seat.section}, row {seat.row}, seat {seat.number}",
    )


def money(amount: int, currency: str) -> str:
    """`₩121,000`, `$49.50`, `CHF 49.50`; `amount` in the currency's smallest unit."""
    places = _MINOR_UNITS.get(currency, 2)
    whole, rest = divmod(abs(amount), 10**places)
    number = f"{whole:,}" + (f".{rest:0{places}}" if places else "")
    return f"{'-' if amount < 0 else ''}{_SIGNS.get(currency, f'{currency} ')}{number}"


def order_page(public_url: str, order_id: OrderId) -> str:
    """Where the buyer sees the order; `public_url` is where people reach Tiketi."""
    return f"{public_url.rstrip('/')}/orders/{order_id}"
