"""Mails and webhooks, for admins."""

from tiketi_booking.web import deliveries
from tiketi_booking.web.routes.common import BUSY, ENTRIES
from tiketi_booking.web.schemas import deliveries as schemas
from tiketi_shared.routes import Route

_WEBHOOKS = "/api/admin/webhooks"

DELIVERIES = [
    Route(
        method="GET", path="/api/admin/deliveries", handler=deliveries.deliveries, tag="admin",
        access="admin", summary="Mails and webhooks, the newest first",
        query={"status": "pending, delivered, parked or unsent.", **ENTRIES},
        answers={200: schemas.DeliveryList}, problems={422: ("invalid",), **BUSY},
    ),
    Route(
        method="POST", path="/api/admin/deliveries/{id}/retry", handler=deliveries.retry,
        tag="admin", access="admin", summary="Try a parked or unsent delivery again",
        answers={204: None}, problems={404: ("not_found",), **BUSY},
    ),
    Route(
        method="POST", path=_WEBHOOKS, handler=deliveries.add_webhook, tag="admin",
        access="admin", summary="Register an endpoint that is told of sales",
        body=schemas.NewWebhook, answers={201: schemas.WebhookCreated},
        problems={422: ("invalid",), **BUSY},
    ),
    Route(
        method="GET", path=_WEBHOOKS, handler=deliveries.webhooks, tag="admin", access="admin",
        summary="The registered endpoints", answers={200: schemas.WebhookList}, problems=BUSY,
    ),
    Route(
        method="DELETE", path=_WEBHOOKS + "/{id}", handler=deliveries.remove_webhook, tag="admin",
        access="admin", summary="Remove an endpoint", answers={204: None},
        problems={404: ("not_found",), **BUSY},
    ),
]  # fmt: skip
