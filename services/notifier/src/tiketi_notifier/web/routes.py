"""The URL table. `GET /ws` is answered before it, see `door.py`."""

from tiketi_notifier.web import handlers
from tiketi_shared.routes import Route

ROUTES = [
    Route(
        method="GET",
        path="/api/events/{id}/stream",
        handler=handlers.stream,
        summary="An event's live messages as Server-Sent Events",
        answers={200: bytes},
        problems={404: ("not_found",), 429: ("too_many_requests",), 503: ("unavailable",)},
        headers={"Last-Event-ID": "`epoch:version` of the last message seen, to go on from there."},
        media_type="text/event-stream",
        tag="live",
    ),
]
