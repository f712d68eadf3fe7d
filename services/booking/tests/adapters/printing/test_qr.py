import io

import pytest
import zxingcpp
from PIL import Image

from tiketi_booking.adapters.printing.qr import SegnoQr, qr_modules, qr_size
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_shared.ids import EventId, TicketId, new_id


@pytest.fixture
def code() -> str:
    codes = TicketCodes("a-secret-of-at-least-32-characters")
    return codes.make(EventId(new_id()), TicketId(new_id()))


def test_a_scanner_reads_the_png(code: str) -> None:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(SegnoQr().png(code))))
    assert found.text == code


def test_a_scanner_reads_the_modules_as_they_are_printed(code: str) -> None:
    side = qr_size(code) + 8
    picture = Image.new("L", (side, side), 255)
    for column, row, length in qr_modules(code):
        picture.paste(0, (column + 4, row + 4, column + 4 + length, row + 5))
    (found,) = zxingcpp.read_barcodes(
        picture.resize((side * 4, side * 4), Image.Resampling.NEAREST)
    )
    assert found.text == code


def test_the_svg_scales_and_runs_no_script(code: str) -> None:
    svg = SegnoQr().svg(code)
    assert svg.startswith(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 49 49"')
    assert b"<script" not in svg
    assert len(svg) < 4096
