"""What admins see and do about mails and webhooks, and the webhooks of payment providers."""

import secrets
from typing import get_args

import asyncpg
import msgspec
from aiohttp import web

from tiketi_booking.domain.deliveries import Status
from tiketi_booking.domain.webhooks import url_errors
from tiketi_booking.web.after_sale_keys import DELIVERIES, RECEIVE_NEWS
from tiketi_booking.web.after_sale_schemas import (
    DeliveryList,
    DeliveryView,
    NewWebhook,
    WebhookCreated,
    WebhookList,
    WebhookView,
)
from tiketi_booking.web.keys import SETTINGS
from tiketi_booking.web.requests import id_cursor, once, paging, path_id
from tiketi_shared.errors import Invalid, NotFound
from tiketi_shared.ids import UserId
from tiketi_shared.web import json_response, read_json, require_role


async def deliveries(request: web.Request) -> web.Response:
    require_role(request, "admin")
    status = request.query.get("status")
    if status is not None and status not in get_args(Status):
        raise Invalid(errors={"status": f"is one of {', '.join(get_args(Status))}"})
    limit, cursor = paging(request)
    rows = await request.app[DELIVERIES].page(status, id_cursor(cursor, str), limit + 1)
    following = rows[limit - 1]["id"] if len(rows) > limit else None
    shown = [_delivery(row) for row in rows[:limit]]
    return json_response(DeliveryList(deliveries=shown, next_cursor=following))


async def retry(request: web.Request) -> web.Response:
    require_role(request, "admin")
    if not await request.app[DELIVERIES].retry(path_id(request, str)):
        raise NotFound("no such delivery, or it is under way or done")
    return web.Response(status=204)


async def add_webhook(request: web.Request) -> web.Response:
    admin = require_role(request, "admin")
    body = await read_json(request, NewWebhook)
    production = request.app[SETTINGS].environment == "production"
    wrong = url_errors(body.url, public_only=production)
    if wrong is not None:
        raise Invalid(errors={"url": wrong})
    return await once(request, admin.user_id, lambda: _registered(request, body, admin.user_id))


async def _registered(request: web.Request, body: NewWebhook, by: UserId) -> web.Response:
    secret, events = f"whsec_{secrets.token_urlsafe(32)}", sorted(set(body.events))
    id_, made = await request.app[DELIVERIES].add_endpoint(body.url, list(events), secret, by)
    created = WebhookCreated(id=id_, url=body.url, events=events, created_at=made, secret=secret)
    return json_response(created, status=201)


async def webhooks(request: web.Request) -> web.Response:
    require_role(request, "admin")
    rows = await request.app[DELIVERIES].endpoints()
    return json_response(WebhookList(webhooks=[WebhookView(**dict(row)) for row in rows]))


async def remove_webhook(request: web.Request) -> web.Response:
    require_role(request, "admin")
    if not await request.app[DELIVERIES].remove_endpoint(path_id(request, str)):
        raise NotFound("no such webhook")
    return web.Response(status=204)


async def payment_news(request: web.Request) -> web.Response:
    await request.app[RECEIVE_NEWS](
        request.match_info["provider"], request.headers, await request.read()
    )
    return web.Response(status=204)


def _delivery(row: asyncpg.Record) -> DeliveryView:
    return DeliveryView(**{**row, "message": msgspec.json.decode(row["message"])})
