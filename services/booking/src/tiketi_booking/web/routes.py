"""The URL table, a list per topic."""

from tiketi_booking.domain.catalogue import EventChange, NewEvent, QueueChange
from tiketi_booking.domain.holds import HoldWish
from tiketi_booking.domain.idempotency import HEADER
from tiketi_booking.web import accounts, catalogue, holds, internal, orders, organisers, schemas
from tiketi_booking.web.after_sale_routes import AFTER_SALE_ROUTES
from tiketi_shared.routes import Route
from tiketi_shared.sale import QueueSettings, Sales

KEY = {HEADER: "Up to 255 characters; a repeat of the same request gets the first answer."}
PAGE = {"limit": "At most so many, 1 to 100.", "cursor": "`next_cursor` of the page before."}
KEY_PROBLEMS = {409: ("still_running",), 422: ("idempotency_key_reused",)}

ACCOUNTS = [
    Route(
        method="POST", path="/api/auth/signup", handler=accounts.sign_up, access="anyone",
        summary="Make an account and sign in", tag="accounts", body=schemas.SignUp,
        answers={201: schemas.SignedIn},
        problems={409: ("email_taken",), 422: ("invalid",), 429: ("too_many_requests",)},
    ),
    Route(
        method="POST", path="/api/auth/login", handler=accounts.log_in, access="anyone",
        summary="Sign in", tag="accounts", body=schemas.LogIn, answers={200: schemas.SignedIn},
        problems={401: ("invalid_credentials",), 429: ("too_many_requests",)},
    ),
    Route(
        method="POST", path="/api/auth/logout", handler=accounts.log_out, access="anyone",
        summary="End the session at once", tag="accounts", answers={204: None},
    ),
    Route(
        method="GET", path="/api/me", handler=accounts.me, summary="The caller's profile",
        tag="accounts", answers={200: schemas.UserView},
    ),
    Route(
        method="PATCH", path="/api/me", handler=accounts.change_me, summary="Change the profile",
        tag="accounts", body=schemas.ProfileChange, answers={200: schemas.UserView},
        problems={401: ("unauthenticated", "invalid_credentials"), 409: ("email_taken",),
                  422: ("invalid",)},
    ),
    Route(
        method="DELETE", path="/api/me", handler=accounts.erase_me, tag="accounts",
        summary="Erase the account's personal data", answers={204: None},
    ),
    Route(
        method="GET", path="/api/admin/staff", handler=accounts.staff, access="admin",
        summary="Who has a role", tag="organisers", answers={200: schemas.StaffList},
    ),
    Route(
        method="POST", path="/api/admin/staff", handler=accounts.set_staff, access="admin",
        summary="Give someone a role, or take it back", tag="organisers",
        body=schemas.StaffChange, answers={200: schemas.UserView}, problems={404: ("not_found",)},
    ),
]  # fmt: skip

CATALOGUE = [
    Route(
        method="GET", path="/api/events", handler=catalogue.events, access="anyone",
        summary="Events", tag="events", query=PAGE, answers={200: schemas.EventList},
        problems={400: ("bad_request",)},
    ),
    Route(
        method="GET", path="/api/events/{id}", handler=catalogue.event, access="anyone",
        summary="One event", tag="events", answers={200: schemas.EventView},
        problems={404: ("not_found",)},
    ),
    Route(
        method="GET", path="/api/events/{id}/seatmap", handler=catalogue.seat_map, access="anyone",
        summary="Where the seats are", tag="events",
        answers={200: schemas.SeatMapView, 304: None}, problems={404: ("not_found",)},
    ),
    Route(
        method="GET", path="/api/events/{id}/availability", handler=catalogue.availability,
        access="anyone", summary="The state of every seat", tag="events",
        answers={200: schemas.AvailabilityView, 304: None}, problems={404: ("not_found",)},
    ),
]  # fmt: skip

HOLDS = [
    Route(
        method="POST", path="/api/events/{id}/holds", handler=holds.create_hold,
        summary="Hold seats", tag="seats", body=HoldWish,
        headers={holds.ADMISSION_HEADER: "The admission's token, from the line.", **KEY},
        answers={201: schemas.HoldAnswer},
        problems={
            400: ("bad_request",), 403: ("admission_required", "admission_expired"),
            404: ("not_found",), 409: ("seats_unavailable", "sale_not_open"),
            422: ("invalid", "limit_exceeded", "unknown_seats", "idempotency_key_reused"),
        },
    ),
    Route(
        method="GET", path="/api/holds/{id}", handler=holds.hold, summary="A hold", tag="seats",
        answers={200: schemas.HoldAnswer}, problems={404: ("not_found",), 410: ("hold_expired",)},
    ),
    Route(
        method="DELETE", path="/api/holds/{id}", handler=holds.release, tag="seats",
        summary="Give up a hold at once", answers={204: None},
        problems={404: ("not_found",), 409: ("payment_under_way",)},
    ),
]  # fmt: skip

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

