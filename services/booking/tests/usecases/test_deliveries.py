"""From the message on the broker to the mail in the box and the call at the webhook's receiver."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tiketi_booking.adapters.mail import SmtpMailer
from tiketi_booking.adapters.postgres.deliveries import _CLAIM
from tiketi_booking.adapters.printing.printer import TicketPrinter
from tiketi_booking.adapters.webhooks import open_webhook_sender
from tiketi_booking.domain.deliveries import (
    MAIL,
    PAUSES,
    PasswordResetRequested,
    SeatsOffered,
)
from tiketi_booking.domain.webhooks import verify
from tiketi_booking.usecases.deliveries import Courier, Lanes
from tiketi_booking.usecases.mail_writer import MailWriter
from tiketi_shared.ids import HoldId, OrderId, UserId, new_id
from tiketi_shared.messages import OrderPaid, OrderRefunded

SEOUL = ZoneInfo("Asia/Seoul")


class Receiver:
    """A webhook's receiver, answering `status`."""

    def __init__(self) -> None:
        self.url, self.status = "", 200
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/", receiver.take)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/"))
        yield receiver


@pytest.fixture(scope="module")
def printer() -> Iterator[TicketPrinter]:
    printer = TicketPrinter(SEOUL, "")
    yield printer
    printer.close()


@pytest.fixture
async def work(office: Any, printer: Any) -> AsyncIterator[Callable[..., Any]]:
    """Works through everything that is due, by the mail server of that URL or none. The database's
    clock stands meanwhile: however slow the machine, what failed is not due again in the same turn.
    """
    await office.database.execute("DELETE FROM deliveries; DELETE FROM webhook_endpoints")
    async with open_webhook_sender(private_allowed=True) as hooks:

        async def run(smtp_url: str | None = None) -> None:
            await office.clock.set(datetime.now(UTC))
            writer = MailWriter(
                shelf=office.tickets, printer=printer, events=office.catalogue,
                recipients=office.deliveries, new_secret=no_link, zone=SEOUL, public_url="https://tiketi.example/",
            )  # fmt: skip
            mailer = SmtpMailer(smtp_url, "Tiketi <t@tiketi.example>") if smtp_url else None
            lanes = Lanes(office.deliveries, Courier(office.deliveries, writer, mailer, hooks))
            await lanes.turn()
            await asyncio.gather(*lanes._busy.values())

        yield run


async def no_link(user_id: UserId, expires_at: datetime) -> str | None:
    """Links to a new password are tried in `web/test_recovery.py`."""
    raise AssertionError(user_id, expires_at)


async def paid(office: Any, name: str = "뷁나래") -> OrderPaid:
    event, user_id = await office.event(), await office.user(name)
    order = await office.buy(event, user_id, [0, 1])
    return OrderPaid(event.id, user_id, order.id, None, order.total, "KRW", 2)


async def make_due(office: Any) -> None:
    await office.database.execute("UPDATE deliveries SET next_attempt_at = now()")


async def delivery(office: Any, message_id: str = "m-1") -> Any:
    (row,) = [
        row for row in await office.deliveries.page(None, None, 10) if row.message_id == message_id
    ]
    return row


async def test_the_buyer_gets_the_tickets_by_mail(office: Any, work: Any, mailbox: Any) -> None:
    message = await paid(office)
    await office.deliveries.take_in("m-1", message)
    await work(mailbox.url)
    (mail,) = mailbox.mails
    assert mail["To"] == f"{message.user_id}@example.com"
    assert mail["Subject"] == "[Tiketi] 첫눈 First Snow 티켓 · Your tickets"
    text = mail.get_body(("plain",)).get_content()
    assert "뷁나래 님, 예매가 완료되었습니다" in text
    assert "Section A, row 1, seat 2" in text
    assert f"https://tiketi.example/orders/{message.order_id}" in text
    assert "<h1" in mail.get_body(("html",)).get_content()
    pdf, ics = mail.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", "tickets.pdf")
    assert len(pypdfium2.PdfDocument(pdf.get_content())) == 2
    assert ics.get_content_type() == "text/calendar"
    assert (await delivery(office)).status == "delivered"


async def test_a_name_with_markup_and_line_breaks_stays_a_name(
    office: Any, work: Any, mailbox: Any
) -> None:
    await office.deliveries.take_in("m-1", await paid(office, "<b>x</b>\r\nBcc: all@example.com"))
    await work(mailbox.url)
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert "&lt;b&gt;x&lt;/b&gt;" in mail.get_body(("html",)).get_content()


