"""Between the services."""

from tiketi_booking.web import holds, internal
from tiketi_booking.web.schemas import internal as schemas
from tiketi_shared.routes import Route
from tiketi_shared.sale import Sales

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
        method="POST", path="/internal/lines", handler=internal.lines, access="service",
        summary="How many people wait in the lines", body=schemas.Lines, answers={204: None},
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
