"""Every word of the mails, in both languages."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tiketi_booking.domain.eticket import ETicket, Receipt, ReceiptItem, Seat, Ticket
from tiketi_booking.domain.mails import (
    Attachment,
    Mail,
    Refund,
    WaitingOffer,
    offer_mail,
    refund_mail,
    ticket_mail,
)
from tiketi_shared.ids import EventId, OrderId, TicketId

SEOUL = ZoneInfo("Asia/Seoul")
STARTS = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
"""The next morning in Seoul."""

ORDER = ETicket(
    order_id=OrderId("order0000000000000aa"), event_id=EventId("event"), event="First <Snow>",
    venue="KSPO Dome", starts_at=STARTS, holder="나래", currency="EUR",
    paid_at=datetime(2026, 11, 1, tzinfo=UTC),
    tickets=(
        Ticket(TicketId("t1"), "TK1", "VIP", Seat("A", "3", "12"), 12_150),
        Ticket(TicketId("t2"), "TK2", "Floor", None, 4_999),
    ),
)  # fmt: skip

PAGE_START = (
    '<!doctype html><html lang="ko"><head><meta charset="utf-8"></head>'
    '<body style="margin:0;background:#f4f4f8;'
    "font:15px/1.6 'Apple SD Gothic Neo','Malgun Gothic',sans-serif;color:#181820\">"
    '<div style="max-width:560px;margin:0 auto;background:#fff">'
    '<h1 style="margin:0;padding:28px;background:#262161;color:#fff;font-size:20px">'
)


def page(title: str, *parts: tuple[str, list[str], str, str]) -> str:
    """As a mail program gets it; each part is (what is said, facts, link's text, link)."""
    body = "".join(
        f'<p style="margin:24px 0 8px">{said}</p><ul style="padding-left:18px">'
        + "".join(f'<li style="margin:4px 0">{fact}</li>' for fact in facts)
        + f'</ul><p><a href="{link}" style="color:#262161;font-weight:bold">{text}</a></p>'
        for said, facts, text, link in parts
    )
    start = f'{PAGE_START}{title}</h1><div style="padding:8px 28px 28px">'
    return f"{start}{body}</div></div></body></html>\n"


def test_the_mail_with_the_tickets_is_exact() -> None:
    pdf = Attachment("tickets.pdf", "application/pdf", b"%PDF")
    mail = ticket_mail("n@example.org", ORDER, SEOUL, "https://t.example/o?a=1&b=2", (pdf,))
    assert mail.to == "n@example.org"
    assert mail.subject == "[Tiketi] First <Snow> 티켓 · Your tickets"
    assert mail.attachments == (pdf,)
    assert mail.text == (
        "First <Snow>\n\n"
        "나래 님, 예매가 완료되었습니다. 티켓을 첨부했습니다.\n\n"
        "일시: 2026년 11월 28일 (토) 오전 5시 30분\n"
        "장소: KSPO Dome\n"
        "VIP: A 구역 3열 12번\n"
        "Floor: 자유석 · 입장 순\n"
        "합계: €171.49 (주문 번호 ORDER0000000000000AA)\n\n"
        "티켓 보기: https://t.example/o?a=1&b=2\n\n"
        "First <Snow>\n\n"
        "Dear 나래, your booking is complete. Your tickets are attached.\n\n"
        "When: Saturday 28 November 2026, 05:30 KST\n"
        "Where: KSPO Dome\n"
        "VIP: Section A, row 3, seat 12\n"
        "Floor: General admission\n"
        "Total: €171.49 (order ORDER0000000000000AA)\n\n"
        "See your tickets: https://t.example/o?a=1&b=2\n"
    )
    assert mail.html == page(
        "First &lt;Snow&gt;",
        (
            "나래 님, 예매가 완료되었습니다. 티켓을 첨부했습니다.",
            [
                "일시: 2026년 11월 28일 (토) 오전 5시 30분", "장소: KSPO Dome",
                "VIP: A 구역 3열 12번", "Floor: 자유석 · 입장 순",
                "합계: €171.49 (주문 번호 ORDER0000000000000AA)",
            ],
            "티켓 보기",
            "https://t.example/o?a=1&amp;b=2",
        ),
        (
            "Dear 나래, your booking is complete. Your tickets are attached.",
            [
                "When: Saturday 28 November 2026, 05:30 KST", "Where: KSPO Dome",
                "VIP: Section A, row 3, seat 12", "Floor: General admission",
                "Total: €171.49 (order ORDER0000000000000AA)",
            ],
            "See your tickets",
            "https://t.example/o?a=1&amp;b=2",
        ),
    )  # fmt: skip


def test_the_mail_about_a_refund_is_exact() -> None:
    refund = Refund("First Snow", "order1", 24_300, "EUR", 2)
    assert refund_mail("n@example.org", refund, "https://t.example/o") == Mail(
        "n@example.org",
        "[Tiketi] First Snow 환불 · Refund",
        "First Snow\n\n티켓 2장이 취소되어 €243.00을 환불해 드립니다.\n\n"
        "주문 번호: ORDER1\n카드사에 따라 며칠이 걸릴 수 있습니다.\n\n"
        "주문 보기: https://t.example/o\n\n"
        "First Snow\n\nTickets cancelled: 2. We are refunding €243.00.\n\n"
        "Order: ORDER1\nIt may take your bank a few days to show it.\n\n"
        "See your order: https://t.example/o\n",
        page(
            "First Snow",
            (
                "티켓 2장이 취소되어 €243.00을 환불해 드립니다.",
                ["주문 번호: ORDER1", "카드사에 따라 며칠이 걸릴 수 있습니다."],
                "주문 보기",
                "https://t.example/o",
            ),
            (
                "Tickets cancelled: 2. We are refunding €243.00.",
                ["Order: ORDER1", "It may take your bank a few days to show it."],
                "See your order",
                "https://t.example/o",
            ),
        ),
    )


def test_the_mail_with_an_offer_is_exact() -> None:
    offer = WaitingOffer("First\r\nSnow", "VIP", 3, STARTS)
    mail = offer_mail("n@example.org", offer, SEOUL, "https://t.example/o")
    assert mail.to == "n@example.org"
    assert mail.subject == "[Tiketi] First Snow 좌석이 나왔습니다 · Seats for you"
    assert mail.attachments == ()
    assert mail.text == (
        "First\r\nSnow\n\n대기하신 VIP 3석이 나왔습니다. 오전 5시 30분까지 결제해 주세요.\n\n"
        "그때까지 결제하지 않으면 다음 분께 넘어갑니다.\n\n"
        "결제하기: https://t.example/o\n\n"
        "First\r\nSnow\n\nThe seats you waited for (VIP 3) are yours until 05:30 KST.\n\n"
        "After that they go to whoever is next on the list.\n\n"
        "Check out: https://t.example/o\n"
    )


def test_a_receipt_sums_up_what_was_given_back() -> None:
    lines = (ReceiptItem("VIP", None, 7, refunded=True),)
    receipt = Receipt(
        order_id=OrderId("o"), event="e", holder="h", currency="EUR", provider="p",
        paid_at=STARTS, paid=900, lines=lines, refunds=((STARTS, 7), (STARTS, 13)),
    )  # fmt: skip
    assert receipt.refunded == 20
    assert ORDER.total == 17_149
