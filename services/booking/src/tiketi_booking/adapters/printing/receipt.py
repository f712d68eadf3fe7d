"""What was paid for an order and what was given back, on one A4 page and as many as it takes."""

from datetime import tzinfo

from tiketi_booking.adapters.printing.paper import BRAND, GREY, LEFT, LINE, RIGHT, Paper
from tiketi_booking.domain.eticket import Receipt, local_date, money, seat_label

_BOTTOM = 270.0


def render_receipt(receipt: Receipt, zone: tzinfo, fallback_font: str) -> bytes:
    """The document; the same receipt always gives the same bytes."""
    sheet = _Sheet(receipt, zone, fallback_font)
    sheet.write_all()
    return bytes(sheet.output())


class _Sheet(Paper):
    def __init__(self, receipt: Receipt, zone: tzinfo, fallback_font: str) -> None:
        lines = "".join(f"{line.ticket_type}{line.seat}" for line in receipt.lines)
        texts = f"{receipt.event}{receipt.holder}{lines}"
        title = f"{receipt.order_id.upper()} · Tiketi"
        super().__init__(title, texts, receipt.paid_at, fallback_font)
        self.receipt, self.zone = receipt, zone

    def write_all(self) -> None:
        self._page()
        y = self._facts(34)
        y = self._sold(y + 6)
        self._sums(y + 4)

    def _page(self) -> None:
        self.add_page()
        self.masthead("영수증", "Receipt")

    def _facts(self, y: float) -> float:
        receipt = self.receipt
        paid = local_date(receipt.paid_at, self.zone)
        facts = (
            ("주문 번호", "Order no.", receipt.order_id.upper()),
            ("결제일", "Paid on", f"{paid.ko} · {paid.en}"),
            ("이름", "Name", receipt.holder),
            ("결제 수단", "Paid by", receipt.provider),
        )
        size, lines = self.fitted(receipt.event, RIGHT - LEFT, largest=20, smallest=12, lines=2)
        for line in lines:
            self.write_at(LEFT, y, RIGHT - LEFT, line, size=size, bold=True, colour=BRAND)
            y += size * 0.46
        y += 6
        for korean, english, value in facts:
            self.label(LEFT, y, korean, english)
            self.write_at(LEFT + 50, y - 0.6, 130, self.clipped(value, 130, size=11), size=11)
            y += 8
        return y

    def _sold(self, y: float) -> float:
        for line in self.receipt.lines:
            if y > _BOTTOM:
                self._page()
                y = 34
            seat = seat_label(line.seat)
            self._rule(y)
            name = self.clipped(f"{line.ticket_type} · {seat.ko}", 130, size=11)
            self.write_at(LEFT, y + 2.5, 130, name, size=11)
            english = f"{seat.en} · 환불됨 Refunded" if line.refunded else seat.en
            self.write_at(LEFT, y + 8, 130, english, size=8.5, colour=GREY)
            self._amount(y + 2.5, line.price)
            y += 14
        self._rule(y)
        return y

    def _sums(self, y: float) -> None:
        receipt = self.receipt
        rows = [("결제 금액", "Paid", receipt.paid)]
        rows += [
            (f"환불 {at.astimezone(self.zone):%Y-%m-%d}", "Refunded", -amount)
            for at, amount in receipt.refunds
        ]
        rows += [("합계", "Total", receipt.paid - receipt.refunded)] if receipt.refunds else []
        for korean, english, amount in rows:
            if y > _BOTTOM:
                self._page()
                y = 34
            self.write_at(LEFT + 90, y, 60, f"{korean}  {english}", size=10, colour=GREY)
            self._amount(y, amount, bold=True)
            y += 8

    def _amount(self, y: float, amount: int, *, bold: bool = False) -> None:
        text = money(amount, self.receipt.currency)
        self.write_at(RIGHT - 45, y, 45, text, size=11, bold=bold, align="R")

    def _rule(self, y: float) -> None:
        self.set_draw_color(*LINE)
        self.line(LEFT, y, RIGHT, y)
