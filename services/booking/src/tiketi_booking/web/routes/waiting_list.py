"""The waiting list."""

from tiketi_booking.web import waiting_list
from tiketi_booking.web.routes.common import BUSY
from tiketi_booking.web.schemas import waiting_list as schemas
from tiketi_shared.routes import Route

_WAITLIST = "/api/events/{id}/waitlist"

WAITING_LIST = [
    Route(
        method="POST", path=_WAITLIST, handler=waiting_list.join, tag="waiting list",
        summary="Wait for seats of a sold-out event; joining again changes nothing",
        body=schemas.WaitlistJoin, body_required=False,
        answers={200: schemas.WaitlistPlace, 201: schemas.WaitlistPlace},
        problems={
            404: ("not_found",), 409: ("not_sold_out", "conflict"), 422: ("invalid",), **BUSY,
        },
    ),
    Route(
        method="GET", path=_WAITLIST, handler=waiting_list.place, tag="waiting list",
        summary="One's own place, and the offer once there is one",
        answers={200: schemas.WaitlistPlace},
        problems={404: ("not_found", "not_waiting"), **BUSY},
    ),
    Route(
        method="DELETE", path=_WAITLIST, handler=waiting_list.leave, tag="waiting list",
        summary="Give up the place, or the offer", answers={204: None},
        problems={404: ("not_waiting",), 409: ("payment_under_way",), **BUSY},
    ),
]  # fmt: skip
