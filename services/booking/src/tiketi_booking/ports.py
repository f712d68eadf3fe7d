"""What booking's use cases need from the outside, owned here and implemented in `adapters/`."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from tiketi_booking.domain.accounts import Account, Role
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.holds import HoldOrder
from tiketi_shared.ids import AdmissionId, EventId, HoldId, OrderId, TicketId, UserId
from tiketi_shared.sale import QueueSettings

PaymentId = str
"""An id of `tiketi_shared.ids`; also the provider's idempotency key."""


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """`token` is what the client got from the provider; `amount` is in the smallest unit."""

    payment_id: PaymentId
    token: str
    amount: int
    currency: str
    description: str


@dataclass(frozen=True, slots=True)
class Charged:
    """The money is taken; `reference` is the provider's name for it."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Final: this payment never takes money. `reason` is snake_case, for the client."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The outcome comes later, by webhook or when asked.

    `action` is what the buyer's browser needs to go on (Stripe: the client secret), if anything.
    """

    reference: str
    action: str | None = None


ChargeOutcome = Charged | Declined | Pending


class PaymentProvider(Protocol):
    """Every call is safe to repeat: the payment's id (or the refund's) is the idempotency key.

    Raises ProviderUnavailable when there was no answer; the caller then does not know whether it
    happened and asks again.
    """

    @property
    def name(self) -> str: ...

    async def charge(self, request: ChargeRequest) -> ChargeOutcome: ...

    async def look_up(self, payment_id: PaymentId, reference: str | None) -> ChargeOutcome | None:
        """What became of a charge; None when the provider never saw it, and then never takes it."""
        ...

    async def refund(
        self, refund_id: str, payment_id: PaymentId, reference: str, amount: int, currency: str
    ) -> None:
        """Give back `amount` of a charged payment; returns when the provider has accepted it."""
        ...


Committed = Callable[[], None]
"""Told after every commit that changed an event, its seats or its orders: what this instance knows
is looked at anew when it is next asked for, and the outbox's relay wakes."""


class SettlePayment(Protocol):
    """What a provider's webhook calls with news: makes the order, or frees the way for another
    payment, or gives the money back. Safe to repeat; an unknown payment is ignored.

    Implemented by `usecases.checkout.Till.settle`.
    """

    async def __call__(self, payment_id: PaymentId, outcome: ChargeOutcome) -> None: ...


class Hold(msgspec.Struct, frozen=True):
    """`seats` is empty for general admission; `types` and `prices` have one entry a ticket."""

    id: HoldId
    event_id: EventId
    user_id: UserId
    state: Literal["live", "paid", "released", "expired"]
    seats: list[int]
    types: list[int]
    prices: list[int]
    total: int
    currency: str
    expires_at: datetime


class Decision(msgspec.Struct, frozen=True):
    """What became of one hold order; `seats` of an `unavailable` one are those that were free.

    `again` is the hold that the same Idempotency-Key made before; `later` (general admission)
    means to ask again, when those before it in the batch are decided.
    """

    outcome: Literal[
        "held", "again", "key_reused", "closed", "admission", "limit", "unavailable", "later"
    ]
    hold_id: HoldId
    seats: list[int]
    types: list[int]
    prices: list[int]
    total: int
    expires_at: datetime | None


class HoldStore(Protocol):
    async def take(
        self, event_id: EventId, orders: Sequence[HoldOrder], seconds: float
    ) -> list[Decision]:
        """One decision an order, in the same order. No seat and no user twice."""
        ...

    async def hold(self, hold_id: HoldId, user_id: UserId) -> Hold | None: ...

    async def live(self, event_id: EventId, user_id: UserId) -> Hold | None: ...

    async def release(self, event_id: EventId, hold_id: HoldId) -> bool: ...

    async def expire(self, limit: int) -> int: ...

    async def revoke(self, admissions: Sequence[tuple[AdmissionId, int]]) -> None: ...


