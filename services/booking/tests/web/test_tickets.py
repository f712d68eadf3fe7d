"""A buyer's tickets as files."""

import io

import pypdfium2
import zxingcpp
from PIL import Image
from services.booking.tests.harness import Client, Json, Person

from tiketi_shared.ids import new_id


async def test_the_owner_gets_the_code_as_a_picture_that_scans(buyer: Person, order: Json) -> None:
    ticket = order["tickets"][0]
    png = await buyer.call("GET", f"/api/tickets/{ticket['id']}/qr.png")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.body)))
    assert found.text == ticket["code"]
    svg = await buyer.call("GET", f"/api/tickets/{ticket['id']}/qr.svg")
    assert svg.headers["Content-Type"] == "image/svg+xml"
    assert svg.headers["Cache-Control"] == "private, no-store"
    assert svg.body.startswith(b"<svg")


async def test_the_owner_gets_the_tickets_to_print_and_the_event_for_the_calendar(
    buyer: Person, order: Json
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


async def test_another_s_tickets_are_not_there(client: Client, order: Json) -> None:
    other = await client.person()
    ticket_id, order_id = order["tickets"][0]["id"], order["id"]
    for path in (
        f"/api/tickets/{ticket_id}/qr.svg", f"/api/tickets/{ticket_id}/qr.png",
        f"/api/orders/{order_id}/tickets.pdf", f"/api/orders/{order_id}/event.ics",
        f"/api/orders/{order_id}/receipt.pdf",
        f"/api/tickets/{new_id()}/qr.svg", "/api/tickets/nonsense/qr.svg",
    ):  # fmt: skip
        assert (await other.call("GET", path)).status == 404


async def test_a_refunded_ticket_has_no_code_any_more(buyer: Person, order: Json) -> None:
    await buyer.call("POST", f"/api/orders/{order['id']}/refund", {})
    ticket_id = order["tickets"][0]["id"]
    assert (await buyer.call("GET", f"/api/tickets/{ticket_id}/qr.svg")).status == 404
    assert (await buyer.call("GET", f"/api/orders/{order['id']}/tickets.pdf")).status == 404
