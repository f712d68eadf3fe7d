"""Writes the public descriptions that the gateway serves: `make openapi`.

OpenAPI comes from the services' route tables, AsyncAPI from the notifier's messages. Both are
committed, since the gateway imports no other service; a test holds them against the code.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from tiketi_booking.web.routes import ROUTES as BOOKING
from tiketi_metrics.web.routes import ROUTES as METRICS
from tiketi_notifier.messages import (
    EventChanged,
    OfEvent,
    Reconnect,
    Refused,
    SaleMoved,
    SeatsOffered,
    SeatUpdate,
    Subscribe,
    SubscribedData,
)
from tiketi_notifier.web.routes import ROUTES as NOTIFIER
from tiketi_queue.domain.place import AdmissionGrant, Place, Progress
from tiketi_queue.web.routes import ROUTES as QUEUE
from tiketi_shared.ids import EventId
from tiketi_shared.openapi import document
from tiketi_shared.routes import Route
from tiketi_shared.version import version_of

VERSION = version_of("tiketi-gateway")
FOLDER = Path(__file__).parents[2] / "services/gateway/src/tiketi_gateway"


class WsTicket(msgspec.Struct):
    """`GET /ws?ticket=` takes it once, within `expires_in` seconds."""

    ticket: str
    expires_in: int


async def _at_the_gateway(_: web.Request) -> web.Response:
    raise NotImplementedError("described here, answered by the gateway itself")


_at_the_gateway.__doc__ = None

GATEWAY = [
    Route(
        method="POST",
        path="/api/ws-ticket",
        handler=_at_the_gateway,
        summary="A ticket for a WebSocket that cannot send the session",
        answers={201: WsTicket},
        problems={503: ("unavailable",)},
        tag="live",
    ),
]


class PlaceOf(Place, frozen=True, kw_only=True):
    """A place, and which event it is of: a client may stand in several lines."""

    event_id: EventId


class Enter(msgspec.Struct):
    event_id: EventId
    admission: AdmissionGrant


class Restored(msgspec.Struct):
    """The place and the hold, each null where there is none."""

    event_id: EventId
    queue: PlaceOf | None
    hold: Any


class Empty(msgspec.Struct):
    """Nothing."""


FROM_CLIENTS: dict[str, Any] = {
    "subscribe": Subscribe,
    "unsubscribe": OfEvent,
    "check-queue-status": OfEvent,
    "restore-session": OfEvent,
    "ping": Empty,
}

FROM_THE_SERVER: dict[str, Any] = {
    "subscribed": SubscribedData,
    "unsubscribed": OfEvent,
    "queue-restored": PlaceOf,
    "session-restored": Restored,
    "pong": Empty,
    "queue-progress": Progress,
    "queue-enter": Enter,
    "seats-offered": SeatsOffered,
    "seat-update": SeatUpdate,
    "event-changed": EventChanged,
    "event-started": SaleMoved,
    "event-paused": SaleMoved,
    "event-resumed": SaleMoved,
    "event-ended": SaleMoved,
    "event-sold-out": SaleMoved,
    "reconnect": Reconnect,
    "error": Refused,
}


def openapi() -> dict[str, Any]:
    return document([*QUEUE, *BOOKING, *NOTIFIER, *METRICS, *GATEWAY], version=VERSION)


def asyncapi() -> dict[str, Any]:
    messages = {**FROM_CLIENTS, **FROM_THE_SERVER}
    schemas, components = msgspec.json.schema_components(
        list(messages.values()), ref_template="#/components/schemas/{name}"
    )
    schema_of = dict(zip(messages, schemas, strict=True))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tiketi live",
            "version": VERSION,
            "description": "Every message is `{type, data}` as JSON text. Close codes: 1012 "
            "restart (reconnect), 1008 policy, 1013 try later, 4401 not authenticated, 4408 too "
            "slow, 4429 too many.",
        },
        "channels": {
            "live": {
                "address": "/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "say": _operation("receive", FROM_CLIENTS),
            "hear": _operation("send", FROM_THE_SERVER),
        },
        "components": {
            "messages": {name: _message(name, schema_of[name]) for name in messages},
            "schemas": components,
        },
    }


def _operation(action: str, messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in messages],
    }


def _message(name: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "payload": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"const": name}, "data": data},
        },
    }


def encoded(described: dict[str, Any]) -> str:
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (FOLDER / "openapi.json").write_text(encoded(openapi()), encoding="utf-8")
    (FOLDER / "asyncapi.json").write_text(encoded(asyncapi()), encoding="utf-8")
