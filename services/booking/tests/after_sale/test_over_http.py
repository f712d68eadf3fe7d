"""After the sale as clients see it: whole instances on real stores, asked over HTTP."""

import asyncio
import io
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from tiketi_booking.domain.webhooks import sign
from tiketi_shared.ids import new_id
from tiketi_shared.resources import open_postgres


async def until(ask: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    """What `ask` answers as soon as that is something."""
    async with asyncio.timeout(seconds):
        while not (found := await ask()):  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.05)
    return found


@pytest.fixture
async def event(client: Any) -> Any:
    return await client.event()


@pytest.fixture
async def buyer(client: Any) -> Any:
    return await client.person()


@pytest.fixture
async def staff(client: Any) -> Any:
    return await client.person("staff")


@pytest.fixture
async def admin(client: Any) -> Any:
    return await client.person("admin")


@pytest.fixture
async def order(buyer: Any, event: Any) -> Any:
    return await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})


async def test_the_owner_gets_the_code_as_a_picture_that_scans(buyer: Any, order: Any) -> None:
    ticket = order["tickets"][0]
    png = await buyer.call("GET", f"/api/tickets/{ticket['id']}/qr.png")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.body)))
    assert found.text == ticket["code"]
    svg = await buyer.call("GET", f"/api/tickets/{ticket['id']}/qr.svg")
    assert svg.headers["Content-Type"] == "image/svg+xml"
    assert svg.headers["Cache-Control"] == "private, no-store"
    assert svg.body.startswith(b"<svg")


async def test_the_owner_gets_the_tickets_to_print_and_the_event_for_the_calendar(
    buyer: Any, order: Any
) -> None:
    pdf = await buyer.call("GET", f"/api/orders/{order['id']}/tickets.pdf")
    document = pypdfium2.PdfDocument(pdf.body)
    assert len(document) == 2
    assert "Kim Narae" in document[0].get_textpage().get_text_bounded()
    receipt = await buyer.call("GET", f"/api/orders/{order['id']}/receipt.pdf")
    assert "₩200,000" in pypdfium2.PdfDocument(receipt.body)[0].get_textpage().get_text_bounded()
    ics = await buyer.call("GET", f"/api/orders/{order['id']}/event.ics")
    assert ics.headers["Content-Type"] == "text/calendar"
    assert b"SUMMARY:Winter Song" in ics.body


async def test_another_s_tickets_are_not_there(client: Any, order: Any) -> None:
    other = await client.person()
    ticket_id, order_id = order["tickets"][0]["id"], order["id"]
    for path in (
        f"/api/tickets/{ticket_id}/qr.svg", f"/api/tickets/{ticket_id}/qr.png",
        f"/api/orders/{order_id}/tickets.pdf", f"/api/orders/{order_id}/event.ics",
        f"/api/orders/{order_id}/receipt.pdf",
        f"/api/tickets/{new_id()}/qr.svg", "/api/tickets/nonsense/qr.svg",
    ):  # fmt: skip
        assert (await other.call("GET", path)).status == 404


async def test_a_refunded_ticket_has_no_code_any_more(buyer: Any, order: Any) -> None:
    await buyer.call("POST", f"/api/orders/{order['id']}/refund", {})
    ticket_id = order["tickets"][0]["id"]
    assert (await buyer.call("GET", f"/api/tickets/{ticket_id}/qr.svg")).status == 404
    assert (await buyer.call("GET", f"/api/orders/{order['id']}/tickets.pdf")).status == 404


async def test_the_door_lets_a_ticket_in_once(staff: Any, order: Any, event: Any) -> None:
    body = {"code": order["tickets"][0]["code"], "event_id": event["id"], "device": "north"}
    first, second = [await staff.call("POST", "/api/checkin", body) for _ in range(2)]
    assert first.status == 200
    assert first.body["ticket"]["holder"] == "Kim Narae"
    assert first.body["ticket"]["seat"] == {"section": "A", "row": "1", "number": "1"}
    assert (second.status, second.body["code"]) == (409, "already_used")
    assert second.body["device"] == "north"
    assert second.body["used_at"] == first.body["ticket"]["used_at"]


