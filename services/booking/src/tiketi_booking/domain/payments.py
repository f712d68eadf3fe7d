"""Payments: what a provider is asked, what it answers, and what is kept of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tiketi_shared.ids import EventId, HoldId, OrderId, UserId

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


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """What a provider's webhook says of a payment."""

    payment_id: PaymentId
    outcome: ChargeOutcome


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


SettleOutcome = Literal["unknown", "order", "refund"]
