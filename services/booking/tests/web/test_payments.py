"""What payment providers tell by webhook."""

import json
import time
from dataclasses import replace
from typing import Any

from services.booking.tests.harness import Client, Start, Until

from tiketi_booking.domain.webhooks import sign
from tiketi_booking.settings import Settings
from tiketi_shared.ids import new_id


async def test_a_late_payment_becomes_an_order_by_the_provider_s_webhook(
    start: Start, settings: Settings, until: Until
) -> None:
    client = await start(replace(settings, sandbox_seconds=0.1))
    buyer, event = await client.person(), await client.event()
    held = await buyer.hold(event["id"], {"seat_ids": ["s3"]})
    answer = await buyer.pay(held.body["hold"]["id"], "tok_timeout")
    assert (answer.status, answer.body["order"]["status"]) == (202, "pending")

    async def tickets() -> Any:
        order = await buyer.call("GET", f"/api/orders/{answer.body['order']['id']}")
        return order.body["order"]["tickets"]

    assert len(await until(tickets)) == 1


async def test_a_provider_s_webhook_is_taken_from_nobody_else(client: Client) -> None:
    body = json.dumps(
        {"type": "charge.succeeded", "payment_id": new_id(), "reference": "sb_1"}
    ).encode()
    path = "/api/payments/sandbox/webhook"
    forged = await client.call("POST", path, body)
    assert (forged.status, forged.body["code"]) == (400, "bad_signature")
    secret = "tiketi-development-ticket-key-0000"
    genuine = {"Tiketi-Signature": sign(secret, body, int(time.time()))}
    assert (await client.call("POST", path, body, genuine)).status == 204
    garbage = b"[]"
    signed = {"Tiketi-Signature": sign(secret, garbage, int(time.time()))}
    assert (await client.call("POST", path, garbage, signed)).status == 422
    assert (await client.call("POST", "/api/payments/paypal/webhook", body)).status == 404
