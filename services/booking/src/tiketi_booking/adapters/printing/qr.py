"""A ticket's code as a QR symbol: SVG for screens, PNG for mails and wallets, modules for print.

Error correction M (15 %) and the four modules of quiet zone that scanners ask for.
"""

import io
from collections.abc import Iterator
from typing import Any

import segno

QUIET = 4
"""Modules of white around the symbol."""


class SegnoQr:
    """Pictures for screens, mails and wallets."""

    def svg(self, code: str) -> bytes:
        """A scalable picture without a size of its own, dark on white whatever the page has."""
        return _written(
            code, kind="svg", border=QUIET, dark="#000", light="#fff", xmldecl=False,
            omitsize=True, title="QR",
        )  # fmt: skip

    def png(self, code: str) -> bytes:
        """490 by 490 pixels, black and white."""
        return _written(code, kind="png", border=QUIET, scale=10)


def qr_modules(code: str) -> Iterator[tuple[int, int, int]]:
    """The dark modules as horizontal runs (column, row, length), without the quiet zone."""
    for y, row in enumerate(_symbol(code).matrix):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                yield x, y, end - x
            x = end + 1


def qr_size(code: str) -> int:
    """Modules along one side, without the quiet zone."""
    return len(_symbol(code).matrix)


def _symbol(code: str) -> segno.QRCode:
    return segno.make_qr(code, error="m", boost_error=False)


def _written(code: str, **options: Any) -> bytes:
    out = io.BytesIO()
    _symbol(code).save(out, **options)
    return out.getvalue()
