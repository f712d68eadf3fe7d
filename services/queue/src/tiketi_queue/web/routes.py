"""Every URL of the queue on one screen."""

from tiketi_queue.usecases.visits import VisitBody
from tiketi_queue.web import handlers
from tiketi_queue.web.schemas import Depths, DrawDocument, Presence, Statuses
from tiketi_shared.routes import Route
from tiketi_shared.shapes import Place, Progress

_QUEUE = "/api/events/{id}/queue"
_PAUSED = {503: ("line_paused",)}

ROUTES = [
    Route(
        method="POST", path=_QUEUE, handler=handlers.join, tag="line",
        summary="Join the line", body=VisitBody, body_required=False,
        answers={200: Place, 202: Place},
        problems={
            403: ("invite_required",), 404: ("not_found",),
            409: ("not_on_sale", "sold_out", "sale_ended"), 413: ("too_large",),
            422: ("invalid", "invalid_ticket"), 429: ("too_many_requests",), **_PAUSED,
        },
    ),
    Route(
        method="GET", path=_QUEUE, handler=handlers.place, tag="line",
        summary="One's own place", answers={200: Place},
        problems={
            404: ("not_found", "not_in_queue"), 409: ("sale_ended",),
            422: ("invalid_ticket",), **_PAUSED,
        },
        headers={
            "Queue-Ticket": "The place's ticket, to be put back after a loss of the line.",
            "Queue-Admission": "An admission, to be put back after a loss of the line.",
        },
    ),
    Route(
        method="DELETE", path=_QUEUE, handler=handlers.leave, tag="line",
        summary="Give up the place or the admission", answers={204: None},
        problems={404: ("not_found",), **_PAUSED},
    ),
    Route(
        method="GET", path=_QUEUE + "/status", handler=handlers.status, tag="line",
        access="anyone", summary="The line's shared document", answers={200: Progress},
        problems={404: ("not_found",), **_PAUSED},
    ),
    Route(
        method="GET", path=_QUEUE + "/draw", handler=handlers.draw, tag="line",
        access="anyone", summary="What proves the draw", answers={200: DrawDocument},
        problems={404: ("not_found",), **_PAUSED},
    ),
    Route(
        method="POST", path="/internal/line", handler=handlers.serve_line, access="service",
        summary="Requests that travel together", media_type="application/msgpack",
        answers={200: bytes},
    ),
    Route(
        method="GET", path="/internal/statuses", handler=handlers.statuses, access="service",
        summary="All shared documents", answers={200: Statuses},
    ),
    Route(
        method="POST", path="/internal/presence", handler=handlers.presence, access="service",
        summary="Who is connected", body=Presence, answers={204: None}, problems=_PAUSED,
    ),
    Route(
        method="GET", path="/internal/depths", handler=handlers.depths, access="service",
        summary="All lines in numbers", answers={200: Depths},
    ),
]  # fmt: skip
