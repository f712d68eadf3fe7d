"""Events, for everyone."""

from tiketi_booking.web import catalogue
from tiketi_booking.web.routes.common import PAGE
from tiketi_booking.web.schemas import catalogue as schemas
from tiketi_shared.routes import Route

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
