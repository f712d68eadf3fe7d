"""Stripe's own library against a server that answers in the shapes of Stripe's API reference."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tiketi_booking.adapters.payments.stripe import Stripe, open_stripe
from tiketi_booking.domain.payments import Charged, ChargeRequest, Declined, PaymentNews, Pending
from tiketi_booking.errors import BadSignature, ProviderUnavailable

SHAPES = Path(__file__).parent / "stripe_shapes"
WEBHOOK_SECRET = "whsec_a-secret-shared-with-stripe"
PAYMENT, INTENT = "1m850paymentid000000", "pi_3MtwBwLkdIwHu7ix28a3tqPa"
REQUEST = ChargeRequest(PAYMENT, "pm_card_visa", 242_000, "KRW", "First Snow, 2 tickets")


class StandIn:
    """Answers each call with the next of `answers` (status, shape), and keeps what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.asked: list[tuple[str, dict[str, str], str | None]] = []

    async def answer(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post() or request.query).items()}
        key = request.headers.get("Idempotency-Key")
        self.asked.append((f"{request.method} {request.path}", form, key))
        status, shape = self.answers.pop(0)
        return web.Response(
            status=status, body=(SHAPES / f"{shape}.json").read_bytes(),
            content_type="application/json",
        )  # fmt: skip

    def calls(self) -> list[str]:
        return [call for call, _, _ in self.asked]


@pytest.fixture
def api() -> StandIn:
    return StandIn()


@pytest.fixture
async def provider(api: StandIn) -> AsyncIterator[Stripe]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.answer)
    async with TestServer(app) as server:
        base = str(server.make_url("")).rstrip("/")
        async with open_stripe("sk_test_nothing", WEBHOOK_SECRET, base) as provider:
            yield provider


def webhook(shape: str, *, secret: str = WEBHOOK_SECRET) -> tuple[dict[str, str], bytes]:
    body, at = (SHAPES / f"{shape}.json").read_bytes(), int(time.time())
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={mac}"}, body


async def test_a_charge_is_confirmed_at_once_under_the_payment_s_own_key(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(200, "intent_succeeded")]
    assert await provider.charge(REQUEST) == Charged(INTENT)
    ((call, form, key),) = api.asked
    assert (call, key) == ("POST /v1/payment_intents", PAYMENT)
    assert form["amount"] == "242000"
    assert form["currency"] == "krw"
    assert form["payment_method"] == "pm_card_visa"
    assert form["confirm"] == "true"
    assert form["metadata[payment_id]"] == PAYMENT


async def test_a_card_that_wants_its_owner_is_pending_with_what_the_browser_needs(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(200, "intent_requires_action")]
    secret = json.loads((SHAPES / "intent_requires_action.json").read_text())["client_secret"]
    assert await provider.charge(REQUEST) == Pending(INTENT, secret)


async def test_a_slow_bank_is_pending_with_nothing_to_do(provider: Stripe, api: StandIn) -> None:
    api.answers = [(200, "intent_processing")]
    assert await provider.charge(REQUEST) == Pending(INTENT)


async def test_a_declined_card_s_intent_is_cancelled_so_that_it_stays_declined(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(402, "error_card_declined"), (200, "intent_canceled")]
    assert await provider.charge(REQUEST) == Declined("insufficient_funds")
    assert api.calls()[1] == f"POST /v1/payment_intents/{INTENT}/cancel"


async def test_a_token_that_is_none_is_declined(provider: Stripe, api: StandIn) -> None:
    api.answers = [(400, "error_no_such_method")]
    assert await provider.charge(REQUEST) == Declined("resource_missing")


async def test_an_outage_is_tried_once_more_with_the_same_key_and_then_told(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(500, "error_server")] * 2
    with pytest.raises(ProviderUnavailable):
        await provider.charge(REQUEST)
    assert [key for _, _, key in api.asked] == [PAYMENT, PAYMENT]


async def test_a_known_payment_is_looked_up_by_its_reference(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(200, "intent_succeeded")]
    assert await provider.look_up(PAYMENT, INTENT) == Charged(INTENT)
    assert api.calls() == [f"GET /v1/payment_intents/{INTENT}"]


async def test_a_payment_never_seen_is_made_impossible_before_it_is_called_so(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(200, "intent_failed"), (200, "intent_canceled")]
    assert await provider.look_up(PAYMENT, None) is None
    (created, form, key), (cancelled, _, _) = api.asked
    assert (created, key) == ("POST /v1/payment_intents", PAYMENT)
    assert "confirm" not in form
    assert "payment_method" not in form
    assert cancelled.endswith("/cancel")


async def test_a_payment_seen_before_a_crash_is_found(provider: Stripe, api: StandIn) -> None:
    api.answers = [(400, "error_idempotency"), (200, "search_one")]
    assert await provider.look_up(PAYMENT, None) == Charged(INTENT)
    assert api.asked[1][1]["query"] == f"metadata['payment_id']:'{PAYMENT}'"


async def test_a_payment_seen_but_not_listed_yet_is_asked_for_again_later(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(400, "error_idempotency"), (200, "search_none")]
    with pytest.raises(ProviderUnavailable):
        await provider.look_up(PAYMENT, None)


async def test_a_refund_is_asked_for_under_its_own_key(provider: Stripe, api: StandIn) -> None:
    api.answers = [(200, "refund"), (400, "error_already_refunded")]
    for _ in range(2):
        await provider.refund("refund-1", PAYMENT, INTENT, 121_000, "KRW")
    call, form, key = api.asked[0]
    assert (call, key) == ("POST /v1/refunds", "refund-1")
    assert (form["payment_intent"], form["amount"]) == (INTENT, "121000")


async def test_a_webhook_of_success_is_news_of_a_charge(provider: Stripe, api: StandIn) -> None:
    assert await provider.news(*webhook("event_succeeded")) == PaymentNews(PAYMENT, Charged(INTENT))
    assert api.asked == []


async def test_a_webhook_of_failure_ends_the_intent_for_good(
    provider: Stripe, api: StandIn
) -> None:
    api.answers = [(200, "intent_canceled")]
    news = await provider.news(*webhook("event_failed"))
    assert news == PaymentNews(PAYMENT, Declined("card_declined"))
    assert api.calls() == [f"POST /v1/payment_intents/{INTENT}/cancel"]


@pytest.mark.parametrize("shape", ["event_foreign", "event_unwatched"])
async def test_webhooks_about_nothing_of_ours_are_no_news(provider: Stripe, shape: str) -> None:
    assert await provider.news(*webhook(shape)) is None


async def test_a_webhook_that_stripe_did_not_sign_is_refused(provider: Stripe) -> None:
    headers, body = webhook("event_succeeded")
    forged: list[tuple[dict[str, Any], bytes]] = [
        webhook("event_succeeded", secret="another"), ({}, body), (headers, body + b" "),
        ({"Stripe-Signature": "nonsense"}, body),
    ]  # fmt: skip
    for headers, body in forged:
        with pytest.raises(BadSignature):
            await provider.news(headers, body)


async def test_without_a_webhook_secret_there_is_no_stripe() -> None:
    with pytest.raises(ValueError, match="STRIPE_WEBHOOK_SECRET"):
        async with open_stripe("sk_test_nothing", ""):
            pass
