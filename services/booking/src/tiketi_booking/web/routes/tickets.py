"""A buyer's tickets as files."""

from tiketi_booking.web import tickets
from tiketi_booking.web.routes.common import BUSY
from tiketi_shared.routes import Route

TICKETS = [
    Route(
        method="GET", path="/api/tickets/{id}/qr.svg", handler=tickets.svg, tag="tickets",
        summary="The ticket's code as a QR symbol, SVG", media_type="image/svg+xml",
        answers={200: bytes}, problems={404: ("not_found",), **BUSY},
    ),
    Route(
        method="GET", path="/api/tickets/{id}/qr.png", handler=tickets.png, tag="tickets",
        summary="The ticket's code as a QR symbol, PNG", media_type="image/png",
        answers={200: bytes}, problems={404: ("not_found",), **BUSY},
    ),
    Route(
        method="GET", path="/api/orders/{id}/tickets.pdf", handler=tickets.pdf, tag="tickets",
        summary="The order's tickets to print", media_type="application/pdf",
        answers={200: bytes}, problems={404: ("not_found",), **BUSY},
    ),
    Route(
        method="GET", path="/api/orders/{id}/receipt.pdf", handler=tickets.receipt,
        tag="tickets", summary="What was paid and given back", media_type="application/pdf",
        answers={200: bytes}, problems={404: ("not_found",), **BUSY},
    ),
    Route(
        method="GET", path="/api/orders/{id}/event.ics", handler=tickets.ics, tag="tickets",
        summary="The order's event for a calendar", media_type="text/calendar",
        answers={200: bytes}, problems={404: ("not_found",), **BUSY},
    ),
]  # fmt: skip
