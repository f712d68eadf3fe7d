"""What leaves the house after a sale (mails, webhooks): when it is tried again, and when given up.

A delivery is `pending` until it is `delivered`; after the last try it is `parked` until someone
retries it by hand. `unsent` is a mail made while no mail server is set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from tiketi_shared.ids import EventId, HoldId, TicketTypeId, UserId
from tiketi_shared.messages import OrderPaid, OrderRefunded

MAIL = "mail"
"""The lane of mails; any other lane is the id of a webhook's endpoint."""

Kind = Literal["mail", "webhook"]
HookEvent = Literal["order_paid", "order_refunded"]
"""What an endpoint can ask to be told of."""

Status = Literal["pending", "delivered", "parked", "unsent"]

PAUSES = (5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200)
"""Seconds after each failed try; a day and half an hour in all, and nine tries."""

_SPREAD = 0.2


class SeatsOffered(msgspec.Struct, frozen=True, tag="seats_offered"):
    """Someone on the waiting list was offered seats; `expires_at` is Unix seconds."""

    event_id: EventId
    user_id: UserId
    hold_id: HoldId
    ticket_type_id: TicketTypeId
    quantity: int
    expires_at: float


class PasswordResetRequested(msgspec.Struct, frozen=True, tag="password_reset_requested"):
    """Somebody asked for a link to choose a new password; it works until `expires_at` (Unix s).

    The link's secret is made when the mail is written, so that no list of deliveries shows it.
    """

    user_id: UserId
    expires_at: float


Message = OrderPaid | OrderRefunded | SeatsOffered | PasswordResetRequested


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to deliver; `attempts` counts this try too."""

    id: str
    lane: str
    message_id: str
    message: Message
    attempts: int
    created_at: datetime

    @property
    def kind(self) -> Kind:
        return "mail" if self.lane == MAIL else "webhook"


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as admins see it; `url` is the webhook's, `message` as it is sent."""

    id: str
    kind: Kind
    url: str | None
    message_id: str
    message: dict[str, Any]
    status: Status
    attempts: int
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a webhook goes; `secret` signs what is sent there."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """An endpoint as admins see it."""

    id: str
    url: str
    events: list[HookEvent]
    created_at: datetime


class NotDelivered(Exception):
    """A try failed; the text says why. `final`: trying again cannot help."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


@dataclass(frozen=True, slots=True)
class Failed:
    """The outcome of a failed try: when the next one is due, None when there is none."""

    next_attempt_at: datetime | None

    @property
    def status(self) -> Status:
        return "parked" if self.next_attempt_at is None else "pending"


def after_failure(attempts: int, now: datetime, chance: float, *, final: bool = False) -> Failed:
    """What follows when try number `attempts` (from 1) has failed.

    `chance` (0 to 1) spreads the pause by a fifth either way, so that what failed together is not
    tried together. `final` says that trying again cannot help.
    """
    if final or attempts > len(PAUSES):
        return Failed(None)
    pause = PAUSES[attempts - 1] * (1 + _SPREAD * (2 * chance - 1))
    return Failed(now + timedelta(seconds=pause))


def lanes_for(message: Message, endpoints: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Who is to get a message: the mail, and each endpoint (id, wanted types) that wants it."""
    type_ = str(message.__struct_config__.tag)
    return [MAIL, *(endpoint for endpoint, wanted in endpoints if type_ in wanted)]


def head_start(message: Message) -> timedelta:
    """Somebody who waits for their mail at the screen overtakes the tickets of a whole sale."""
    return timedelta(days=1) if isinstance(message, PasswordResetRequested) else timedelta()


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