@dataclass(frozen=True, slots=True)
class EventPage:
    events: list[Event]
    more: bool


@dataclass(frozen=True, slots=True)
class SeatMap:
    """The document as it is served, compressed by gzip, and its ETag (without quotes)."""

    etag: str
    document: bytes


class CatalogueStore(Protocol):
    async def event(self, event_id: EventId) -> Event: ...

    async def page(
        self, limit: int, after: tuple[datetime, str] | None, since: datetime
    ) -> EventPage: ...

    async def create(self, event: Event, seat_map: SeatMap) -> None: ...

    async def change(self, before: Event, after: Event) -> None: ...

    async def change_queue(self, event_id: EventId, queue: QueueSettings) -> None: ...

    async def seat_map(self, event_id: EventId) -> SeatMap: ...

    async def block(self, event_id: EventId, seats: Sequence[int], *, block: bool) -> list[int]: ...

    async def record_draw(self, event_id: EventId, participants: int) -> int: ...

    async def draw(self, event_id: EventId) -> int: ...


class AccountStore(Protocol):
    async def create(self, account: Account, password_hash: str) -> None:
        """Raises EmailTaken."""
        ...

    async def by_email(self, email: str) -> tuple[Account, str] | None:
        """The account and its password's hash."""
        ...

    async def by_id(self, user_id: UserId) -> Account | None: ...

    async def rehash(self, user_id: UserId, password_hash: str) -> None: ...

    async def change(self, account: Account) -> None: ...

    async def change_role(self, user_id: UserId, role: Role) -> bool: ...

    async def erase(self, user_id: UserId) -> list[str]:
        """Make the account nobody's; the hashes of the sessions that ended."""
        ...

    async def staff(self, limit: int) -> list[Account]: ...

    async def has_admin(self) -> bool: ...

    async def open_session(self, hash_: str, user_id: UserId, seconds: int) -> datetime: ...

    async def session(self, hash_: str) -> tuple[Account, datetime] | None: ...

    async def touch(self, hashes: Sequence[str], seconds: int) -> None: ...

    async def close_sessions(self, hashes: Sequence[str]) -> None: ...

    async def sessions_of(self, user_id: UserId) -> list[str]: ...

    async def failures(self, keys: Sequence[str]) -> dict[str, int]: ...

    async def count_failure(self, keys: Sequence[str], seconds: int) -> None: ...

    async def forget_failures(self, key: str) -> None: ...


class SessionCache(Protocol):
    """Redis; every call returns soon and without an error when it is gone."""

    async def keep(self, hash_: str, account: Account, seconds: int) -> None: ...

    async def drop(self, hashes: Sequence[str]) -> None:
        """Forget them, and tell the gateways to."""
        ...


