"""An order's tickets as a PDF: one A4 page each, so that every guest can carry their own."""

from datetime import tzinfo

from fpdf.enums import Align, XPos, YPos

from tiketi_booking.adapters.printing.paper import (
    BRAND,
    GREY,
    INK,
    LEFT,
    LINE,
    PALE,
    RIGHT,
    WHITE,
    Paper,
)
from tiketi_booking.adapters.printing.qr import QUIET, qr_modules, qr_size
from tiketi_booking.domain.eticket import (
    Bilingual,
    ETicket,
    Ticket,
    local_date,
    local_time,
    money,
    seat_label,
)

TOP = 32.0
STUB = 133.0
"""Where the stub with the QR begins, behind the perforation."""
BAND, CARD = 38.0, 128.0
"""Heights of the coloured band and of the whole card."""

TERMS = (
    Bilingual(
        "입장할 때 QR 코드를 스캔합니다. 화면을 밝게 하거나 이 종이를 가져오세요.",
        "The QR code is scanned at the door: bring this sheet, or a bright screen.",
    ),
    Bilingual(
        "QR 코드는 한 번만 쓸 수 있습니다. 다른 사람에게 보이거나 인터넷에 올리지 마세요.",
        "It admits one person, once. Whoever comes first with it gets in, so keep it to yourself.",
    ),
    Bilingual(
        "공연 30분 전까지 도착해 주세요. 신분증 확인을 요청할 수 있습니다.",
        "Please arrive 30 minutes early. You may be asked to show identification.",
    ),
    Bilingual(
        "환불된 티켓의 QR 코드는 입장에 사용할 수 없습니다.",
        "Once a ticket is refunded, its code no longer opens the door.",
    ),
)


def render_pdf(order: ETicket, zone: tzinfo, fallback_font: str) -> bytes:
    """The document; the same order always gives the same bytes."""
    sheet = _Sheet(order, zone, fallback_font)
    for place, ticket in enumerate(order.tickets, 1):
        sheet.ticket(ticket, place)
    return bytes(sheet.output())


def _texts(order: ETicket) -> str:
    of_tickets = [f"{ticket.ticket_type}{ticket.seat}" for ticket in order.tickets]
    return "".join([order.event, order.venue, order.holder, *of_tickets])


