"""`make openapi`: writes the public descriptions that the gateway serves, and the Python client's
types.

OpenAPI comes from the services' route tables, AsyncAPI from the notifier's messages. Both are
committed, since the gateway imports no other service. A test compares them with the code.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from tests.contract.shapes import TARGET, python_shapes
from tests.harness import Json

from tiketi_booking.web.routes import ROUTES as BOOKING
from tiketi_gateway.web.schemas import WsTicket
from tiketi_metrics.web.routes import ROUTES as METRICS
from tiketi_notifier.messages import FROM_CLIENTS, FROM_THE_SERVER, Message
from tiketi_notifier.web.routes import ROUTES as NOTIFIER
from tiketi_queue.web.routes import ROUTES as QUEUE
from tiketi_shared.openapi import document
from tiketi_shared.routes import Route
from tiketi_shared.version import version_of

VERSION = version_of("tiketi-gateway")
FOLDER = Path(__file__).parents[2] / "services/gateway/src/tiketi_gateway"


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


def openapi() -> Json:
    return document([*QUEUE, *BOOKING, *NOTIFIER, *METRICS, *GATEWAY], version=VERSION)


def asyncapi() -> Json:
    messages: list[Message[Any]] = [*FROM_CLIENTS, *FROM_THE_SERVER]
    schemas, components = msgspec.json.schema_components(
        [message.shape for message in messages], ref_template="#/components/schemas/{name}"
    )
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
                "messages": {
                    message.name: {"$ref": f"#/components/messages/{message.name}"}
                    for message in messages
                },
            }
        },
        "operations": {
            "say": _operation("receive", FROM_CLIENTS),
            "hear": _operation("send", FROM_THE_SERVER),
        },
        "components": {
            "messages": {
                message.name: _message(message, schema)
                for message, schema in zip(messages, schemas, strict=True)
            },
            "schemas": components,
        },
    }


def _operation(action: str, messages: Iterable[Message[Any]]) -> Json:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{message.name}"} for message in messages],
    }


def _message(message: Message[Any], data: Json) -> Json:
    """Describe a message. `data` is optional when the client need not set any member of it."""
    optional = message in FROM_CLIENTS and not msgspec.structs.fields(message.shape)
    return {
        "name": message.name,
        "summary": message.summary,
        "payload": {
            "type": "object",
            "required": ["type"] if optional else ["type", "data"],
            "properties": {"type": {"const": message.name}, "data": data},
        },
    }


def encoded(described: Json) -> str:
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(python_shapes(openapi(), asyncapi()), encoding="utf-8")
    (FOLDER / "openapi.json").write_text(encoded(openapi()), encoding="utf-8")
    (FOLDER / "asyncapi.json").write_text(encoded(asyncapi()), encoding="utf-8")