async def test_only_staff_open_doors(buyer: Any, order: Any) -> None:
    for method, path, body in (
        ("POST", "/api/checkin", {"code": order["tickets"][0]["code"]}),
        ("POST", "/api/checkin/sync", {"scans": []}),
        ("GET", f"/api/checkin/events/{new_id()}/manifest", None),
        ("GET", f"/api/checkin/events/{new_id()}/irregular", None),
    ):
        assert (await buyer.call(method, path, body)).status == 403


async def test_a_door_works_offline_and_is_taken_in_afterwards(
    staff: Any, order: Any, event: Any
) -> None:
    manifest = await staff.call("GET", f"/api/checkin/events/{event['id']}/manifest")
    assert manifest.body["keys"][0]["key_id"] == order["tickets"][0]["code"][3:7]
    at = datetime.now(UTC)
    scans = [
        {"code": order["tickets"][0]["code"], "scanned_at": at, "device": door}
        for door in ("east", "west")
    ]
    answer = await staff.call("POST", "/api/checkin/sync", {"scans": scans})
    east, west = answer.body["results"]
    assert (east["outcome"], west["outcome"]) == ("admitted", "double")
    assert west["first"]["device"] == "east"
    listed = await staff.call("GET", f"/api/checkin/events/{event['id']}/irregular?limit=1")
    assert listed.body["irregular"][0]["entry"]["device"] == "west"
    assert listed.body["next_cursor"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"scans": [{"code": "x", "scanned_at": "2026-11-28T12:00:00", "device": "d"}]},
        {"scans": [{"code": "x", "scanned_at": "2099-11-28T12:00:00Z", "device": "d"}]},
        {"scans": [{"code": "x", "scanned_at": "2026-11-28T12:00:00Z", "device": ""}]},
        {"scans": [{"code": "x", "scanned_at": "2026-11-28T12:00:00Z", "device": "a\0b"}]},
        {"scans": [{"code": "x", "scanned_at": "2026-01-01T00:00:00Z", "device": "d"}] * 501},
    ],
    ids=[
        "no time zone",
        "in the future",
        "no device",
        "a device with a control character",
        "too many",
    ],
)
async def test_a_sync_that_makes_no_sense_is_refused(staff: Any, body: Any) -> None:
    assert (await staff.call("POST", "/api/checkin/sync", body)).status == 422


async def test_a_sold_out_event_has_a_waiting_list_that_offers_what_comes_back(client: Any) -> None:
    layout = {"sections": [{"name": "A", "rows": 1, "seats_per_row": 2, "ticket_type": "R"}]}
    event = await client.event(
        layout=layout, ticket_types=[{"name": "R", "price": 100_000, "kind": "seated"}]
    )
    path = f"/api/events/{event['id']}/waitlist"
    buyer, waiter = await client.person(), await client.person()
    refused = await waiter.call("POST", path, {"quantity": 2})
    assert (refused.status, refused.body["code"]) == (409, "not_sold_out")
    assert (await waiter.call("GET", path)).body["code"] == "not_waiting"
    order = await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})

    async def joined() -> Any:
        """A moment after the sale: each instance's picture of the seats is a little old."""
        answer = await waiter.call("POST", path, {"quantity": 2})
        return answer if answer.status == 201 else None

    place = (await until(joined)).body
    assert (place["status"], place["position"], place["total"]) == ("waiting", 1, 1)
    await buyer.call("POST", f"/api/orders/{order['id']}/refund", {})

    async def offered() -> Any:
        return (await waiter.call("GET", path)).body["offer"]

    offer = await until(offered)
    hold = await waiter.call("GET", f"/api/holds/{offer['hold_id']}")
    assert len(hold.body["hold"]["seats"]) == 2
    assert (await waiter.pay(offer["hold_id"])).status == 201


