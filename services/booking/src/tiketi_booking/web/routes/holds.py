"""Holds."""

from tiketi_booking.domain.holds import HoldWish
from tiketi_booking.web import holds
from tiketi_booking.web.routes.common import KEY
from tiketi_booking.web.schemas import holds as schemas
from tiketi_shared.routes import Route

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
        method="GET", path="/api/holds", handler=holds.live_holds, tag="seats",
        summary="The caller's holds that have not ended", answers={200: schemas.HoldList},
    ),
    Route(
        method="GET", path="/api/holds/{id}", handler=holds.hold, summary="A hold", tag="seats",
        answers={200: schemas.HoldAnswer}, problems={404: ("not_found",), 410: ("hold_expired",)},
    ),
    Route(
        method="DELETE", path="/api/holds/{id}", handler=holds.release, tag="seats",
        summary="Give up a hold at once", answers={204: None},
        problems={404: ("not_found",), 409: ("payment_under_way", "hold_paid")},
    ),
]  # fmt: skip