class _Sheet(Paper):
    def __init__(self, order: ETicket, zone: tzinfo, fallback_font: str) -> None:
        super().__init__(f"{order.event} · Tiketi", _texts(order), order.paid_at, fallback_font)
        self.order, self.zone = order, zone

    def ticket(self, ticket: Ticket, place: int) -> None:
        self.add_page()
        self.masthead("전자 티켓", "E-ticket")
        self._card()
        self._band()
        self._when()
        self._where(ticket)
        self._facts(ticket)
        self._stub(ticket, place)
        self._terms()
        self._foot(place)

    def _card(self) -> None:
        self.set_line_width(0.3)
        self.set_draw_color(*LINE)
        self.set_fill_color(*WHITE)
        self.rect(LEFT, TOP, RIGHT - LEFT, CARD, style="D", round_corners=True, corner_radius=4)
        self.set_dash_pattern(dash=1.2, gap=1.6)
        self.line(STUB, TOP + BAND + 3, STUB, TOP + CARD - 3)
        self.set_dash_pattern()

    def _band(self) -> None:
        self.set_fill_color(*BRAND)
        width = RIGHT - LEFT
        self.rect(LEFT, TOP, width, BAND, style="F", round_corners=True, corner_radius=4)
        self.rect(LEFT, TOP + BAND - 5, width, 5, style="F")
        width -= 16
        size, lines = self.fitted(self.order.event, width, largest=24, smallest=18, lines=1)
        if lines[0].endswith("…"):
            size, lines = self.fitted(self.order.event, width, largest=18, smallest=13, lines=2)
        height = size * 0.46
        top = TOP + (BAND - 9 - height * len(lines)) / 2 + 0.5
        for number, line in enumerate(lines):
            y = top + number * height
            self.write_at(
                LEFT + 8, y, width, line, size=size, bold=True, colour=WHITE, height=height
            )
        venue = self.clipped(self.order.venue, width, size=11.5)
        self.write_at(LEFT + 8, TOP + BAND - 12, width, venue, size=11.5, colour=PALE)

    def _when(self) -> None:
        date = local_date(self.order.starts_at, self.zone)
        time = local_time(self.order.starts_at, self.zone)
        y = TOP + BAND + 6
        self.label(LEFT + 8, y, "일시", "Date and time")
        self.write_at(LEFT + 8, y + 5, 105, f"{date.ko} {time.ko}", size=15, bold=True)
        self.write_at(LEFT + 8, y + 12.5, 105, f"{date.en}, {time.en}", size=10, colour=GREY)

    def _where(self, ticket: Ticket) -> None:
        y = TOP + BAND + 29
        if ticket.seat is None:
            label = seat_label(None)
            self.label(LEFT + 8, y, "좌석", "Seat")
            self.write_at(LEFT + 8, y + 5, 105, label.ko, size=17, bold=True, colour=BRAND)
            self.write_at(LEFT + 8, y + 13, 105, label.en, size=10, colour=GREY)
            return
        parts = (
            ("구역", "Section", ticket.seat.section, 47.0),
            ("열", "Row", ticket.seat.row, 29.0),
            ("번호", "Seat", ticket.seat.number, 29.0),
        )
        x = LEFT + 8
        for korean, english, value, width in parts:
            self.label(x, y, korean, english)
            size, lines = self.fitted(value, width - 3, largest=26, smallest=10, lines=1)
            self.write_at(
                x, y + 5.5, width, lines[0], size=size, bold=True, colour=BRAND, height=11
            )
            x += width

    def _facts(self, ticket: Ticket) -> None:
        top, order = TOP + BAND + 53, self.order
        paid = order.paid_at.astimezone(self.zone)
        facts = (
            ("이름", "Name", order.holder),
            ("등급", "Ticket", ticket.ticket_type),
            ("가격", "Price", money(ticket.price, order.currency)),
            ("예매일", "Booked", f"{paid:%Y-%m-%d}"),
        )
        self.set_draw_color(*LINE)
        self.line(LEFT + 8, top - 4.5, STUB - 8, top - 4.5)
        for number, (korean, english, value) in enumerate(facts):
            x, y = LEFT + 8 + 53 * (number % 2), top + 14.5 * (number // 2)
            self.label(x, y, korean, english)
            size, lines = self.fitted(value, 49, largest=12, smallest=7, lines=1)
            self.write_at(x, y + 4.6, 50, lines[0], size=size, height=5.4)

    def _stub(self, ticket: Ticket, place: int) -> None:
        side = 52.0
        x, y = STUB + (RIGHT - STUB - side) / 2, TOP + BAND + 5
        self._qr(ticket.code, x, y, side)
        middle, width = STUB + 3, RIGHT - STUB - 6
        number = f"{place} / {len(self.order.tickets)}"
        self.write_at(middle, y + side + 1.5, width, number, size=13, bold=True, align="C")
        self.write_at(
            middle, y + side + 9, width, "입장권 번호 Ticket no.", size=8, colour=GREY, align="C"
        )
        self.write_at(middle, y + side + 13, width, ticket.id.upper(), size=9, align="C")
        self.write_at(
            middle, y + side + 20, width, "주문 번호 Order no.", size=8, colour=GREY, align="C"
        )
        self.write_at(middle, y + side + 24, width, self.order.order_id.upper(), size=9, align="C")

    def _qr(self, code: str, x: float, y: float, side: float) -> None:
        module = side / (qr_size(code) + 2 * QUIET)
        self.set_fill_color(0, 0, 0)
        with self.local_context():
            for column, row, length in qr_modules(code):
                left, top = x + (column + QUIET) * module, y + (row + QUIET) * module
                self.rect(left, top, length * module, module, style="F")

    def _terms(self) -> None:
        y = TOP + CARD + 12
        self.write_at(LEFT, y, 80, "안내", size=12, bold=True)
        self.write_at(LEFT + 93, y, 80, "Good to know", size=12, bold=True)
        y += 9
        for term in TERMS:
            korean = self._paragraph(LEFT, y, term.ko)
            y = max(korean, self._paragraph(LEFT + 93, y, term.en)) + 2.5

    def _foot(self, place: int) -> None:
        self.set_draw_color(*LINE)
        self.line(LEFT, 280, RIGHT, 280)
        total = f"주문 합계 Order total {money(self.order.total, self.order.currency)}"
        pages = f"{place} / {len(self.order.tickets)}"
        self.write_at(LEFT, 282, 120, total, size=8.5, colour=GREY)
        self.write_at(RIGHT - 60, 282, 60, pages, size=8.5, colour=GREY, align="R")

    def _paragraph(self, x: float, y: float, text: str) -> float:
        """Writes a dot and the text beside it; answers where it ends."""
        self.write_at(x, y, 4, "·", size=9.5, colour=GREY, height=4.8)
        self.face(9.5, bold=False, colour=INK)
        self.set_xy(x + 4, y)
        self.multi_cell(82, 4.8, text, align=Align.L, new_x=XPos.LEFT, new_y=YPos.NEXT)
        return self.get_y()
