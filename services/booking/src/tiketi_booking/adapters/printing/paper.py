"""The paper that tickets and receipts are printed on: A4, typefaces, pieces of type.

The typeface is Pretendard (fonts/LICENSE.txt): Latin, Greek, Cyrillic, kana and all 11,172 hangul
syllables. What it lacks (Chinese characters in a name) comes from a fallback font, where that file
is there. Lengths are millimetres, type sizes points.
"""

from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import Align
from fpdf.fonts import TTFFont

FONTS = Path(__file__).parent / "fonts"

Colour = tuple[int, int, int]
INK: Colour = (24, 24, 32)
GREY: Colour = (112, 114, 128)
LINE: Colour = (214, 216, 226)
BRAND: Colour = (38, 33, 97)
PALE: Colour = (205, 203, 235)
WHITE: Colour = (255, 255, 255)

LEFT, RIGHT = 15.0, 195.0


class Paper(FPDF):
    """`texts` is what will be written that others chose; `made_at` dates the document, so that the
    same content always gives the same bytes."""

    def __init__(self, title: str, texts: str, made_at: datetime, fallback_font: str) -> None:
        super().__init__(format="A4")
        self.add_font("sans", "", FONTS / "Pretendard-Regular.woff")
        self.add_font("sans", "B", FONTS / "Pretendard-Bold.woff")
        regular = self.fonts["sans"]
        assert isinstance(regular, TTFFont)  # noqa: S101  narrows: it was read from a file
        lacks = not set(map(ord, texts)).issubset(regular.cmap)
        if lacks and Path(fallback_font).is_file():
            self.add_font("fallback", "", fallback_font, collection_font_number=1)
            self.set_fallback_fonts(["fallback"], exact_match=False)
        self.set_auto_page_break(False)
        self.set_title(title)
        self.set_lang("ko")
        self.set_creation_date(made_at)

    def masthead(self, korean: str, english: str) -> None:
        self.write_at(LEFT, 16, 60, "Tiketi", size=17, bold=True, colour=BRAND)
        kind = f"{korean} · {english}"
        self.write_at(RIGHT - 90, 17.5, 90, kind, size=10, colour=GREY, align="R")

    def label(self, x: float, y: float, korean: str, english: str) -> None:
        self.write_at(x, y, 60, f"{korean}  {english}", size=8.5, colour=GREY)

    def write_at(  # noqa: PLR0913  a piece of type has these sides, most have defaults
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
        self.face(size, bold=bold, colour=colour)
        self.set_xy(x, y)
        self.cell(width, height or size * 0.45, text, align=align)

    def face(self, size: float, *, bold: bool, colour: Colour) -> None:
        self.set_font("sans", "B" if bold else "", size)
        self.set_text_color(*colour)
        self.c_margin = 0

    def fitted(
        self, text: str, width: float, *, largest: float, smallest: float, lines: int
    ) -> tuple[float, list[str]]:
        """The largest size at which `text` stands in `lines`, and the text as it breaks there."""
        size = largest
        while True:
            broken = self._broken(text, width, size)
            if len(broken) <= lines:
                return size, broken
            if size <= smallest:
                last = self.clipped(" ".join(broken[lines - 1 :]), width, size=size, bold=True)
                return size, [*broken[: lines - 1], last]
            size -= 1

    def _broken(self, text: str, width: float, size: float) -> list[str]:
        self.face(size, bold=True, colour=INK)
        lines = self.multi_cell(width, None, text, dry_run=True, output="LINES", align=Align.L)
        assert isinstance(lines, list)  # noqa: S101  narrows: that is what output="LINES" gives
        return lines

    def clipped(self, text: str, width: float, *, size: float, bold: bool = False) -> str:
        self.face(size, bold=bold, colour=INK)
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(f"{text}…") > width:
            text = text[:-1]
        return f"{text.rstrip()}…"
