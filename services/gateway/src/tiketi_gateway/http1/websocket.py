"""The opening handshake of a WebSocket and its close frame. Pure."""

import base64
import hashlib

from tiketi_gateway.errors import MalformedRequest
from tiketi_gateway.http1.requests import Request

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def handshake_key(request: Request) -> bytes:
    """Raises MalformedRequest for a request that is not a WebSocket handshake."""
    fields = request.fields
    key = fields.get(b"sec-websocket-key", b"")
    if fields.get(b"upgrade", b"").lower() != b"websocket" or len(key) != 24:
        raise MalformedRequest("this path accepts WebSocket handshakes only")
    return key


def switching_protocols(key: bytes, headers: bytes) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n%b\r\n" % (accept, headers)
    )


def close_frame(code: int, reason: str) -> bytes:
    payload = code.to_bytes(2, "big") + reason.encode()
    return bytes((0x88, len(payload))) + payload