ORGANISERS = [
    Route(
        method="POST", path="/api/admin/events", handler=organisers.create_event, access="admin",
        summary="Make an event", tag="organisers", body=NewEvent, headers=KEY,
        answers={201: schemas.AdminEventView},
        problems={**KEY_PROBLEMS, 422: ("invalid", "idempotency_key_reused")},
    ),
    Route(
        method="GET", path="/api/admin/events/{id}", handler=organisers.event, access="admin",
        summary="An event with its settings", tag="organisers",
        answers={200: schemas.AdminEventView}, problems={404: ("not_found",)},
    ),
    Route(
        method="PATCH", path="/api/admin/events/{id}", handler=organisers.change_event,
        access="admin", summary="Change an event", tag="organisers", body=EventChange,
        answers={200: schemas.AdminEventView},
        problems={404: ("not_found",), 409: ("seats_taken",), 422: ("invalid",)},
    ),
    Route(
        method="PATCH", path="/api/admin/events/{id}/queue", handler=organisers.change_queue,
        access="admin", summary="Change how the line is run", tag="organisers", body=QueueChange,
        answers={200: QueueSettings}, problems={404: ("not_found",), 422: ("invalid",)},
    ),
    Route(
        method="POST", path="/api/admin/events/{id}/block", handler=organisers.block,
        access="admin", summary="Take seats off sale", tag="organisers", body=schemas.SeatIds,
        answers={204: None},
        problems={404: ("not_found",), 409: ("seats_taken",), 422: ("invalid", "unknown_seats")},
    ),
    Route(
        method="POST", path="/api/admin/events/{id}/unblock", handler=organisers.unblock,
        access="admin", summary="Put blocked seats on sale", tag="organisers",
        body=schemas.SeatIds, answers={204: None},
        problems={404: ("not_found",), 409: ("seats_taken",), 422: ("invalid", "unknown_seats")},
    ),
    Route(
        method="GET", path="/api/admin/events/{id}/orders", handler=organisers.orders,
        access="admin", summary="An event's orders", tag="organisers", query=PAGE,
        answers={200: schemas.OrderLineList}, problems={404: ("not_found",)},
    ),
    Route(
        method="GET", path="/api/admin/events/{id}/report", handler=organisers.report,
        access="admin", summary="The sales report", tag="organisers",
        query={"format": "`json`, or `csv` for every ticket as a line."},
        answers={200: schemas.SalesReport}, problems={404: ("not_found",)},
    ),
]  # fmt: skip

INTERNAL = [
    Route(
        method="POST", path="/internal/holds", handler=holds.create_holds, access="service",
        summary="Holds that arrived together",
    ),
    Route(
        method="GET", path="/internal/holds", handler=holds.live_hold, access="service",
        summary="Someone's live hold",
        query={"event_id": "The event.", "user_id": "The person."},
    ),
    Route(
        method="POST", path="/internal/sessions/resolve", handler=internal.resolve_session,
        access="service", summary="Whose session it is", body=schemas.SessionHash,
        answers={200: schemas.SessionView},
    ),
    Route(
        method="POST", path="/internal/sessions/touch", handler=internal.touch_sessions,
        access="service", summary="Slide sessions", body=schemas.SessionHashes,
        answers={204: None},
    ),
    Route(
        method="GET", path="/internal/sales", handler=internal.sales, access="service",
        summary="The sales, and the till's health", answers={200: Sales},
    ),
    Route(
        method="POST", path="/internal/admissions/revoke", handler=internal.revoke_admissions,
        access="service", summary="Refuse admissions from now on", body=schemas.SpentAdmissions,
        answers={204: None},
    ),
    Route(
        method="POST", path="/internal/draws", handler=internal.record_draw, access="service",
        summary="Record a lobby's size", body=schemas.Draw, answers={200: schemas.DrawView},
    ),
    Route(
        method="GET", path="/internal/draws/{id}", handler=internal.draw, access="service",
        summary="A lobby's size", answers={200: schemas.DrawView},
    ),
    Route(
        method="GET", path="/internal/stats", handler=internal.stats, access="service",
        summary="Sales figures", answers={200: schemas.Stats},
    ),
]  # fmt: skip

ROUTES = [*ACCOUNTS, *CATALOGUE, *HOLDS, *ORDERS, *AFTER_SALE_ROUTES, *ORGANISERS, *INTERNAL]
