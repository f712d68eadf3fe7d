"""Writes the mail that a message asks for: tickets, a refund, an offer, a new password's link."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from tiketi_booking.domain.deliveries import Message, PasswordResetRequested
from tiketi_booking.domain.eticket import order_page
from tiketi_booking.domain.eticket_calendar import calendar
from tiketi_booking.domain.mails import (
    Attachment,
    Mail,
    Refund,
    WaitingOffer,
    offer_mail,
    password_reset_mail,
    refund_mail,
    ticket_mail,
)
from tiketi_booking.ports import EventSource, Printer, Recipients, TicketShelf
from tiketi_shared.ids import UserId
from tiketi_shared.messages import OrderPaid, OrderRefunded


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWriter:
    """`zone` is where the events are, `public_url` where people reach Tiketi, `new_secret` makes
    the secret of a link to a new password (None when the link has ended)."""

    shelf: TicketShelf
    printer: Printer
    events: EventSource
    recipients: Recipients
    new_secret: Callable[[UserId, datetime], Awaitable[str | None]]
    zone: tzinfo
    public_url: str

    async def write(self, message: Message) -> Mail | None:
        """None when the recipient or the tickets no longer exist."""
        to = await self.recipients.email(message.user_id)
        if to is None:
            return None
        if isinstance(message, OrderPaid):
            return await self._tickets(to, message)
        if isinstance(message, PasswordResetRequested):
            return await self._password_reset(to, message)
        event = await self.events.event(message.event_id)
        if isinstance(message, OrderRefunded):
            refund = Refund(
                event.name, message.order_id, message.total, message.currency, message.tickets
            )
            return refund_mail(to, refund, order_page(self.public_url, message.order_id))
        offer = WaitingOffer(
            event.name,
            event.type_ids[message.ticket_type_id].name,
            message.quantity,
            datetime.fromtimestamp(message.expires_at, self.zone),
        )
        hold_page = f"{self.public_url.rstrip('/')}/holds/{message.hold_id}"
        return offer_mail(to, offer, self.zone, hold_page)

    async def _password_reset(self, to: str, message: PasswordResetRequested) -> Mail | None:
        expires_at = datetime.fromtimestamp(message.expires_at, UTC)
        secret = await self.new_secret(message.user_id, expires_at)
        if secret is None:
            return None
        page = f"{self.public_url.rstrip('/')}/reset-password#{secret}"
        return password_reset_mail(to, expires_at, self.zone, page)

    async def _tickets(self, to: str, message: OrderPaid) -> Mail | None:
        order = await self.shelf.eticket(message.order_id, None)
        if order is None:
            return None
        url = order_page(self.public_url, order.order_id)
        attached = (
            Attachment("tickets.pdf", "application/pdf", await self.printer.pdf(order)),
            Attachment("event.ics", "text/calendar", calendar(order, url)),
        )
        return ticket_mail(to, order, self.zone, url, attached)
