"""An order's tickets for their buyer: as QR codes, as a PDF and as a calendar entry."""

from dataclasses import dataclass

from tiketi_booking.domain.eticket import ETicket, order_page
from tiketi_booking.domain.eticket_calendar import calendar
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_booking.ports import Printer, QrPictures, TicketShelf
from tiketi_shared.errors import NotFound
from tiketi_shared.ids import OrderId, TicketId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """Of the user's own orders. Raises NotFound for another's, and for tickets that were refunded.

    `public_url` is where people reach Tiketi.
    """

    shelf: TicketShelf
    codes: TicketCodes
    printer: Printer
    qr: QrPictures
    public_url: str

    async def svg(self, ticket_id: TicketId, user_id: UserId) -> bytes:
        return self.qr.svg(await self._code(ticket_id, user_id))

    async def png(self, ticket_id: TicketId, user_id: UserId) -> bytes:
        return self.qr.png(await self._code(ticket_id, user_id))

    async def pdf(self, order_id: OrderId, user_id: UserId) -> bytes:
        return await self.printer.pdf(await self._eticket(order_id, user_id))

    async def receipt(self, order_id: OrderId, user_id: UserId) -> bytes:
        """Also for an order whose tickets are all refunded."""
        receipt = await self.shelf.receipt(order_id, user_id)
        if receipt is None:
            raise NotFound("you have no such order")
        return await self.printer.receipt(receipt)

    async def calendar(self, order_id: OrderId, user_id: UserId) -> bytes:
        order = await self._eticket(order_id, user_id)
        return calendar(order, order_page(self.public_url, order_id))

    async def _code(self, ticket_id: TicketId, user_id: UserId) -> str:
        event_id = await self.shelf.ticket_event(ticket_id, user_id)
        if event_id is None:
            raise NotFound("you have no such ticket")
        return self.codes.make(event_id, ticket_id)

    async def _eticket(self, order_id: OrderId, user_id: UserId) -> ETicket:
        order = await self.shelf.eticket(order_id, user_id)
        if order is None:
            raise NotFound("you have no such order")
        return order
