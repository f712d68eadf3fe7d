"""What admins see and do about mails and webhooks."""

from typing import get_args

from aiohttp import web

from tiketi_booking.domain.deliveries import DeliveryRecord, EndpointRecord, Status
from tiketi_booking.web.keys import DELIVERIES
from tiketi_booking.web.requests import id_cursor, once, paging, path_id
from tiketi_booking.web.schemas.deliveries import (
    DeliveryList,
    DeliveryView,
    NewWebhook,
    WebhookCreated,
    WebhookList,
    WebhookView,
)
from tiketi_shared.errors import Invalid
from tiketi_shared.web import json_response, read_json, require_role


async def deliveries(request: web.Request) -> web.Response:
    require_role(request, "admin")
    status = request.query.get("status")
    if status is not None and status not in get_args(Status):
        raise Invalid(errors={"status": f"must be one of {', '.join(get_args(Status))}"})
    limit, cursor = paging(request)
    found, following = await request.app[DELIVERIES].page(status, limit, id_cursor(cursor, str))
    shown = [_delivery(record) for record in found]
    return json_response(DeliveryList(deliveries=shown, next_cursor=following))


async def retry(request: web.Request) -> web.Response:
    require_role(request, "admin")
    await request.app[DELIVERIES].retry(path_id(request, str))
    return web.Response(status=204)


async def add_webhook(request: web.Request) -> web.Response:
    admin = require_role(request, "admin")
    body = await read_json(request, NewWebhook)
    desk = request.app[DELIVERIES]
    desk.check_url(body.url)

    async def act() -> web.Response:
        made, secret = await desk.register(body.url, set(body.events), admin.user_id)
        created = WebhookCreated(
            id=made.id, url=made.url, events=made.events, created_at=made.created_at, secret=secret
        )
        return json_response(created, status=201)

    return await once(request, admin.user_id, act)


async def webhooks(request: web.Request) -> web.Response:
    require_role(request, "admin")
    registered = await request.app[DELIVERIES].registered()
    return json_response(WebhookList(webhooks=[_webhook(record) for record in registered]))


async def remove_webhook(request: web.Request) -> web.Response:
    require_role(request, "admin")
    await request.app[DELIVERIES].remove(path_id(request, str))
    return web.Response(status=204)


def _delivery(record: DeliveryRecord) -> DeliveryView:
    return DeliveryView(
        id=record.id,
        kind=record.kind,
        url=record.url,
        message_id=record.message_id,
        message=record.message,
        status=record.status,
        attempts=record.attempts,
        next_attempt_at=record.next_attempt_at,
        last_error=record.last_error,
        created_at=record.created_at,
        delivered_at=record.delivered_at,
    )


def _webhook(record: EndpointRecord) -> WebhookView:
    return WebhookView(
        id=record.id, url=record.url, events=record.events, created_at=record.created_at
    )