class Passwords(Protocol):
    """Costly on purpose: whoever uses them takes a turn first."""

    def turn(self) -> AbstractContextManager[None]:
        """For all of a sign-up or a login. Raises TooManyRequests when too many are waiting."""
        ...

    async def hash(self, password: str) -> str: ...

    async def verify(self, hash_: str, password: str) -> bool: ...

    def outdated(self, hash_: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Ticket:
    """`seat` is None for general admission, `type` the ticket type's number."""

    id: TicketId
    type: int
    seat: int | None
    price: int
    state: Literal["valid", "used", "refunded"]


@dataclass(frozen=True, slots=True)
class Order:
    id: OrderId
    event_id: EventId
    user_id: UserId
    status: Literal["paid", "partly_refunded", "refunded"]
    total: int
    refunded: int
    currency: str
    created_at: datetime
    tickets: list[Ticket]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order in an organiser's list; `tickets` is how many."""

    id: OrderId
    user_id: UserId
    email: str
    name: str
    status: str
    total: int
    refunded: int
    currency: str
    created_at: datetime
    tickets: int


@dataclass(frozen=True, slots=True)
class Payment:
    id: PaymentId
    hold_id: HoldId
    order_id: OrderId
    event_id: EventId
    user_id: UserId
    provider: str
    amount: int
    currency: str
    status: Literal["started", "pending", "charged", "declined"]
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """`begun`: the provider can be asked. `under_way`, `paid`: the payment that there is."""

    outcome: Literal["unknown", "expired", "under_way", "paid", "begun"]
    payment_id: PaymentId
    order_id: OrderId
    event_id: EventId
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class PaymentToCheck:
    id: PaymentId
    provider: str
    reference: str | None
    status: Literal["started", "pending"]


@dataclass(frozen=True, slots=True)
class RefundDue:
    id: str
    payment_id: PaymentId
    provider: str
    reference: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """So many tickets of a type in a state, worth `amount` together."""

    type: int
    state: Literal["valid", "used", "refunded"]
    tickets: int
    amount: int


@dataclass(frozen=True, slots=True)
class SoldTicket:
    id: TicketId
    order_id: OrderId
    sold_at: datetime
    email: str
    name: str
    type: int
    seat: int | None
    price: int
    currency: str
    state: Literal["valid", "used", "refunded"]


SettleOutcome = Literal["unknown", "order", "refund"]
RefundOutcome = Literal["unknown", "used", "nothing", "refunded"]


class OrderStore(Protocol):
    """Each method that changes something is one transaction and safe to repeat."""

    async def begin(  # noqa: PLR0913  what a payment begins with
        self,
        hold_id: HoldId,
        user_id: UserId,
        provider: str,
        token: str,
        *,
        cap: float,
        check_after: float,
    ) -> Begun: ...

    async def settle(self, payment_id: PaymentId, reference: str) -> SettleOutcome: ...

    async def decline(self, payment_id: PaymentId, reason: str) -> bool: ...

    async def pend(self, payment_id: PaymentId, reference: str, check_after: float) -> None: ...

    async def to_check(self, limit: int) -> list[PaymentToCheck]:
        """Payments of unknown outcome whose time has come; each is given to one caller."""
        ...

    async def refund(
        self, order_id: OrderId, tickets: Sequence[TicketId] | None, reason: str, *, forced: bool
    ) -> tuple[RefundOutcome, str]:
        """The outcome, and the refund's id."""
        ...

    async def refunds_due(self, limit: int, refund_id: str | None = None) -> list[RefundDue]: ...

    async def refund_done(self, refund_id: str) -> None: ...

    async def cancelled_orders(self, limit: int) -> list[OrderId]: ...

    async def order(self, order_id: OrderId, user_id: UserId | None = None) -> Order | None: ...

    async def payment(self, order_id: OrderId, user_id: UserId) -> Payment | None: ...

    async def orders_of(
        self, user_id: UserId, limit: int, before: OrderId | None
    ) -> list[Order]: ...

    async def orders_of_event(
        self, event_id: EventId, limit: int, before: OrderId | None
    ) -> list[OrderLine]: ...

    async def report(self, event_id: EventId) -> list[ReportRow]: ...

    async def by_hour(self, event_id: EventId) -> list[tuple[datetime, int, int]]: ...

    async def sold_last_hour(self, events: Sequence[EventId]) -> dict[EventId, int]: ...

    def export(self, event_id: EventId) -> AsyncIterator[SoldTicket]:
        """Every ticket of the event, refunded ones too."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """The first answer given for an Idempotency-Key."""

    status: int
    body: bytes


class IdempotencyStore(Protocol):
    """Keys and requests are digests of `domain.idempotency`."""

    async def begin(self, key: bytes, request: bytes) -> Answered | None:
        """None when this caller is the first. Raises KeyReused, StillRunning."""
        ...

    async def finish(self, key: bytes, answer: Answered) -> None: ...

    async def abandon(self, key: bytes) -> None:
        """Nothing was done: the next one with this key is the first."""
        ...
