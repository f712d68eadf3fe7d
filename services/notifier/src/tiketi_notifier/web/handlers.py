"""What is served over plain HTTP."""

from aiohttp import web

from tiketi_notifier import metrics
from tiketi_notifier.domain.frames import TRY_LATER
from tiketi_notifier.settings import Settings
from tiketi_notifier.usecases.live import Live
from tiketi_notifier.web.queues import bound_queue
from tiketi_notifier.web.stream import Stream, position_of
from tiketi_shared.addresses import counted_address
from tiketi_shared.errors import NotFound, TooManyRequests, Unavailable
from tiketi_shared.ids import EventId, is_id
from tiketi_shared.web import identity_of

LIVE = web.AppKey("LIVE", Live)
SETTINGS = web.AppKey("SETTINGS", Settings)

_TRANSPORT_BYTES = 65_536
"""A stream's messages wait in `Stream`; its transport holds no more than this besides."""


async def stream(request: web.Request) -> web.StreamResponse:
    """The event's live messages as Server-Sent Events.

    Each event's name is the message's type and its data the whole message, as on the WebSocket;
    messages of the channel have the id `epoch:version`, which `Last-Event-ID` goes on from.
    """
    live, settings = request.app[LIVE], request.app[SETTINGS]
    event_id = EventId(request.match_info["id"])
    if not is_id(event_id):
        raise NotFound("there is no such event")
    client = Stream(
        identity_of(request).user_id,
        _address(request),
        queued_bytes=settings.max_queued_bytes,
        close_seconds=settings.close_seconds,
    )
    refusal = live.people.add(client)
    if refusal is not None:
        metrics.REFUSED.labels(refusal.code).inc()
        problem = Unavailable if refusal.code == TRY_LATER else TooManyRequests
        raise problem(refusal.reason, retry_after=5)
    metrics.OPENED.labels("stream").inc()
    if request.transport is not None:
        bound_queue(request.transport, min(settings.max_queued_bytes, _TRANSPORT_BYTES))
    try:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        live.subscribe(client, event_id, position_of(request.headers.get("Last-Event-ID")))
        await client.write_to(response, settings.ping_seconds)
    except ConnectionResetError:
        pass  # the client is gone, as clients go
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    finally:
        live.disconnect(client)
    return response


def _address(request: web.Request) -> str:
    """The client's address as the gateway saw it, else the connection's own; as limits count it."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return counted_address(forwarded.rpartition(",")[2].strip() or request.remote or "")
