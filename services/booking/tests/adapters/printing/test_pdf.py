import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pypdfium2
import pytest
import zxingcpp

from tiketi_booking.adapters.printing.pdf import render_pdf
from tiketi_booking.adapters.printing.printer import TicketPrinter, open_printer
from tiketi_booking.adapters.printing.receipt import render_receipt
from tiketi_booking.domain.eticket import ETicket, Receipt, ReceiptItem, Seat, Ticket
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import EventId, OrderId, TicketId, new_id

SEOUL = ZoneInfo("Asia/Seoul")
HAN_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def ticket(event_id: str, seat: Seat | None = None) -> Ticket:
    codes = TicketCodes("a-secret-of-at-least-32-characters")
    ticket_id = TicketId(new_id())
    return Ticket(ticket_id, codes.make(EventId(event_id), ticket_id), "스탠딩 R", seat, 154_000)


@pytest.fixture
def order() -> ETicket:
    event_id = EventId(new_id())
    return ETicket(
        order_id=OrderId(new_id()),
        event_id=event_id,
        event="첫눈 First Snow",
        venue="올림픽공원 KSPO DOME",
        starts_at=datetime(2026, 11, 28, 10, 30, tzinfo=UTC),
        holder="뷁나래 Narae Kim",
        currency="KRW",
        paid_at=datetime(2026, 11, 1, tzinfo=UTC),
        tickets=(ticket(event_id, Seat("FLOOR A", "12", "7")), ticket(event_id)),
    )


def words(pdf: bytes, page: int) -> str:
    text: str = pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_bounded()
    return text


def test_the_code_can_be_scanned_from_every_page(order: ETicket) -> None:
    document = pypdfium2.PdfDocument(render_pdf(order, SEOUL, ""))
    scanned = [
        zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())[0].text for page in document
    ]
    assert scanned == [ticket.code for ticket in order.tickets]


def test_the_page_tells_what_the_guest_needs_in_both_languages(order: ETicket) -> None:
    text = words(render_pdf(order, SEOUL, ""), 0)
    for expected in (
        "첫눈 First Snow", "올림픽공원 KSPO DOME", "2026년 11월 28일 (토) 오후 7시 30분",
        "Saturday 28 November 2026, 19:30 KST", "FLOOR A", "12", "7", "뷁나래 Narae Kim",
        "스탠딩 R", "₩154,000", "₩308,000", order.order_id.upper(), order.tickets[0].id.upper(),
    ):  # fmt: skip
        assert expected in text
    assert "General admission" in words(render_pdf(order, SEOUL, ""), 1)


def test_the_same_order_gives_the_same_bytes(order: ETicket) -> None:
    assert render_pdf(order, SEOUL, "") == render_pdf(order, SEOUL, "")


def test_names_that_do_not_fit_are_cut_and_stay_on_their_line(order: ETicket) -> None:
    long = replace(order, event="아주 긴 제목 " * 40, venue="V" * 300, holder="Name" * 60)
    text = words(render_pdf(long, SEOUL, ""), 0)
    assert text.count("…") == 3


@pytest.mark.skipif(not Path(HAN_FONT).is_file(), reason="needs Debian's fonts-noto-cjk")
def test_chinese_characters_come_from_the_fallback_font(order: ETicket) -> None:
    assert "王小明" in words(render_pdf(replace(order, holder="王小明"), SEOUL, HAN_FONT), 0)


def test_a_receipt_tells_what_was_paid_and_what_was_given_back() -> None:
    day = datetime(2026, 11, 1, tzinfo=UTC)
    receipt = Receipt(
        order_id=OrderId(new_id()),
        event="첫눈 First Snow",
        holder="뷁나래",
        currency="KRW",
        provider="stripe",
        paid_at=day,
        paid=254_000,
        lines=(
            ReceiptItem("R", Seat("A", "1", "2"), 100_000, refunded=True),
            ReceiptItem("스탠딩", None, 154_000, refunded=False),
        ),
        refunds=((day, 100_000),),
    )
    text = words(render_receipt(receipt, SEOUL, ""), 0)
    for expected in ("영수증", "₩254,000", "-₩100,000", "₩154,000", "환불됨", "stripe", "뷁나래"):
        assert expected in text


async def test_printing_does_not_hold_up_the_loop(order: ETicket) -> None:
    async with open_printer(SEOUL, "") as printer:
        longest = 0.0
        printing = asyncio.create_task(printer.pdf(order))
        loop = asyncio.get_running_loop()
        while not printing.done():
            before = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - before)
        assert (await printing).startswith(b"%PDF-")
        assert longest < 0.15


async def test_more_than_the_printer_can_queue_is_refused(order: ETicket) -> None:
    printer = TicketPrinter(SEOUL, "", queue=1)
    try:
        first = asyncio.create_task(printer.pdf(order))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await printer.pdf(order)
        assert (await first).startswith(b"%PDF-")
    finally:
        printer.close()


async def test_a_printer_that_was_killed_starts_again(order: ETicket) -> None:
    async with open_printer(SEOUL, "") as printer:
        await printer.pdf(order)
        for process in printer._pool._processes.values():
            process.kill()
        with pytest.raises(Unavailable):
            await printer.pdf(order)
        assert (await printer.pdf(order)).startswith(b"%PDF-")


PRINTING = """
import asyncio, multiprocessing, time
from zoneinfo import ZoneInfo
from tiketi_booking.adapters.printing.printer import TicketPrinter

async def main():
    printer = TicketPrinter(ZoneInfo("Asia/Seoul"), "")
    try:
        await printer.pdf(None)
    except AttributeError:
        (child,) = multiprocessing.active_children()
        print(child.pid, flush=True)
        time.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_printer_does_not_outlive_a_service_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "printing.py"
    script.write_text(PRINTING)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        printer = psutil.Process(int(service.stdout.readline()))
        service.kill()
        printer.wait(10)