async def test_a_refund_is_told(office: Any, work: Any, mailbox: Any) -> None:
    message = await paid(office)
    await office.refund(message.order_id)
    refunded = OrderRefunded(message.event_id, message.user_id, message.order_id, 200_000, "KRW", 2)
    await office.deliveries.take_in("m-2", refunded)
    await work(mailbox.url)
    text = mailbox.mails[0].get_body(("plain",)).get_content()
    assert "티켓 2장이 취소되어 ₩200,000을 환불해 드립니다." in text


async def test_an_offer_from_the_waiting_list_is_told(office: Any, work: Any, mailbox: Any) -> None:
    event, user_id = await office.event(), await office.user()
    until = datetime(2026, 11, 28, 3, 30, tzinfo=UTC).timestamp()
    offer = SeatsOffered(event.id, user_id, HoldId("h1"), event.type_names["R"].id, 2, until)
    await office.deliveries.take_in("offer-h1", offer)
    await work(mailbox.url)
    text = mailbox.mails[0].get_body(("plain",)).get_content()
    assert "오후 12시 30분까지" in text
    assert "https://tiketi.example/holds/h1" in text


async def test_one_who_is_gone_is_not_written_to(office: Any, work: Any, mailbox: Any) -> None:
    message = await paid(office)
    await office.database.execute(
        "UPDATE users SET password_hash = NULL, erased_at = now() WHERE id = $1", message.user_id
    )
    await office.deliveries.take_in("m-1", message)
    await work(mailbox.url)
    assert mailbox.mails == []
    assert (await delivery(office)).status == "delivered"


async def test_a_message_that_comes_again_is_dropped(office: Any, work: Any, mailbox: Any) -> None:
    message = await paid(office)
    assert await office.deliveries.take_in("m-1", message) == 1
    await office.deliveries.add_endpoint("http://x/", ["order_paid"], "s", UserId(new_id()))
    assert await office.deliveries.take_in("m-1", message) == 0
    await work(mailbox.url)
    await work(mailbox.url)
    assert len(mailbox.mails) == 1


async def test_a_mail_server_that_is_busy_is_tried_again_later(
    office: Any, work: Any, mailbox: Any
) -> None:
    mailbox.answer = "451 try again later"
    await office.deliveries.take_in("m-1", await paid(office))
    before = datetime.now(UTC)
    await work(mailbox.url)
    row = await delivery(office)
    assert (row.status, row.attempts) == ("pending", 1)
    assert "451" in row.last_error
    shortest, longest = (timedelta(seconds=PAUSES[0] * part) for part in (0.8, 1.2))
    assert before + shortest <= row.next_attempt_at <= datetime.now(UTC) + longest
    await work(mailbox.url)
    assert (await delivery(office)).attempts == 1
    mailbox.answer = ""
    await make_due(office)
    await work(mailbox.url)
    assert (await delivery(office)).status == "delivered"


async def test_a_mail_that_comes_twice_is_known_as_the_same(
    office: Any, work: Any, mailbox: Any
) -> None:
    """The server has kept it and says that it has not, as when the connection is lost."""
    mailbox.after_data = "451 lost"
    await office.deliveries.take_in("m-1", await paid(office))
    await work(mailbox.url)
    mailbox.after_data = "250 OK"
    await make_due(office)
    await work(mailbox.url)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    await office.deliveries.take_in("m-2", await paid(office))
    await work(mailbox.url)
    assert mailbox.mails[2]["Message-ID"] != first["Message-ID"]
    assert (await delivery(office, "m-1")).status == "delivered"


async def test_an_address_that_is_refused_is_parked_until_someone_retries(
    office: Any, work: Any, mailbox: Any
) -> None:
    mailbox.answer = "550 no such user"
    await office.deliveries.take_in("m-1", await paid(office))
    await work(mailbox.url)
    row = await delivery(office)
    assert row.status == "parked"
    assert "550" in row.last_error
    assert len(await office.deliveries.page("parked", None, 10)) == 1
    mailbox.answer = ""
    assert await office.deliveries.retry(row.id)
    await work(mailbox.url)
    assert len(mailbox.mails) == 1
    assert not await office.deliveries.retry(row.id)


