"""Events, seat maps and availability, for everyone."""

import gzip
import time

from aiohttp import web

from tiketi_booking.domain.catalogue import EventPage
from tiketi_booking.web.keys import CATALOGUE, PICTURES, SETTINGS, WATCH
from tiketi_booking.web.requests import event_id_of, paging
from tiketi_booking.web.schemas import catalogue as schemas
from tiketi_booking.web.views import event_summary, event_view
from tiketi_shared.errors import NotFound
from tiketi_shared.web import json_response


async def events(request: web.Request) -> web.Response:
    """Until a day after their sale closes and they start, by start."""
    page, cursor = await request.app[CATALOGUE].page(*paging(request))
    return json_response(await event_list(request, page, cursor))


async def event_list(
    request: web.Request, page: EventPage, cursor: str | None
) -> schemas.EventList:
    counters = await request.app[WATCH].known_counters()
    now, zone = time.time(), request.app[SETTINGS].event_timezone
    views = [event_summary(event, counters.get(event.id), now, zone) for event in page.events]
    return schemas.EventList(events=views, next_cursor=cursor)


async def event(request: web.Request) -> web.Response:
    found = await request.app[CATALOGUE].event(event_id_of(request))
    if found.unreadable:
        raise NotFound("no such event")
    counters = await request.app[WATCH].known_counters()
    zone = request.app[SETTINGS].event_timezone
    return json_response(event_view(found, counters.get(found.id), time.time(), zone))


async def seat_map(request: web.Request) -> web.Response:
    """Never changes: keep it. Seats are in the order of `availability`."""
    found = await request.app[CATALOGUE].seat_map(event_id_of(request))
    headers = {"ETag": f'"{found.etag}"', "Cache-Control": "public, max-age=31536000, immutable"}
    if _has(request, found.etag):
        return web.Response(status=304, headers=headers)
    headers["Vary"] = "Accept-Encoding"
    if _takes_gzip(request):
        return json_response(found.document, headers={**headers, "Content-Encoding": "gzip"})
    return json_response(gzip.decompress(found.document), headers=headers)


async def availability(request: web.Request) -> web.Response:
    """One character a seat, in the order of the seat map: `a` available, `h` held, `s` sold,
    `x` blocked; and what is left of each general-admission type."""
    encoded = await request.app[PICTURES].encoded(event_id_of(request))
    headers = {"ETag": f'"{encoded.etag}"', "Cache-Control": "public, max-age=1"}
    if _has(request, encoded.etag):
        return web.Response(status=304, headers=headers)
    headers["Vary"] = "Accept-Encoding"
    if _takes_gzip(request):
        return json_response(encoded.gzipped, headers={**headers, "Content-Encoding": "gzip"})
    return json_response(encoded.plain, headers=headers)


def _has(request: web.Request, etag: str) -> bool:
    return any(tag.value in (etag, "*") for tag in request.if_none_match or ())


def _takes_gzip(request: web.Request) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")
