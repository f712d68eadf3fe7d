"""What booking's use cases need from the outside, owned here and implemented in `adapters/`.

Every store raises Unavailable when it cannot be asked.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, Protocol

from tiketi_booking.domain.accounts import Account, Role, UsedReset
from tiketi_booking.domain.availability import Availability
from tiketi_booking.domain.catalogue import Event, EventPage, SeatMap
from tiketi_booking.domain.changes import Changes
from tiketi_booking.domain.counters import Counters
from tiketi_booking.domain.deliveries import (
    Delivery,
    DeliveryRecord,
    Endpoint,
    EndpointRecord,
    Failed,
    HookEvent,
    Message,
    Status,
)
from tiketi_booking.domain.door import Irregular, Scanner, SpentTickets, TicketFacts
from tiketi_booking.domain.eticket import ETicket, Receipt
from tiketi_booking.domain.holds import Decision, Hold, HoldOrder
from tiketi_booking.domain.idempotency import Answered
from tiketi_booking.domain.mails import Mail
from tiketi_booking.domain.orders import Order, OrderRow, RefundOutcome, ReportRow, SoldTicket
from tiketi_booking.domain.payments import (
    Begun,
    ChargeOutcome,
    ChargeRequest,
    Payment,
    PaymentId,
    PaymentNews,
    PaymentToCheck,
    RefundDue,
    SettleOutcome,
)
from tiketi_booking.domain.ticket_codes import TicketCode
from tiketi_booking.domain.waiting_list import Offer, Place, Waiter
from tiketi_booking.domain.wishes import Grant, Wish
from tiketi_shared.ids import AdmissionId, EventId, HoldId, OrderId, TicketId, TicketTypeId, UserId


class Committed(Protocol):
    """Called after every commit that changed an event, its seats or its orders: what this instance
    knows is looked at anew when it is next asked for, and the outbox's relay wakes."""

    def __call__(self) -> None: ...


# --- accounts


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

    async def change_role(self, user_id: UserId, role: Role) -> bool:
        """False for an account that is not there. Raises LastAdmin."""
        ...

    async def erase(self, user_id: UserId) -> list[str]:
        """Make the account nobody's; the hashes of the sessions that ended. Raises LastAdmin."""
        ...

    async def staff(self, limit: int) -> list[Account]: ...

    async def has_admin(self) -> bool: ...

    async def open_session(self, hash_: str, user_id: UserId, seconds: int) -> datetime: ...

    async def session(self, hash_: str) -> tuple[Account, datetime] | None: ...

    async def touch(self, hashes: Sequence[str], seconds: int) -> list[str]:
        """Those sessions end `seconds` from now. Returns those that were extended: not the ended
        ones, nor those whose end would hardly move."""
        ...

    async def close_sessions(self, hashes: Sequence[str]) -> None: ...

    async def sessions_of(self, user_id: UserId) -> list[str]: ...

    async def failures(self, keys: Sequence[str]) -> dict[str, int]: ...

    async def count_failure(self, keys: Sequence[str], seconds: int) -> None: ...

    async def forget_failures(self, key: str) -> None: ...


class ResetStore(Protocol):
    """Links to a new password, by the hashes of their secrets."""

    async def add(self, secret_hash: str, user_id: UserId, expires_at: datetime) -> None:
        """Ended links are deleted on the way."""
        ...

    async def owner(self, secret_hash: str) -> UserId | None:
        """None for a link that was used, has ended or never was."""
        ...

    async def use(self, secret_hash: str, password_hash: str) -> UsedReset | None:
        """In one transaction: set the password, delete the sessions and links of the account.
        None as for `owner`."""
        ...


class SessionCache(Protocol):
    """Redis; every call returns soon and without an error when it is gone."""

    async def keep(self, hash_: str, account: Account, seconds: int) -> None: ...

    async def extend(self, hashes: Sequence[str], seconds: int) -> None: ...

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


# --- events


class CatalogueStore(Protocol):
    async def event(self, event_id: EventId) -> Event: ...

    async def page(
        self, limit: int, after: tuple[datetime, str] | None, since: datetime
    ) -> EventPage: ...

    async def all(self, limit: int, before: tuple[datetime, str] | None) -> EventPage: ...

    async def create(self, event: Event, seat_map: SeatMap) -> None: ...

    async def change(self, event_id: EventId, plan: Callable[[Event], Changes]) -> None:
        """Writes what `plan` says for the event as it is now. Nobody else changes it meanwhile.

        Raises NotFound, SeatsTaken, and what `plan` raises; nothing is written then.
        """
        ...

    async def seat_map(self, event_id: EventId) -> SeatMap: ...

    async def block(self, event_id: EventId, seats: Sequence[int], *, block: bool) -> list[int]: ...

    async def record_draw(self, event_id: EventId, participants: int) -> int: ...

    async def draw(self, event_id: EventId) -> int: ...


