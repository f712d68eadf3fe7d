"""What booking's use cases need from the outside, owned here and implemented in `adapters/`."""

from dataclasses import dataclass
from typing import Protocol

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


class SettlePayment(Protocol):
    """What a provider's webhook calls with news: makes the order, or frees the way for another
    payment, or gives the money back. Safe to repeat; an unknown payment is ignored.

    Implemented by `usecases.checkout.Till.settle`.
    """

    async def __call__(self, payment_id: PaymentId, outcome: ChargeOutcome) -> None: ...