async def test_after_the_last_try_a_delivery_is_parked(
    office: Any, work: Any, receiver: Any
) -> None:
    receiver.status = 503
    await office.deliveries.add_endpoint(
        receiver.url, ["order_refunded"], "whsec", UserId(new_id())
    )
    refunded = OrderRefunded((await office.event()).id, UserId("u"), OrderId("o"), 1, "KRW", 1)
    await office.deliveries.take_in("m-3", refunded)
    for _ in range(len(PAUSES) + 3):
        await make_due(office)
        await work()
    (row,) = await office.deliveries.page("parked", None, 10)
    assert row.attempts == len(receiver.got) == len(PAUSES) + 1


async def test_without_a_mail_server_mails_are_kept_unsent(
    office: Any, work: Any, mailbox: Any
) -> None:
    await office.deliveries.take_in("m-1", await paid(office))
    await work()
    row = await delivery(office)
    assert (row.status, row.delivered_at) == ("unsent", None)
    assert await office.deliveries.retry(row.id)
    await work(mailbox.url)
    assert len(mailbox.mails) == 1


async def test_a_webhook_gets_what_it_asked_for_signed(
    office: Any, work: Any, receiver: Any
) -> None:
    await office.deliveries.add_endpoint(receiver.url, ["order_paid"], "whsec", UserId(new_id()))
    message = await paid(office)
    await office.deliveries.take_in("m-1", message)
    refunded = OrderRefunded(message.event_id, message.user_id, message.order_id, 1, "KRW", 1)
    await office.deliveries.take_in("m-2", refunded)
    await work()
    ((headers, body),) = receiver.got
    assert verify("whsec", body, headers["Tiketi-Signature"], time.time())
    content = json.loads(body)
    assert (content["id"], content["type"]) == ("m-1", "order_paid")
    assert content["data"]["order_id"] == message.order_id
    assert content["data"]["total"] == 200_000


async def test_every_try_at_a_webhook_sends_the_same_body(
    office: Any, work: Any, receiver: Any
) -> None:
    receiver.status = 500
    await office.deliveries.add_endpoint(receiver.url, ["order_paid"], "whsec", UserId(new_id()))
    await office.deliveries.take_in("m-1", await paid(office))
    await work()
    await make_due(office)
    await work()
    (_, first), (_, second) = receiver.got
    assert first == second


async def test_a_removed_endpoint_is_called_no_more(office: Any, work: Any, receiver: Any) -> None:
    endpoint = await office.deliveries.add_endpoint(
        receiver.url, ["order_paid"], "whsec", UserId(new_id())
    )
    await office.deliveries.take_in("m-1", await paid(office))
    assert await office.deliveries.remove_endpoint(endpoint.id)
    await work()
    assert receiver.got == []
    assert len(await office.deliveries.page("parked", None, 10)) == 1


async def test_what_an_instance_crashed_with_is_left_to_the_next(office: Any) -> None:
    await office.database.execute("DELETE FROM deliveries")
    await office.deliveries.take_in("m-1", await paid(office))
    (claimed,) = await office.deliveries.claim(MAIL, 8)
    assert await office.deliveries.claim(MAIL, 8) == []
    await make_due(office)
    (again,) = await office.deliveries.claim(MAIL, 8)
    assert (again.id, again.attempts) == (claimed.id, 2)


async def test_what_one_instance_is_claiming_no_other_claims(office: Any) -> None:
    """The second asks while the first has not committed yet."""
    await office.database.execute("DELETE FROM deliveries")
    await office.deliveries.take_in("m-1", await paid(office))
    async with office.database.transaction() as first:
        assert len(await first.fetch(_CLAIM, MAIL, 8, 180.0)) == 1
        second = asyncio.create_task(office.deliveries.claim(MAIL, 8))
        async with asyncio.timeout(20):
            while not (second.done() or await office.database.value(_WAITING)):
                await asyncio.wait([second], timeout=0.01)
    assert await second == []


_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


async def test_a_link_to_a_new_password_overtakes_the_tickets_of_a_sale(office: Any) -> None:
    await office.database.execute("DELETE FROM deliveries")
    tickets = await paid(office)
    for number in range(3):
        await office.deliveries.take_in(f"order-{number}", tickets)
    link = PasswordResetRequested(tickets.user_id, time.time() + 1800)
    await office.deliveries.take_in("link", link)
    (first,) = await office.deliveries.claim(MAIL, 1)
    assert first.message_id == "link"
