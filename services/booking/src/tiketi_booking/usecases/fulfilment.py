"""After a sale: the tickets are mailed, and those who asked by webhook are told.

A message from the broker becomes one delivery for each who is to get it, in one transaction; a
message that comes again finds them made. Then each lane (the mail, each webhook endpoint) works
through its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

import msgspec

from tiketi_booking import metrics
from tiketi_booking.domain.deliveries import Failed, NotDelivered, Status, after_failure
from tiketi_booking.domain.eticket_calendar import calendar
from tiketi_booking.domain.mails import (
    Attachment,
    Mail,
    Refund,
    WaitingOffer,
    offer_mail,
    refund_mail,
    ticket_mail,
)
from tiketi_booking.usecases.tickets import EventSource, Printer, TicketShelf
from tiketi_shared.ids import EventId, HoldId, TicketTypeId, UserId
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import OrderPaid, OrderRefunded

MAIL = "mail"
"""The lane of mails; any other lane is the id of a webhook's endpoint."""


class SeatsOffered(msgspec.Struct, frozen=True, tag="seats_offered"):
    """Someone on the waiting list was offered seats; `expires_at` is Unix seconds."""

    event_id: EventId
    user_id: UserId
    hold_id: HoldId
    ticket_type_id: TicketTypeId
    quantity: int
    expires_at: float


log = get_logger(__name__)

Message = OrderPaid | OrderRefunded | SeatsOffered


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to deliver; `attempts` counts this try too."""

    id: str
    lane: str
    message_id: str
    message: Message
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str
    secret: str


class Recipients(Protocol):
    async def email(self, user_id: UserId) -> str | None:
        """Where the user reads mail; None for one who is gone."""
        ...


class Deliveries(Protocol):
    async def due(self) -> list[str]:
        """Lanes with something to do now."""
        ...

    async def claim(self, lane: str, limit: int) -> list[Delivery]:
        """Takes what is due, for three minutes: whoever crashes with it leaves it to the next."""
        ...

    async def endpoint(self, lane: str) -> Endpoint | None:
        """None when it has been removed."""
        ...

    async def done(self, delivery_id: str, status: Status, why: str | None) -> None:
        """`delivered`, or one of the ends that leave something for a person to look at."""
        ...

    async def failed(self, delivery_id: str, outcome: Failed, why: str) -> None: ...


class Mailer(Protocol):
    async def send(self, mail: Mail, delivery_id: str) -> None:
        """Raises NotDelivered."""
        ...


class Hooks(Protocol):
    async def send(self, url: str, secret: str, delivery_id: str, body: bytes) -> None:
        """Raises NotDelivered."""
        ...


class MailWriter:
    """Writes the mail that a message asks for."""

    def __init__(  # noqa: PLR0913  what a letter is made of
        self,
        *,
        shelf: TicketShelf,
        printer: Printer,
        events: EventSource,
        recipients: Recipients,
        zone: tzinfo,
        public_url: str,
    ) -> None:
        self._shelf, self._printer, self._events = shelf, printer, events
        self._recipients, self._zone, self._url = recipients, zone, public_url.rstrip("/")

    async def write(self, message: Message) -> Mail | None:
        """None when there is nobody, or nothing left, to write about."""
        to = await self._recipients.email(message.user_id)
        if to is None:
            return None
        if isinstance(message, OrderPaid):
            return await self._tickets(to, message)
        event = await self._events.event(message.event_id)
        if isinstance(message, OrderRefunded):
            refund = Refund(
                event.name, message.order_id, message.total, message.currency, message.tickets
            )
            return refund_mail(to, refund, self._order_url(message.order_id))
        offer = WaitingOffer(
            event.name,
            event.type_ids[message.ticket_type_id].name,
            message.quantity,
            datetime.fromtimestamp(message.expires_at, self._zone),
        )
        return offer_mail(to, offer, self._zone, f"{self._url}/holds/{message.hold_id}")

    async def _tickets(self, to: str, message: OrderPaid) -> Mail | None:
        order = await self._shelf.eticket(message.order_id, None)
        if order is None:
            return None
        url = self._order_url(order.order_id)
        attached = (
            Attachment("tickets.pdf", "application/pdf", await self._printer.pdf(order)),
            Attachment("event.ics", "text/calendar", calendar(order, url)),
        )
        return ticket_mail(to, order, self._zone, url, attached)

    def _order_url(self, order_id: str) -> str:
        return f"{self._url}/orders/{order_id}"


class Courier:
    """Delivers what is due in a lane."""

    def __init__(
        self, deliveries: Deliveries, writer: MailWriter, mailer: Mailer | None, hooks: Hooks
    ) -> None:
        """Without a mailer mails are kept, unsent."""
        self._deliveries, self._writer, self._hooks = deliveries, writer, hooks
        self._mailer = mailer

    async def try_once(self, delivery: Delivery, now: datetime, chance: float) -> None:
        """One try, and its outcome recorded; `chance` as for `after_failure`.

        Raises Unavailable when the outcome could not be recorded: the try is repeated later.
        """
        try:
            if delivery.lane == MAIL:
                status, why = await self._mail(delivery)
            else:
                status, why = await self._hook(delivery)
        except NotDelivered as error:
            outcome = after_failure(delivery.attempts, now, chance, final=error.final)
            await self._failed(delivery, outcome, str(error))
        except Exception as error:
            log.warning("a delivery could not be made", delivery_id=delivery.id, exc_info=True)
            await self._failed(delivery, after_failure(delivery.attempts, now, chance), repr(error))
        else:
            metrics.DELIVERIES.labels(_kind(delivery), status).inc()
            await self._deliveries.done(delivery.id, status, why)

    async def _failed(self, delivery: Delivery, outcome: Failed, why: str) -> None:
        counted = "failed" if outcome.status == "pending" else "parked"
        metrics.DELIVERIES.labels(_kind(delivery), counted).inc()
        await self._deliveries.failed(delivery.id, outcome, why)

    async def _mail(self, delivery: Delivery) -> tuple[Status, str | None]:
        if self._mailer is None:
            return "unsent", "no mail server is set (SMTP_URL)"
        mail = await self._writer.write(delivery.message)
        if mail is None:
            return "delivered", "nobody or nothing left to write about"
        await self._mailer.send(mail, delivery.id)
        return "delivered", None

    async def _hook(self, delivery: Delivery) -> tuple[Status, str | None]:
        endpoint = await self._deliveries.endpoint(delivery.lane)
        if endpoint is None:
            return "parked", "the endpoint was removed"
        body = hook_body(delivery)
        await self._hooks.send(endpoint.url, endpoint.secret, delivery.id, body)
        return "delivered", None


def _kind(delivery: Delivery) -> str:
    return MAIL if delivery.lane == MAIL else "webhook"


def hook_body(delivery: Delivery) -> bytes:
    """`{id, type, created_at, data}`; the same at every try."""
    data = msgspec.to_builtins(delivery.message)
    return msgspec.json.encode(
        {
            "id": delivery.message_id,
            "type": data.pop("type"),
            "created_at": delivery.created_at,
            "data": data,
        }
    )


def lanes_for(message: Message, endpoints: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Who is to get a message: the mail, and each endpoint (id, wanted types) that wants it."""
    type_ = str(message.__struct_config__.tag)
    return [MAIL, *(endpoint for endpoint, wanted in endpoints if type_ in wanted)]
