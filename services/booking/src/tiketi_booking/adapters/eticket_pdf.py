"""An order's tickets as a PDF: one A4 page each, so that every guest can carry their own.

Rendering is some 0.3 s of computation, which would make everyone on the event loop wait, threads or
not: `TicketPrinter` does it in one process of its own, a few at a time, and refuses the rest.

The typeface is Pretendard (fonts/LICENSE.txt): Latin, Greek, Cyrillic, kana and all 11,172 hangul
syllables. What it lacks (Chinese characters in a name) comes from `fallback_font` where that file
is there.
"""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from datetime import tzinfo
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos
from fpdf.fonts import TTFFont

from tiketi_booking.adapters.eticket_qr import QUIET, qr_modules, qr_size
from tiketi_booking.domain.eticket import (
    Bilingual,
    ETicket,
    Ticket,
    local_date,
    local_time,
    money,
    seat_label,
)
from tiketi_shared.errors import Unavailable

FONTS = Path(__file__).parent / "fonts"

Colour = tuple[int, int, int]
INK: Colour = (24, 24, 32)
GREY: Colour = (112, 114, 128)
LINE: Colour = (214, 216, 226)
BRAND: Colour = (38, 33, 97)
PALE: Colour = (205, 203, 235)
WHITE: Colour = (255, 255, 255)

LEFT, RIGHT, TOP = 15.0, 195.0, 32.0
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


class TicketPrinter:
    """Renders in a process of its own; at most `queue` documents wait or are being made."""

    def __init__(self, zone: tzinfo, fallback_font: str, *, queue: int = 16) -> None:
        self._zone, self._fallback = zone, fallback_font
        self._queue, self._waiting = queue, 0
        self._pool = self._new_pool()

    async def pdf(self, order: ETicket) -> bytes:
        """Raises Unavailable when too many are being made already."""
        if self._waiting >= self._queue:
            raise Unavailable("many tickets are being printed", retry_after=5)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            arguments = (order, self._zone, self._fallback)
            return await loop.run_in_executor(self._pool, render_pdf, *arguments)
        except BrokenProcessPool as error:
            self._pool = self._new_pool()
            raise Unavailable("the printer is starting again", retry_after=2) from error
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @staticmethod
    def _new_pool() -> ProcessPoolExecutor:
        """Spawned at the first document: a fork would copy the loop's sockets and threads."""
        return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


@asynccontextmanager
async def open_printer(zone: tzinfo, fallback_font: str) -> AsyncIterator[TicketPrinter]:
    printer = TicketPrinter(zone, fallback_font)
    try:
        yield printer
    finally:
        printer.close()


def render_pdf(order: ETicket, zone: tzinfo, fallback_font: str) -> bytes:
    """The document; the same order always gives the same bytes."""
    sheet = _Sheet(order, zone)
    if sheet.lacks(_texts(order)) and Path(fallback_font).is_file():
        sheet.add_font("fallback", "", fallback_font, collection_font_number=1)
        sheet.set_fallback_fonts(["fallback"], exact_match=False)
    for place, ticket in enumerate(order.tickets, 1):
        sheet.ticket(ticket, place)
    return bytes(sheet.output())


def _texts(order: ETicket) -> str:
    of_tickets = [f"{ticket.ticket_type}{ticket.seat}" for ticket in order.tickets]
    return "".join([order.event, order.venue, order.holder, *of_tickets])


