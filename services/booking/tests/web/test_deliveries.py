"""Mails and webhooks: registered, listed, retried, and a mail that really arrives."""

from dataclasses import replace
from typing import Any

import pypdfium2
import pytest

from tiketi_shared.ids import new_id
from tiketi_shared.postgres import open_postgres


@pytest.fixture
async def nothing_waiting(settings: Any) -> None:
    """What other tests have sold is not mailed now."""
    async with open_postgres(settings.postgres_dsn) as pool:
        await pool.execute("UPDATE outbox SET sent_at = now() WHERE sent_at IS NULL")
        await pool.execute("DELETE FROM deliveries")


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


@pytest.mark.usefixtures("nothing_waiting")
async def test_a_sale_reaches_the_mailbox_through_the_broker(
    start: Any, settings: Any, amqp_url: str, mailbox: Any, until: Any
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


@pytest.mark.usefixtures("nothing_waiting")
async def test_deliveries_are_listed_in_pages_and_the_unsent_can_be_retried(
    start: Any, settings: Any, amqp_url: str, until: Any
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
