"""Stripe, through its own library: PaymentIntents, refunds, signed webhooks.

The payment's id is the idempotency key and stands in the intent's metadata. An intent that failed
is cancelled before it is called declined, since its buyer could otherwise still pay it with
another card.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import stripe
from stripe import PaymentIntent

from tiketi_booking.domain.payments import (
    Charged,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    PaymentId,
    PaymentNews,
    Pending,
)
from tiketi_booking.errors import BadSignature, ProviderUnavailable

_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
_FAILED = "requires_payment_method"
_WATCHED = {
    "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled",
}  # fmt: skip


class Stripe:
    name = "stripe"

    def __init__(self, client: stripe.StripeClient, webhook_secret: str) -> None:
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds
        self._webhook_secret = webhook_secret

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        try:
            intent = await self._intents.create_async(
                {
                    "amount": request.amount,
                    "currency": request.currency.lower(),
                    "payment_method": request.token,
                    "confirm": True,
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "description": request.description,
                    "metadata": {"payment_id": request.payment_id},
                },
                {"idempotency_key": request.payment_id},
            )
        except stripe.CardError as error:
            return await self._declined(error)
        except stripe.IdempotencyError as error:
            raise ProviderUnavailable(_why(error)) from error
        except stripe.InvalidRequestError as error:
            return Declined(error.code or "invalid_token")
        except stripe.StripeError as error:
            raise ProviderUnavailable(_why(error)) from error
        return await self._outcome(intent)

    async def look_up(self, payment_id: PaymentId, reference: str | None) -> ChargeOutcome | None:
        try:
            if reference is not None:
                return await self._outcome(await self._intents.retrieve_async(reference))
            if await self._never_seen(payment_id):
                return None
            found = await self._intents.search_async(
                {"query": f"metadata['payment_id']:'{payment_id}'", "limit": 1}
            )
        except stripe.StripeError as error:
            raise ProviderUnavailable(_why(error)) from error
        if not found.data:
            raise ProviderUnavailable("Stripe has the payment but does not list it yet")
        return await self._outcome(found.data[0])

    async def refund(
        self,
        refund_id: str,
        payment_id: PaymentId,
        reference: str,
        amount: int,
        currency: str,  # noqa: ARG002  of the port
    ) -> None:
        metadata = {"refund_id": refund_id, "payment_id": payment_id}
        try:
            await self._refunds.create_async(
                {"payment_intent": reference, "amount": amount, "metadata": metadata},
                {"idempotency_key": refund_id},
            )
        except stripe.InvalidRequestError as error:
            if error.code != "charge_already_refunded":
                raise ProviderUnavailable(_why(error)) from error
        except stripe.StripeError as error:
            raise ProviderUnavailable(_why(error)) from error

    async def news(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        """What a webhook says; None when it is not about a payment of ours. Raises BadSignature."""
        try:
            event = stripe.Webhook.construct_event(
                body, headers.get("Stripe-Signature", ""), self._webhook_secret
            )
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise BadSignature(f"the webhook is not signed by Stripe: {error}") from error
        if event.type not in _WATCHED:
            return None
        intent: Any = event.data.object
        payment_id = getattr(intent.metadata, "payment_id", None)
        if payment_id is None:
            return None
        return PaymentNews(payment_id, await self._outcome(intent))

    async def _outcome(self, intent: PaymentIntent) -> ChargeOutcome:
        if intent.status == "succeeded":
            return Charged(intent.id)
        if intent.status == "canceled":
            return Declined(intent.cancellation_reason or "canceled")
        if intent.status == _FAILED:
            failed = intent.last_payment_error
            await self._cancel(intent.id)
            return Declined((failed and failed.code) or "card_declined")
        action = intent.client_secret if intent.status == "requires_action" else None
        return Pending(intent.id, action)

    async def _declined(self, error: stripe.CardError) -> Declined:
        intent = error.error.payment_intent if error.error else None
        if intent is not None:
            await self._cancel(intent.id)
        decline = error.error.decline_code if error.error else None
        return Declined(decline or error.code or "card_declined")

    async def _cancel(self, intent_id: str) -> None:
        try:
            with suppress(stripe.InvalidRequestError):
                await self._intents.cancel_async(intent_id)
        except stripe.StripeError as error:
            raise ProviderUnavailable(_why(error)) from error

    async def _never_seen(self, payment_id: PaymentId) -> bool:
        """Whether no charge came under this id; if so, uses up the id, so that none ever will.

        Stripe refuses an idempotency key that was used for another request. A key that was free is
        now this unconfirmed intent's, and the intent is cancelled.
        """
        try:
            intent = await self._intents.create_async(
                {
                    "amount": 100,
                    "currency": "usd",
                    "description": "abandoned before it was asked for",
                },
                {"idempotency_key": payment_id},
            )
        except stripe.IdempotencyError:
            return False
        await self._cancel(intent.id)
        return True


@asynccontextmanager
async def open_stripe(
    secret_key: str, webhook_secret: str, base_url: str | None = None
) -> AsyncIterator[Stripe]:
    """`base_url` replaces Stripe's own address where a test stands in for it.

    Raises ValueError without a webhook secret: anyone could sign webhooks with an empty one.
    """
    if not webhook_secret:
        raise ValueError("STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET beside it")
    async with aiohttp.ClientSession(
        timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        client = stripe.StripeClient(
            secret_key,
            http_client=stripe.AIOHTTPClient(session=session, timeout=_TIMEOUT),
            base_addresses={"api": base_url} if base_url else {},
            max_network_retries=1,
        )
        yield Stripe(client, webhook_secret)


def _why(error: stripe.StripeError) -> str:
    return f"stripe: {error.code or type(error).__name__}"
