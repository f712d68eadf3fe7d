"""The mails that follow a sale, as text and as HTML, in Korean and English."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape

from tiketi_booking.domain.eticket import (
    Bilingual,
    ETicket,
    local_date,
    local_time,
    money,
    seat_label,
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """`media_type` as in `application/pdf`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Refund:
    """`amount` in the smallest unit; `tickets` is how many were cancelled."""

    event: str
    order_id: str
    amount: int
    currency: str
    tickets: int


@dataclass(frozen=True, slots=True)
class WaitingOffer:
    event: str
    ticket_type: str
    quantity: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Letter:
    title: str
    opening: Bilingual
    facts: list[Bilingual]
    action: Bilingual
    url: str


def ticket_mail(
    to: str, order: ETicket, zone: tzinfo, url: str, attachments: tuple[Attachment, ...]
) -> Mail:
    """The tickets; `url` is the order's page."""
    date, time = local_date(order.starts_at, zone), local_time(order.starts_at, zone)
    seats = [(ticket.ticket_type, seat_label(ticket.seat)) for ticket in order.tickets]
    facts = [
        Bilingual(f"일시: {date.ko} {time.ko}", f"When: {date.en}, {time.en}"),
        Bilingual(f"장소: {order.venue}", f"Where: {order.venue}"),
        *(Bilingual(f"{kind}: {seat.ko}", f"{kind}: {seat.en}") for kind, seat in seats),
        Bilingual(
            f"합계: {money(order.total, order.currency)} (주문 번호 {order.order_id.upper()})",
            f"Total: {money(order.total, order.currency)} (order {order.order_id.upper()})",
        ),
    ]
    opening = Bilingual(
        f"{order.holder} 님, 예매가 완료되었습니다. 티켓을 첨부했습니다.",
        f"Dear {order.holder}, your booking is complete. Your tickets are attached.",
    )
    letter = _Letter(order.event, opening, facts, Bilingual("티켓 보기", "See your tickets"), url)
    return _mail(to, f"[Tiketi] {order.event} 티켓 · Your tickets", letter, attachments)


def refund_mail(to: str, refund: Refund, url: str) -> Mail:
    amount = money(refund.amount, refund.currency)
    opening = Bilingual(
        f"티켓 {refund.tickets}장이 취소되어 {amount}을 환불해 드립니다.",
        f"Tickets cancelled: {refund.tickets}. We are refunding {amount}.",
    )
    facts = [
        Bilingual(f"주문 번호: {refund.order_id.upper()}", f"Order: {refund.order_id.upper()}"),
        Bilingual(
            "카드사에 따라 며칠이 걸릴 수 있습니다.", "It may take your bank a few days to show it."
        ),
    ]
    letter = _Letter(refund.event, opening, facts, Bilingual("주문 보기", "See your order"), url)
    return _mail(to, f"[Tiketi] {refund.event} 환불 · Refund", letter)


def offer_mail(to: str, offer: WaitingOffer, zone: tzinfo, url: str) -> Mail:
    time = local_time(offer.expires_at, zone)
    seats = f"{offer.ticket_type} {offer.quantity}"
    opening = Bilingual(
        f"대기하신 {seats}석이 나왔습니다. {time.ko}까지 결제해 주세요.",
        f"The seats you waited for ({seats}) are yours until {time.en}.",
    )
    facts = [
        Bilingual(
            "그때까지 결제하지 않으면 다음 분께 넘어갑니다.",
            "After that they go to whoever is next on the list.",
        )
    ]
    letter = _Letter(offer.event, opening, facts, Bilingual("결제하기", "Check out"), url)
    return _mail(to, f"[Tiketi] {offer.event} 좌석이 나왔습니다 · Seats for you", letter)


def password_reset_mail(to: str, expires_at: datetime, zone: tzinfo, url: str) -> Mail:
    """`url` lets whoever has it choose a new password."""
    time = local_time(expires_at, zone)
    opening = Bilingual(
        f"비밀번호 재설정 요청이 있었습니다. 링크는 {time.ko}까지 한 번 쓸 수 있습니다.",
        f"Somebody asked to reset your password. The link works once, until {time.en}.",
    )
    facts = [
        Bilingual(
            "요청하지 않으셨다면 이 메일을 무시하세요. 비밀번호는 그대로입니다.",
            "If it was not you, ignore this mail. Your password stays as it is.",
        ),
        Bilingual(
            "비밀번호를 바꾸면 모든 기기에서 로그아웃됩니다.",
            "Choosing a new password signs you out on every device.",
        ),
    ]
    action = Bilingual("새 비밀번호 정하기", "Choose a new password")
    letter = _Letter("Tiketi", opening, facts, action, url)
    return _mail(to, "[Tiketi] 비밀번호 재설정 · Password reset", letter)


def _mail(to: str, subject: str, letter: _Letter, attachments: tuple[Attachment, ...] = ()) -> Mail:
    """The letter in Korean, then in English; a header has one line, whatever a name contains."""
    opening, facts, action = letter.opening, letter.facts, letter.action
    languages = (
        (opening.ko, [fact.ko for fact in facts], action.ko),
        (opening.en, [fact.en for fact in facts], action.en),
    )
    text = "\n\n".join(
        "\n".join([letter.title, "", said, "", *listed, "", f"{act}: {letter.url}"])
        for said, listed, act in languages
    )
    parts = "".join(_html_part(said, listed, act, letter.url) for said, listed, act in languages)
    html = _PAGE.format(escape(letter.title), parts)
    return Mail(to, " ".join(subject.split()), f"{text}\n", html, attachments)


def _html_part(said: str, listed: list[str], action: str, url: str) -> str:
    rows = "".join(f'<li style="margin:4px 0">{escape(row)}</li>' for row in listed)
    link = f'<a href="{escape(url)}" style="color:#262161;font-weight:bold">{escape(action)}</a>'
    return (
        f'<p style="margin:24px 0 8px">{escape(said)}</p><ul style="padding-left:18px">{rows}</ul>'
        f"<p>{link}</p>"
    )


_PAGE = """<!doctype html><html lang="ko"><head><meta charset="utf-8"></head>\
<body style="margin:0;background:#f4f4f8;font:15px/1.6 'Apple SD Gothic Neo','Malgun Gothic',\
sans-serif;color:#181820"><div style="max-width:560px;margin:0 auto;background:#fff">\
<h1 style="margin:0;padding:28px;background:#262161;color:#fff;font-size:20px">{}</h1>\
<div style="padding:8px 28px 28px">{}</div></div></body></html>
"""