async def test_a_late_payment_becomes_an_order_by_the_provider_s_webhook(
    start: Any, settings: Any
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


async def test_a_provider_s_webhook_is_taken_from_nobody_else(client: Any) -> None:
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


async def test_an_endpoint_s_secret_is_told_once(admin: Any) -> None:
    wish = {"url": "https://shop.example/hook", "events": ["order_paid", "order_refunded"]}
    made = await admin.call("POST", "/api/admin/webhooks", wish, Idempotency_Key="k1")
    again = await admin.call("POST", "/api/admin/webhooks", wish, Idempotency_Key="k1")
    assert made.status == 201
    assert made.body["secret"].startswith("whsec_")
    assert again.body == made.body
    listed = (await admin.call("GET", "/api/admin/webhooks")).body["webhooks"]
    (mine,) = [one for one in listed if one["id"] == made.body["id"]]
    assert "secret" not in mine
    path = f"/api/admin/webhooks/{made.body['id']}"
    assert (await admin.call("DELETE", path)).status == 204
    assert (await admin.call("DELETE", path)).status == 404


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ("test", "ftp://shop.example/"),
        ("test", "https://user:pass@shop.example/"),
        ("production", "http://shop.example/"),
        ("production", "https://169.254.169.254/latest"),
        ("production", "https://[::1]/"),
        ("production", "https://localhost/"),
    ],
)
async def test_an_endpoint_that_must_not_be_called_is_refused(
    start: Any, settings: Any, environment: str, url: str
) -> None:
    client = await start(replace(settings, environment=environment))
    admin = await client.person("admin")
    answer = await admin.call("POST", "/api/admin/webhooks", {"url": url, "events": ["order_paid"]})
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "url")


async def test_what_is_no_id_is_of_nothing_that_is_there(admin: Any) -> None:
    for method, path in (
        ("POST", "/api/admin/deliveries/%00/retry"), ("DELETE", "/api/admin/webhooks/%00"),
        ("GET", "/api/tickets/%00/qr.svg"), ("GET", "/api/events/%00/waitlist"),
    ):  # fmt: skip
        assert (await admin.call(method, path)).status == 404


async def test_only_admins_see_deliveries_and_endpoints(staff: Any) -> None:
    for method, path in (
        ("GET", "/api/admin/deliveries"), ("GET", "/api/admin/webhooks"),
        ("POST", f"/api/admin/deliveries/{new_id()}/retry"),
        ("DELETE", f"/api/admin/webhooks/{new_id()}"),
    ):  # fmt: skip
        assert (await staff.call(method, path)).status == 403


@pytest.fixture
async def nothing_waiting(settings: Any) -> None:
    """What other tests have sold is not mailed now."""
    async with open_postgres(settings.postgres_dsn) as pool:
        await pool.execute("UPDATE outbox SET sent_at = now() WHERE sent_at IS NULL")
        await pool.execute("DELETE FROM deliveries")


async def test_a_sale_reaches_the_mailbox_through_the_broker(
    start: Any, settings: Any, amqp_url: str, mailbox: Any, nothing_waiting: None
) -> None:
    client = await start(replace(settings, amqp_url=amqp_url, smtp_url=mailbox.url))
    buyer, admin, event = await client.person(), await client.person("admin"), await client.event()
    order = await buyer.buy(event["id"], {"seat_ids": ["s5"]})

    async def mailed() -> Any:
        return [mail for mail in mailbox.mails if mail["To"] == buyer.email]

    (mail,) = await until(mailed)
    pdf, _ = mail.iter_attachments()
    assert pypdfium2.PdfDocument(pdf.get_content())[0]

    async def listed() -> Any:
        page = await admin.call("GET", "/api/admin/deliveries?status=delivered&limit=100")
        return [
            one for one in page.body["deliveries"] if one["message"].get("order_id") == order["id"]
        ]

    (delivery,) = await until(listed)
    assert (delivery["kind"], delivery["attempts"]) == ("mail", 1)


async def test_deliveries_are_listed_in_pages_and_the_unsent_can_be_retried(
    start: Any, settings: Any, amqp_url: str, nothing_waiting: None
) -> None:
    client = await start(replace(settings, amqp_url=amqp_url))
    buyer, admin, event = await client.person(), await client.person("admin"), await client.event()
    for seat in ("s6", "s7"):
        await buyer.buy(event["id"], {"seat_ids": [seat]})

    async def unsent(cursor: str = "") -> Any:
        path = f"/api/admin/deliveries?status=unsent&limit=1{cursor}"
        page = (await admin.call("GET", path)).body
        return page if page["next_cursor"] else None

    page = await until(unsent)
    second = await admin.call(
        "GET", f"/api/admin/deliveries?status=unsent&limit=1&cursor={page['next_cursor']}"
    )
    newer, older = page["deliveries"][0]["id"], second.body["deliveries"][0]["id"]
    assert newer > older
    retry = f"/api/admin/deliveries/{newer}/retry"
    assert (await admin.call("POST", retry)).status == 204
    assert (await admin.call("GET", "/api/admin/deliveries?status=nonsense")).status == 422
