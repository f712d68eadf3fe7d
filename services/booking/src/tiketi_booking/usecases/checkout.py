"""Paying for a hold, and giving money back.

The steps of a checkout: the payment is recorded and its hold kept (one transaction); the provider
is asked, outside of any transaction; then order, tickets, seats and message are one transaction. A
crash between any two of them leaves a payment `started` or `pending`, which `recover` takes up: it
asks the provider what became of it. Charges are idempotent by the payment's id, so nobody pays
twice; money without seats goes back by a refund that is recorded with the outcome and tried until
the provider accepts it.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tiketi_booking import metrics
from tiketi_booking.domain.orders import Order
from tiketi_booking.domain.payments import (
    Begun,
    Charged,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    Payment,
    PaymentId,
    PaymentToCheck,
    Pending,
    RefundDue,
)
from tiketi_booking.domain.till import TillHealth
from tiketi_booking.errors import (
    AlreadyRefunded,
    HoldExpired,
    PaymentDeclined,
    ProviderUnavailable,
    RefundClosed,
    SeatsUnavailable,
    TicketUsed,
)
from tiketi_booking.ports import Committed, OrderStore, PaymentProvider
from tiketi_booking.usecases.catalogue import Catalogue
from tiketi_shared.errors import Invalid, NotFound, TiketiError
from tiketi_shared.ids import HoldId, OrderId, TicketId, UserId
from tiketi_shared.logs import get_logger

CHECK_AFTER_SECONDS = 30.0
"""A payment that has no outcome by then is looked up; longer than any provider is waited for."""

CHARGE_SECONDS = 20.0
RECOVERED_AT_ONCE = 20
FREE = "free"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Paid:
    order: Order


@dataclass(frozen=True, slots=True)
class Waiting:
    """The provider answers later; `action` is what the buyer's browser needs to go on."""

    payment: Payment
    action: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """A payment under way keeps its hold up to `cap` seconds from the hold's beginning."""

    store: OrderStore
    catalogue: Catalogue
    providers: Mapping[str, PaymentProvider]
    health: TillHealth
    committed: Committed
    cap: float
    charge_seconds: float = CHARGE_SECONDS
    check_after: float = CHECK_AFTER_SECONDS

    async def check_out(
        self, hold_id: HoldId, user_id: UserId, provider: str, token: str
    ) -> Paid | Waiting:
        """Pay for a hold; a paid one gives its order again.

        Raises NotFound, Invalid, HoldExpired, PaymentDeclined, ProviderUnavailable (the outcome is
        not known: asking again is safe), SeatsUnavailable (too late; the money goes back).
        """
        if provider not in self.providers:
            raise Invalid(
                errors={"payment.provider": f"must be {' or '.join(sorted(self.providers))}"}
            )
        started, outcome = time.perf_counter(), "error"
        try:
            result = await self._check_out(hold_id, user_id, provider, token)
            outcome = "paid" if isinstance(result, Paid) else "pending"
        except ProviderUnavailable:
            raise
        except TiketiError as error:
            outcome = error.code
            raise
        else:
            return result
        finally:
            now = time.perf_counter()
            self.health.checkout(now, now - started, failed=outcome in ("error", "unavailable"))
            metrics.CHECKOUTS.labels(provider, outcome).inc()
            metrics.CHECKOUT_SECONDS.labels(provider).observe(now - started)

    async def settle(self, payment_id: PaymentId, outcome: ChargeOutcome) -> None:
        """News from a provider about a payment. Safe to repeat, in any order."""
        match outcome:
            case Charged(reference):
                settled = await self.store.settle(payment_id, reference)
                self.committed()
                if settled == "refund":
                    await self.pay_back()
            case Declined(reason):
                await self.store.decline(payment_id, reason)
            case Pending(reference):
                await self.store.pend(payment_id, reference, self.check_after)

    async def recover(self) -> int:
        """Take up payments that nobody finished; how many were looked at."""
        due = await self.store.to_check(RECOVERED_AT_ONCE)
        await asyncio.gather(*map(self._look_up, due))
        return len(due)

    async def pay_back(self, refund_id: str | None = None) -> int:
        """Ask providers for the refunds that are due (or that one); how many were asked for."""
        due = await self.store.refunds_due(RECOVERED_AT_ONCE, refund_id)
        await asyncio.gather(*map(self._pay_back, due))
        return len(due)

    async def refund_cancelled(self) -> int:
        """Give back the orders of cancelled events, some at a time."""
        orders = await self.store.cancelled_orders(RECOVERED_AT_ONCE)
        for order_id in orders:
            await self.store.refund(order_id, None, "event_cancelled", forced=True)
            self.committed()
        return len(orders)

    async def refund(
        self, order_id: OrderId, user_id: UserId | None, tickets: list[TicketId] | None,
        reason: str, now: float,
    ) -> Order:  # fmt: skip
        """Give back an order, or some of its tickets; the seats are on sale again. A buyer may
        until the event starts, an organiser (`user_id` None) always, used tickets included.

        Raises NotFound, AlreadyRefunded, TicketUsed, RefundClosed.
        """
        order = await self.order(order_id, user_id)
        event = await self.catalogue.event(order.event_id)
        if user_id is not None and now >= event.starts_at.timestamp():
            raise RefundClosed("tickets can be refunded until the event begins")
        if tickets is not None and not set(tickets) <= {ticket.id for ticket in order.tickets}:
            raise NotFound("this order has no such ticket")
        outcome, refund_id = await self.store.refund(
            order_id, tickets, reason or "requested", forced=user_id is None
        )
        if outcome == "used":
            raise TicketUsed("a used ticket cannot be refunded")
        if outcome != "refunded":
            raise AlreadyRefunded("this order or ticket is already refunded")
        self.committed()
        await self.pay_back(refund_id)
        return await self.order(order_id, user_id)

    async def order(self, order_id: OrderId, user_id: UserId | None) -> Order:
        """Raises NotFound for an order of another user."""
        order = await self.store.order(order_id, user_id)
        if order is None:
            raise NotFound("no such order")
        return order

    async def order_or_payment(self, order_id: OrderId, user_id: UserId) -> Order | Payment:
        """The order, or the payment that it will come from. Raises NotFound."""
        order = await self.store.order(order_id, user_id)
        if order is not None:
            return order
        payment = await self.store.payment(order_id, user_id)
        if payment is None:
            raise NotFound("no such order")
        if payment.status == "charged":  # perhaps since the first look
            order = await self.store.order(order_id, user_id)
        return order or payment

    async def orders(
        self, user_id: UserId, limit: int, before: OrderId | None
    ) -> tuple[list[Order], OrderId | None]:
        """A page of the user's orders, the latest first, and the cursor of the next page."""
        orders = await self.store.orders_of(user_id, limit + 1, before)
        return orders[:limit], orders[limit - 1].id if len(orders) > limit else None

    async def _check_out(
        self, hold_id: HoldId, user_id: UserId, provider: str, token: str
    ) -> Paid | Waiting:
        begun = await self.store.begin(
            hold_id, user_id, provider, token, cap=self.cap, check_after=self.check_after
        )
        if begun.outcome == "unknown":
            raise NotFound("no such hold")
        if begun.outcome == "expired":
            raise HoldExpired("this hold has expired; choose seats again")
        if begun.outcome == "begun":
            outcome = await self._charged(begun, provider, token)
            await self.settle(begun.payment_id, outcome)
            if isinstance(outcome, Declined):
                raise PaymentDeclined("the payment was declined", reason=outcome.reason)
            if isinstance(outcome, Pending):
                return await self._result(begun, user_id, outcome.action)
        return await self._result(begun, user_id, None)

    async def _result(self, begun: Begun, user_id: UserId, action: str | None) -> Paid | Waiting:
        found = await self.order_or_payment(begun.order_id, user_id)
        if isinstance(found, Order):
            return Paid(found)
        if found.status == "charged":
            raise SeatsUnavailable(
                "the payment arrived after the seats were sold to somebody else; it is refunded",
                unavailable=[],
            )
        if found.status == "declined":
            raise PaymentDeclined("the payment was declined", reason=found.reason)
        return Waiting(found, action)

    async def _charged(self, begun: Begun, provider: str, token: str) -> ChargeOutcome:
        """As `_charge`; where the provider fails, what it knows decides at once, so that the buyer
        can try again without waiting for `recover`."""
        try:
            return await self._charge(begun, provider, token)
        except ProviderUnavailable:
            await self._look_up(PaymentToCheck(begun.payment_id, provider, None, "started"))
            raise

    async def _charge(self, begun: Begun, provider: str, token: str) -> ChargeOutcome:
        if begun.amount == 0:
            return Charged(FREE)
        event = await self.catalogue.event(begun.event_id)
        request = ChargeRequest(
            begun.payment_id, token, begun.amount, begun.currency, f"{event.name}, {event.venue}"
        )
        try:
            async with asyncio.timeout(self.charge_seconds):
                return await self.providers[provider].charge(request)
        except TimeoutError as error:
            raise ProviderUnavailable("the payment provider does not answer") from error

    async def _look_up(self, payment: PaymentToCheck) -> None:
        provider = self.providers.get(payment.provider)
        if provider is None:
            log.error("payment provider not configured", payment_id=payment.id)
            return
        try:
            async with asyncio.timeout(self.charge_seconds):
                outcome = await provider.look_up(payment.id, payment.reference)
            await self.settle(payment.id, outcome or Declined("abandoned"))
        except (ProviderUnavailable, TimeoutError) as error:
            log.warning(
                "payment lookup failed, will retry", payment_id=payment.id, error=str(error)
            )

    async def _pay_back(self, refund: RefundDue) -> None:
        try:
            if refund.amount > 0:
                async with asyncio.timeout(self.charge_seconds):
                    await self.providers[refund.provider].refund(
                        refund.id, refund.payment_id, refund.reference, refund.amount,
                        refund.currency,
                    )  # fmt: skip
            await self.store.refund_done(refund.id)
            metrics.REFUNDS.labels(refund.provider).inc()
        except (ProviderUnavailable, TimeoutError, KeyError) as error:
            log.warning("refund failed, will retry", refund_id=refund.id, error=str(error))
