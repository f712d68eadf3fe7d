"""The door."""

from tiketi_booking.web import checkin
from tiketi_booking.web.routes.common import BUSY, ENTRIES
from tiketi_booking.web.schemas import checkin as schemas
from tiketi_shared.routes import Route

CHECK_IN = [
    Route(
        method="POST", path="/api/checkin", handler=checkin.scan, tag="door", access="staff",
        summary="Let someone in, once", body=schemas.CheckIn, answers={200: schemas.AdmittedAnswer},
        problems={
            404: ("unknown_ticket",), 409: ("already_used", "ticket_cancelled", "wrong_event"),
            422: ("invalid",), **BUSY,
        },
    ),
    Route(
        method="POST", path="/api/checkin/sync", handler=checkin.sync_scans, tag="door",
        access="staff", summary="Take in what a door did offline; safe to repeat",
        body=schemas.Sync, answers={200: schemas.SyncedAnswer},
        problems={422: ("invalid",), **BUSY},
    ),
    Route(
        method="GET", path="/api/checkin/events/{id}/manifest", handler=checkin.manifest,
        tag="door", access="staff", summary="What a door takes along to work offline",
        answers={200: schemas.Manifest}, problems={404: ("not_found",), **BUSY},
    ),
    Route(
        method="GET", path="/api/checkin/events/{id}/irregular", handler=checkin.irregular,
        tag="door", access="staff", query=ENTRIES,
        summary="Offline entries that an online door would have refused",
        answers={200: schemas.IrregularList},
        problems={404: ("not_found",), 422: ("invalid",), **BUSY},
    ),
]  # fmt: skip
