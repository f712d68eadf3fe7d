"""Organisers."""

from tiketi_booking.domain.catalogue import EventChange, NewEvent, QueueChange
from tiketi_booking.web import organisers
from tiketi_booking.web.routes.common import KEY, KEY_PROBLEMS, PAGE, SEEN
from tiketi_booking.web.schemas import organisers as schemas
from tiketi_booking.web.schemas.catalogue import EventList
from tiketi_shared.routes import Route
from tiketi_shared.sale import QueueSettings

ORGANISERS = [
    Route(
        method="POST", path="/api/admin/events", handler=organisers.create_event, access="admin",
        summary="Make an event", tag="organisers", body=NewEvent, headers=KEY,
        answers={201: schemas.AdminEventView},
        problems={**KEY_PROBLEMS, 422: ("invalid", "idempotency_key_reused")},
    ),
    Route(
        method="GET", path="/api/admin/events", handler=organisers.events, access="admin",
        summary="All events, also those long over", tag="organisers", query=PAGE,
        answers={200: EventList},
    ),
    Route(
        method="GET", path="/api/admin/events/{id}", handler=organisers.event, access="admin",
        summary="An event with its settings", tag="organisers",
        answers={200: schemas.AdminEventView}, problems={404: ("not_found",)},
    ),
    Route(
        method="PATCH", path="/api/admin/events/{id}", handler=organisers.change_event,
        access="admin", summary="Change an event", tag="organisers", body=EventChange, headers=SEEN,
        answers={200: schemas.AdminEventView},
        problems={404: ("not_found",), 409: ("seats_taken",), 412: ("changed_meanwhile",),
                  422: ("invalid",)},
    ),
    Route(
        method="PATCH", path="/api/admin/events/{id}/queue", handler=organisers.change_queue,
        access="admin", summary="Change how the line is run", tag="organisers", body=QueueChange,
        headers=SEEN, answers={200: QueueSettings},
        problems={404: ("not_found",), 412: ("changed_meanwhile",), 422: ("invalid",)},
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
