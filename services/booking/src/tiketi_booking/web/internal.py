"""Handlers for calls of the other services."""

import time

from aiohttp import web

from tiketi_booking.web.keys import (
    ACCOUNTS,
    HEALTH,
    HOLDS,
    ORGANISING,
    REPORTS,
    WAITING_LIST,
    WATCH,
)
from tiketi_booking.web.requests import event_id_of
from tiketi_booking.web.schemas import internal as schemas
from tiketi_shared.ids import AdmissionId, EventId
from tiketi_shared.sale import Sales
from tiketi_shared.web import json_response, read_json, require_role


async def resolve_session(request: web.Request) -> web.Response:
    require_role(request, "service")
    body = await read_json(request, schemas.SessionHash)
    account, expires_at = await request.app[ACCOUNTS].resolve(body.session_hash)
    return json_response(
        schemas.SessionView(
            user_id=account.id,
            role=account.role,
            name=account.name,
            email=account.email,
            expires_at=expires_at,
        )
    )


async def touch_sessions(request: web.Request) -> web.Response:
    require_role(request, "service")
    body = await read_json(request, schemas.SessionHashes)
    await request.app[ACCOUNTS].touch(list(body.session_hashes))
    return web.Response(status=204)


async def sales(request: web.Request) -> web.Response:
    require_role(request, "service")
    counters = await request.app[WATCH].counters()
    health, now = request.app[HEALTH], time.perf_counter()
    return json_response(
        Sales(
            sales=[one.sale for one in counters.values()],
            hold_seconds_p95=health.hold_p95(now),
            checkout_seconds_p95=health.checkout_p95(now),
            error_share=health.error_share(now),
        )
    )


async def revoke_admissions(request: web.Request) -> web.Response:
    require_role(request, "service")
    body = await read_json(request, schemas.SpentAdmissions)
    await request.app[HOLDS].revoke(
        [(AdmissionId(spent.admission_id), spent.exp) for spent in body.admissions]
    )
    return web.Response(status=204)


async def lines(request: web.Request) -> web.Response:
    """The waiting list of an event comes after everybody in its line."""
    require_role(request, "service")
    body = await read_json(request, schemas.Lines)
    await request.app[WAITING_LIST].line_told(
        {EventId(event_id): waiting for event_id, waiting in body.waiting.items()}
    )
    return web.Response(status=204)


async def record_draw(request: web.Request) -> web.Response:
    """The first recorded number stays."""
    require_role(request, "service")
    body = await read_json(request, schemas.Draw)
    kept = await request.app[ORGANISING].record_draw(EventId(body.event_id), body.participants)
    return json_response(schemas.DrawView(participants=kept))


async def draw(request: web.Request) -> web.Response:
    require_role(request, "service")
    kept = await request.app[ORGANISING].draw(event_id_of(request))
    return json_response(schemas.DrawView(participants=kept))


async def stats(request: web.Request) -> web.Response:
    require_role(request, "service")
    counters = await request.app[WATCH].counters()
    last_hour = await request.app[REPORTS].stats(list(counters))
    return json_response(
        schemas.Stats(
            events={
                event_id: schemas.EventStats(
                    name=one.sale.name,
                    currency=one.currency,
                    seats_total=one.sale.seats_total,
                    sold=one.sold,
                    held=one.held,
                    left=one.sale.seats_left,
                    revenue=one.revenue,
                    orders=one.orders,
                    refunds=one.refunds,
                    admissions_used=one.admissions_used,
                    sold_last_hour=last_hour.get(event_id, 0),
                )
                for event_id, one in counters.items()
            }
        )
    )
