"""The URL table of what follows a sale: tickets, the door, the waiting list, deliveries."""

from tiketi_booking.web import checkin, deliveries, tickets, waiting_list
from tiketi_booking.web.after_sale_schemas import (
    AdmittedAnswer,
    CheckIn,
    DeliveryList,
    IrregularList,
    Manifest,
    NewWebhook,
    Sync,
    SyncedAnswer,
    WaitlistJoin,
    WaitlistPlace,
    WebhookCreated,
    WebhookList,
)
from tiketi_shared.routes import Route

_WAITLIST = "/api/events/{id}/waitlist"
_WEBHOOKS = "/api/admin/webhooks"
_PAGE = {"limit": "Entries at the most, 1 to 100.", "cursor": "From `next_cursor`."}
_BUSY = {503: ("unavailable",)}

AFTER_SALE_ROUTES = [
    Route(
        method="GET", path="/api/tickets/{id}/qr.svg", handler=tickets.svg, tag="tickets",
        summary="The ticket's code as a QR symbol, SVG", media_type="image/svg+xml",
        answers={200: bytes}, problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="GET", path="/api/tickets/{id}/qr.png", handler=tickets.png, tag="tickets",
        summary="The ticket's code as a QR symbol, PNG", media_type="image/png",
        answers={200: bytes}, problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="GET", path="/api/orders/{id}/tickets.pdf", handler=tickets.pdf, tag="tickets",
        summary="The order's tickets to print", media_type="application/pdf",
        answers={200: bytes}, problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="GET", path="/api/orders/{id}/receipt.pdf", handler=tickets.receipt,
        tag="tickets", summary="What was paid and given back", media_type="application/pdf",
        answers={200: bytes}, problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="GET", path="/api/orders/{id}/event.ics", handler=tickets.ics, tag="tickets",
        summary="The order's event for a calendar", media_type="text/calendar",
        answers={200: bytes}, problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="POST", path="/api/checkin", handler=checkin.scan, tag="door", access="staff",
        summary="Let someone in, once", body=CheckIn, answers={200: AdmittedAnswer},
        problems={
            404: ("unknown_ticket",), 409: ("already_used", "ticket_cancelled", "wrong_event"),
            422: ("invalid",), **_BUSY,
        },
    ),
    Route(
        method="POST", path="/api/checkin/sync", handler=checkin.sync_scans, tag="door",
        access="staff", summary="Take in what a door did offline; safe to repeat", body=Sync,
        answers={200: SyncedAnswer}, problems={422: ("invalid",), **_BUSY},
    ),
    Route(
        method="GET", path="/api/checkin/events/{id}/manifest", handler=checkin.manifest,
        tag="door", access="staff", summary="What a door takes along to work offline",
        answers={200: Manifest}, problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="GET", path="/api/checkin/events/{id}/irregular", handler=checkin.irregular,
        tag="door", access="staff", query=_PAGE,
        summary="Offline entries that an online door would have refused",
        answers={200: IrregularList},
        problems={404: ("not_found",), 422: ("invalid",), **_BUSY},
    ),
    Route(
        method="POST", path=_WAITLIST, handler=waiting_list.join, tag="waiting list",
        summary="Wait for seats of a sold-out event; joining again changes nothing",
        body=WaitlistJoin, body_required=False, answers={200: WaitlistPlace, 201: WaitlistPlace},
        problems={
            404: ("not_found",), 409: ("not_sold_out", "conflict"), 422: ("invalid",), **_BUSY,
        },
    ),
    Route(
        method="GET", path=_WAITLIST, handler=waiting_list.place, tag="waiting list",
        summary="One's own place, and the offer once there is one", answers={200: WaitlistPlace},
        problems={404: ("not_found", "not_waiting"), **_BUSY},
    ),
    Route(
        method="DELETE", path=_WAITLIST, handler=waiting_list.leave, tag="waiting list",
        summary="Give up the place, or the offer", answers={204: None},
        problems={404: ("not_waiting",), 409: ("payment_under_way",), **_BUSY},
    ),
    Route(
        method="GET", path="/api/admin/deliveries", handler=deliveries.deliveries, tag="admin",
        access="admin", summary="Mails and webhooks, the newest first",
        query={"status": "pending, delivered, parked or unsent.", **_PAGE},
        answers={200: DeliveryList}, problems={422: ("invalid",), **_BUSY},
    ),
    Route(
        method="POST", path="/api/admin/deliveries/{id}/retry", handler=deliveries.retry,
        tag="admin", access="admin", summary="Try a parked or unsent delivery again",
        answers={204: None}, problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="POST", path=_WEBHOOKS, handler=deliveries.add_webhook, tag="admin",
        access="admin", summary="Register an endpoint that is told of sales", body=NewWebhook,
        answers={201: WebhookCreated}, problems={422: ("invalid",), **_BUSY},
    ),
    Route(
        method="GET", path=_WEBHOOKS, handler=deliveries.webhooks, tag="admin", access="admin",
        summary="The registered endpoints", answers={200: WebhookList}, problems=_BUSY,
    ),
    Route(
        method="DELETE", path=_WEBHOOKS + "/{id}", handler=deliveries.remove_webhook, tag="admin",
        access="admin", summary="Remove an endpoint", answers={204: None},
        problems={404: ("not_found",), **_BUSY},
    ),
    Route(
        method="POST", path="/api/payments/{provider}/webhook", handler=deliveries.payment_news,
        tag="payments", access="anyone", summary="What a payment provider tells, signed by it",
        answers={204: None},
        problems={400: ("bad_signature",), 404: ("not_found",), 422: ("invalid",), **_BUSY},
    ),
]  # fmt: skip