class EventSource(Protocol):
    async def event(self, event_id: EventId) -> Event:
        """Raises NotFound."""
        ...


class SeatSource(Protocol):
    async def picture(self, event_id: EventId) -> Availability:
        """The seats as last known here; not to be changed. Raises NotFound."""
        ...


class SalesWatch(SeatSource, Protocol):
    """What this instance knows of all current sales without asking for each."""

    async def counters(self) -> dict[EventId, Counters]: ...

    async def known_counters(self) -> dict[EventId, Counters]:
        """As `counters`, but old ones where the store does not answer."""
        ...


# --- holds and orders


class HoldStore(Protocol):
    async def take(
        self, event_id: EventId, orders: Sequence[HoldOrder], seconds: float
    ) -> list[Decision]:
        """One decision an order, in the same order. No seat that is claimed and no user twice."""
        ...

    async def wish(
        self, event_id: EventId, order: HoldOrder, ticket_type: int, seconds: float
    ) -> Hold | None:
        """Notes what was asked and refused, for `seconds`; the hold that was made for the same wish
        meanwhile, if there is one."""
        ...

    async def hold(self, hold_id: HoldId, user_id: UserId) -> Hold | None: ...

    async def live_of(self, user_id: UserId) -> list[Hold]:
        """Their holds that have not ended, of all events, the one that ends first before others."""
        ...

    async def live(self, event_id: EventId, user_id: UserId) -> Hold | None: ...

    async def release(self, event_id: EventId, hold_id: HoldId) -> bool: ...

    async def expire(self, limit: int) -> int: ...

    async def revoke(self, admissions: Sequence[tuple[AdmissionId, int]]) -> None: ...


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
    ) -> list[OrderRow]: ...

    async def report(self, event_id: EventId) -> list[ReportRow]: ...

    async def by_hour(self, event_id: EventId) -> list[tuple[datetime, int, int]]: ...

    async def sold_last_hour(self, events: Sequence[EventId]) -> dict[EventId, int]: ...

    def export(self, event_id: EventId) -> AsyncIterator[SoldTicket]:
        """Every ticket of the event, refunded ones too."""
        ...


class IdempotencyStore(Protocol):
    """Keys and requests are digests of `domain.idempotency`."""

    async def begin(self, key: bytes, request: bytes) -> Answered | None:
        """None when this caller is the first. Raises KeyReused, StillRunning."""
        ...

    async def finish(self, key: bytes, answer: Answered) -> None: ...

    async def abandon(self, key: bytes) -> None:
        """Nothing was done: the next one with this key is the first."""
        ...


# --- payments


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


