"""Payment providers."""

from tiketi_booking.web import payments
from tiketi_booking.web.routes.common import BUSY
from tiketi_shared.routes import Route

PAYMENTS = [
    Route(
        method="POST", path="/api/payments/{provider}/webhook", handler=payments.news,
        tag="payments", access="anyone", summary="What a payment provider tells, signed by it",
        answers={204: None},
        problems={400: ("bad_signature",), 404: ("not_found",), 422: ("invalid",), **BUSY},
    ),
]  # fmt: skip