class _Sheet(FPDF):
    """The page; lengths are millimetres, type sizes points."""

    def __init__(self, order: ETicket, zone: tzinfo) -> None:
        super().__init__(format="A4")
        self.order, self.zone = order, zone
        self.add_font("sans", "", FONTS / "Pretendard-Regular.woff")
        self.add_font("sans", "B", FONTS / "Pretendard-Bold.woff")
        regular = self.fonts["sans"]
        assert isinstance(regular, TTFFont)  # noqa: S101  narrows: it was read from a file
        self._regular = regular
        self.set_auto_page_break(False)
        self.set_title(f"{order.event} · Tiketi")
        self.set_lang("ko")
        self.set_creation_date(order.paid_at)

    def lacks(self, text: str) -> bool:
        """Whether the typeface has no picture for some character of `text`."""
        return not set(map(ord, text)).issubset(self._regular.cmap)

    def ticket(self, ticket: Ticket, place: int) -> None:
        self.add_page()
        self._masthead()
        self._card()
        self._band()
        self._when()
        self._where(ticket)
        self._facts(ticket)
        self._stub(ticket, place)
        self._terms()
        self._foot(place)

    def _masthead(self) -> None:
        self._text(LEFT, 16, 60, "Tiketi", size=17, bold=True, colour=BRAND)
        self._text(RIGHT - 90, 17.5, 90, "전자 티켓 · E-ticket", size=10, colour=GREY, align="R")

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
        size, lines = self._fitted(self.order.event, width, largest=24, smallest=18, lines=1)
        if lines[0].endswith("…"):
            size, lines = self._fitted(self.order.event, width, largest=18, smallest=13, lines=2)
        height = size * 0.46
        top = TOP + (BAND - 9 - height * len(lines)) / 2 + 0.5
        for number, line in enumerate(lines):
            y = top + number * height
            self._text(LEFT + 8, y, width, line, size=size, bold=True, colour=WHITE, height=height)
        venue = self._clipped(self.order.venue, width, size=11.5)
        self._text(LEFT + 8, TOP + BAND - 12, width, venue, size=11.5, colour=PALE)

    def _when(self) -> None:
        date = local_date(self.order.starts_at, self.zone)
        time = local_time(self.order.starts_at, self.zone)
        y = TOP + BAND + 6
        self._label(LEFT + 8, y, "일시", "Date and time")
        self._text(LEFT + 8, y + 5, 105, f"{date.ko} {time.ko}", size=15, bold=True)
        self._text(LEFT + 8, y + 12.5, 105, f"{date.en}, {time.en}", size=10, colour=GREY)

    def _where(self, ticket: Ticket) -> None:
        y = TOP + BAND + 29
        if ticket.seat is None:
            label = seat_label(None)
            self._label(LEFT + 8, y, "좌석", "Seat")
            self._text(LEFT + 8, y + 5, 105, label.ko, size=17, bold=True, colour=BRAND)
            self._text(LEFT + 8, y + 13, 105, label.en, size=10, colour=GREY)
            return
        parts = (
            ("구역", "Section", ticket.seat.section, 47.0),
            ("열", "Row", ticket.seat.row, 29.0),
            ("번호", "Seat", ticket.seat.number, 29.0),
        )
        x = LEFT + 8
        for korean, english, value, width in parts:
            self._label(x, y, korean, english)
            size, lines = self._fitted(value, width - 3, largest=26, smallest=10, lines=1)
            self._text(x, y + 5.5, width, lines[0], size=size, bold=True, colour=BRAND, height=11)
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
            self._label(x, y, korean, english)
            size, lines = self._fitted(value, 49, largest=12, smallest=7, lines=1)
            self._text(x, y + 4.6, 50, lines[0], size=size, height=5.4)

    def _stub(self, ticket: Ticket, place: int) -> None:
        side = 52.0
        x, y = STUB + (RIGHT - STUB - side) / 2, TOP + BAND + 5
        self._qr(ticket.code, x, y, side)
        middle, width = STUB + 3, RIGHT - STUB - 6
        number = f"{place} / {len(self.order.tickets)}"
        self._text(middle, y + side + 1.5, width, number, size=13, bold=True, align="C")
        self._text(
            middle, y + side + 9, width, "입장권 번호 Ticket no.", size=8, colour=GREY, align="C"
        )
        self._text(middle, y + side + 13, width, ticket.id.upper(), size=9, align="C")
        self._text(
            middle, y + side + 20, width, "주문 번호 Order no.", size=8, colour=GREY, align="C"
        )
        self._text(middle, y + side + 24, width, self.order.order_id.upper(), size=9, align="C")

    def _qr(self, code: str, x: float, y: float, side: float) -> None:
        module = side / (qr_size(code) + 2 * QUIET)
        self.set_fill_color(0, 0, 0)
        with self.local_context():
            for column, row, length in qr_modules(code):
                left, top = x + (column + QUIET) * module, y + (row + QUIET) * module
                self.rect(left, top, length * module, module, style="F")

    def _terms(self) -> None:
        y = TOP + CARD + 12
        self._text(LEFT, y, 80, "안내", size=12, bold=True)
        self._text(LEFT + 93, y, 80, "Good to know", size=12, bold=True)
        y += 9
        for term in TERMS:
            korean = self._paragraph(LEFT, y, term.ko)
            y = max(korean, self._paragraph(LEFT + 93, y, term.en)) + 2.5

    def _foot(self, place: int) -> None:
        self.set_draw_color(*LINE)
        self.line(LEFT, 280, RIGHT, 280)
        total = f"주문 합계 Order total {money(self.order.total, self.order.currency)}"
        pages = f"{place} / {len(self.order.tickets)}"
        self._text(LEFT, 282, 120, total, size=8.5, colour=GREY)
        self._text(RIGHT - 60, 282, 60, pages, size=8.5, colour=GREY, align="R")

    def _label(self, x: float, y: float, korean: str, english: str) -> None:
        self._text(x, y, 60, f"{korean}  {english}", size=8.5, colour=GREY)

    def _paragraph(self, x: float, y: float, text: str) -> float:
        """Writes a dot and the text beside it; answers where it ends."""
        self._text(x, y, 4, "·", size=9.5, colour=GREY, height=4.8)
        self._face(9.5, bold=False, colour=INK)
        self.set_xy(x + 4, y)
        self.multi_cell(82, 4.8, text, align=Align.L, new_x=XPos.LEFT, new_y=YPos.NEXT)
        return self.get_y()

    def _text(  # noqa: PLR0913  a piece of type has these sides, most have defaults
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        *,
        size: float,
        bold: bool = False,
        colour: Colour = INK,
        align: str = "L",
        height: float | None = None,
    ) -> None:
        self._face(size, bold=bold, colour=colour)
        self.set_xy(x, y)
        self.cell(width, height or size * 0.45, text, align=align)

    def _face(self, size: float, *, bold: bool, colour: Colour) -> None:
        self.set_font("sans", "B" if bold else "", size)
        self.set_text_color(*colour)
        self.c_margin = 0

    def _fitted(
        self, text: str, width: float, *, largest: float, smallest: float, lines: int
    ) -> tuple[float, list[str]]:
        """The largest size at which `text` stands in `lines`, and the text as it breaks there."""
        size = largest
        while True:
            broken = self._broken(text, width, size)
            if len(broken) <= lines:
                return size, broken
            if size <= smallest:
                last = self._clipped(" ".join(broken[lines - 1 :]), width, size=size, bold=True)
                return size, [*broken[: lines - 1], last]
            size -= 1

    def _broken(self, text: str, width: float, size: float) -> list[str]:
        self._face(size, bold=True, colour=INK)
        lines = self.multi_cell(width, None, text, dry_run=True, output="LINES", align=Align.L)
        assert isinstance(lines, list)  # noqa: S101  narrows: that is what output="LINES" gives
        return lines

    def _clipped(self, text: str, width: float, *, size: float, bold: bool = False) -> str:
        self._face(size, bold=bold, colour=INK)
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(f"{text}…") > width:
            text = text[:-1]
        return f"{text.rstrip()}…"