class NewsSource(Protocol):
    """A provider that sends webhooks."""

    @property
    def name(self) -> str: ...

    async def news(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        """What a webhook says; None when it is about nothing of ours. Raises BadSignature."""
        ...


class SettlePayment(Protocol):
    """What a provider's webhook calls with news: makes the order, or frees the way for another
    payment, or gives the money back. Safe to repeat; an unknown payment is ignored.

    Implemented by `usecases.checkout.Checkout.settle`.
    """

    async def __call__(self, payment_id: PaymentId, outcome: ChargeOutcome) -> None: ...


# --- tickets and the door


class TicketStore(Protocol):
    async def eticket(self, order_id: OrderId, user_id: UserId | None) -> ETicket | None:
        """An order's tickets that still hold, if it is of `user_id` (None: whoever's)."""
        ...

    async def receipt(self, order_id: OrderId, user_id: UserId) -> Receipt | None:
        """Of the user's own order, tickets given back included."""
        ...

    async def ticket_event(self, ticket_id: TicketId, user_id: UserId) -> EventId | None:
        """The event of a ticket of this user that still holds."""
        ...


class Printer(Protocol):
    """Raises Unavailable when too much is being printed already."""

    async def pdf(self, order: ETicket) -> bytes: ...

    async def receipt(self, receipt: Receipt) -> bytes: ...


class QrPictures(Protocol):
    """A ticket's code as a QR symbol."""

    def svg(self, code: str) -> bytes: ...

    def png(self, code: str) -> bytes: ...


class CheckinStore(Protocol):
    """What doors do to tickets."""

    async def use(self, code: TicketCode, door: Scanner) -> bool:
        """Marks the ticket used if it is valid, and only then says True; atomic, recorded."""
        ...

    async def facts(self, code: TicketCode) -> TicketFacts | None: ...

    async def note(
        self, code: TicketCode, door: Scanner, outcome: Literal["double", "cancelled"]
    ) -> None:
        """Records what a door did offline; the same scan is recorded once."""
        ...

    async def spent(self, event_id: EventId) -> SpentTickets: ...

    async def irregular(self, event_id: EventId, after: int, limit: int) -> list[Irregular]:
        """The oldest first, from the `after`-th on."""
        ...


# --- the waiting list


class WaitingListStore(Protocol):
    async def join(
        self, event_id: EventId, user_id: UserId, ticket_type: int | None, quantity: int
    ) -> bool:
        """False when the user is on the list already, which then stays as it is."""
        ...

    async def place(self, event_id: EventId, user_id: UserId) -> Place | None:
        """The user's last entry."""
        ...

    async def leave(self, event_id: EventId, user_id: UserId) -> bool:
        """Gives up the place, or the offer with its seats; False when there was none. Raises
        PaymentUnderWay for an offer that is being paid for, NotWaiting for one that was."""
        ...

    async def settle(self) -> None:
        """Marks the offers that have ended with what became of them."""
        ...

    async def events(self) -> list[EventId]:
        """Events on sale where someone waits, nobody waits in the line, and something is free."""
        ...

    async def waiters(
        self, event: Event, free: Mapping[TicketTypeId, int], after: int, limit: int
    ) -> list[Waiter]:
        """Those after the place `after` for whom so much would do, in the order of the list."""
        ...

    async def offer(self, event: Event, offer: Offer, seats: Sequence[int], seconds: float) -> bool:
        """Holds `seats` (none: general admission) for the waiter and lets them know, all or
        nothing; False when somebody was faster, on the list or for the seats."""
        ...

    async def line_told(self, waiting: Mapping[EventId, int]) -> None: ...


class WishStore(Protocol):
    async def events(self) -> list[EventId]:
        """Events on sale where something is wished for and something is free."""
        ...

    async def wishes(self, event_id: EventId, limit: int) -> list[Wish]:
        """In the order of the line."""
        ...

    async def grant(self, event_id: EventId, grant: Grant, seconds: float) -> bool:
        """Holds what was wished for and tells the person, all or nothing; False when that is not
        wished for any more, or somebody was faster."""
        ...


# --- deliveries


class Recipients(Protocol):
    async def email(self, user_id: UserId) -> str | None:
        """Where the user reads mail; None for one who is gone."""
        ...


class DeliveryStore(Protocol):
    async def take_in(self, message_id: str, message: Message) -> int:
        """Makes the deliveries of a message; how many are new (0 for a repeat)."""
        ...

    async def due(self) -> list[str]:
        """Lanes with something to do now."""
        ...

    async def claim(self, lane: str, limit: int) -> list[Delivery]:
        """Takes what is due, for three minutes: whoever crashes with it leaves it to the next."""
        ...

    async def done(self, delivery_id: str, status: Status, why: str | None) -> None:
        """`delivered`, or one of the ends that leave something for a person to look at."""
        ...

    async def failed(self, delivery_id: str, outcome: Failed, why: str) -> None: ...

    async def endpoint(self, lane: str) -> Endpoint | None:
        """None when it has been removed."""
        ...

    async def page(
        self, status: str | None, before: str | None, limit: int
    ) -> list[DeliveryRecord]:
        """The newest first."""
        ...

    async def retry(self, delivery_id: str) -> bool:
        """Starts the tries of one that was given up anew; False when there is none such."""
        ...

    async def tidy(self) -> dict[str, int]:
        """Forgets what was delivered a month ago; how many are not delivered, by status."""
        ...


class EndpointStore(Protocol):
    """Where webhooks go."""

    async def add_endpoint(
        self, url: str, events: list[HookEvent], secret: str, by: UserId
    ) -> EndpointRecord: ...

    async def endpoints(self) -> list[EndpointRecord]: ...

    async def remove_endpoint(self, endpoint_id: str) -> bool: ...


class Mailer(Protocol):
    async def send(self, mail: Mail, delivery_id: str) -> None:
        """Raises NotDelivered."""
        ...


class Hooks(Protocol):
    async def send(self, url: str, secret: str, delivery_id: str, body: bytes) -> None:
        """Raises NotDelivered."""
        ...
