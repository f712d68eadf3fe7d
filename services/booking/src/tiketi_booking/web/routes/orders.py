"""Orders and refunds."""

from tiketi_booking.web import orders
from tiketi_booking.web.routes.common import KEY, PAGE
from tiketi_booking.web.schemas import orders as schemas
from tiketi_shared.routes import Route

ORDERS = [
    Route(
        method="POST", path="/api/holds/{id}/checkout", handler=orders.check_out,
        summary="Pay for a hold", tag="orders", body=schemas.Checkout, headers=KEY,
        answers={201: schemas.OrderAnswer, 202: schemas.OrderAnswer},
        problems={
            402: ("payment_declined",), 404: ("not_found",), 410: ("hold_expired",),
            409: ("seats_unavailable", "still_running"),
            422: ("invalid", "idempotency_key_reused"),
            503: ("payment_provider_unavailable", "unavailable"),
        },
    ),
    Route(
        method="GET", path="/api/orders", handler=orders.orders, summary="The caller's orders",
        tag="orders", query=PAGE, answers={200: schemas.OrderList},
    ),
    Route(
        method="GET", path="/api/orders/{id}", handler=orders.order, summary="An order",
        tag="orders", answers={200: schemas.OrderAnswer}, problems={404: ("not_found",)},
    ),
    Route(
        method="POST", path="/api/orders/{id}/refund", handler=orders.refund,
        summary="Give tickets back", tag="orders", body=schemas.RefundRequest,
        body_required=False, headers=KEY, answers={200: schemas.OrderAnswer},
        problems={
            404: ("not_found",),
            409: ("already_refunded", "ticket_used", "refund_closed", "still_running"),
            422: ("invalid", "idempotency_key_reused"),
        },
    ),
]  # fmt: skip
