"""WebSocket frames (RFC 6455), without I/O: no extensions, text messages only.

A server's frame is not masked, so the same bytes go to every client: encode once, write to all.
What a client sends is read by one `FrameReader` per connection, which keeps nothing between
messages. Every way of breaking the protocol ends in a `Violation` with its close code.
"""

from collections.abc import Iterator
from dataclasses import dataclass

NORMAL = 1000
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
INVALID_TEXT = 1007
POLICY = 1008
TOO_BIG = 1009
RESTART = 1012
TRY_LATER = 1013
UNAUTHENTICATED = 4401
TOO_SLOW = 4408
TOO_MANY = 4429

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_CONTROL = 0x8
_FINAL = 0x80
_MASKED = 0x80
_MAX_CONTROL_PAYLOAD = 125
_SENDABLE_CLOSE_CODES = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}


class Violation(Exception):
    """The client broke the protocol; `code` is what the connection is closed with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Text:
    """One whole message, valid UTF-8."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The client says goodbye; `code` is None when it gave none."""

    code: int | None


Incoming = Text | Ping | Pong | Closed


def text_frame(payload: bytes) -> bytes:
    return _frame(_TEXT, payload)


def pong_frame(payload: bytes) -> bytes:
    return _frame(_PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """`reason` is cut to what a control frame can carry."""
    told = reason.encode()[: _MAX_CONTROL_PAYLOAD - 2].decode(errors="ignore").encode()
    return _frame(_CLOSE, code.to_bytes(2, "big") + told)


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((_FINAL | opcode, size)) + payload
    if size < 65_536:
        return bytes((_FINAL | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_FINAL | opcode, 127)) + size.to_bytes(8, "big") + payload


PING_FRAME = _frame(_PING, b"")


class FrameReader:
    """Turns received bytes into messages, one connection's state.

    `feed` yields what is complete and raises `Violation` where the client went wrong; after that
    the reader must not be fed again. Never holds more than `max_bytes` and one frame's header:
    a frame that announces more is refused before its payload comes.
    """

    __slots__ = ("_buffer", "_max_bytes", "_partial")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = b""
        self._partial: bytes | None = None

    def feed(self, data: bytes) -> Iterator[Incoming]:
        self._buffer += data
        while (frame := self._next_frame()) is not None:
            opcode, final, payload = frame
            incoming = (
                _control(opcode, final, payload)
                if opcode & _CONTROL
                else self._message(opcode, final, payload)
            )
            if incoming is not None:
                yield incoming

    def _next_frame(self) -> tuple[int, bool, bytes] | None:
        """(opcode, whether final, unmasked payload), or None while it is not all there."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        if first & 0x70:
            raise Violation(PROTOCOL_ERROR, "reserved bits are set")
        if not second & _MASKED:
            raise Violation(PROTOCOL_ERROR, "a client's frame must be masked")
        size, start = second & 0x7F, 2
        if size > _MAX_CONTROL_PAYLOAD:
            if first & _CONTROL:
                raise Violation(PROTOCOL_ERROR, "a control frame is too long")
            width = 2 if size == 126 else 8
            start += width
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if not first & _CONTROL and size + len(self._partial or b"") > self._max_bytes:
            raise Violation(TOO_BIG, f"a message has {self._max_bytes} bytes at the most")
        end = start + 4 + size
        if len(buffer) < end:
            return None
        self._buffer = buffer[end:]
        payload = _unmasked(buffer[start + 4 : end], buffer[start : start + 4])
        return first & 0x0F, bool(first & _FINAL), payload

    def _message(self, opcode: int, final: bool, payload: bytes) -> Text | None:
        if opcode == _BINARY:
            raise Violation(UNSUPPORTED_DATA, "messages are text")
        if opcode not in (_CONTINUATION, _TEXT):
            raise Violation(PROTOCOL_ERROR, "an unknown kind of frame")
        if (opcode == _CONTINUATION) != (self._partial is not None):
            raise Violation(PROTOCOL_ERROR, "fragments are out of order")
        payload = (self._partial or b"") + payload
        if not final:
            self._partial = payload
            return None
        self._partial = None
        _checked_text(payload)
        return Text(payload)


def _control(opcode: int, final: bool, payload: bytes) -> Incoming:
    if not final:
        raise Violation(PROTOCOL_ERROR, "a control frame is fragmented")
    if opcode == _PING:
        return Ping(payload)
    if opcode == _PONG:
        return Pong(payload)
    if opcode == _CLOSE:
        return _closed(payload)
    raise Violation(PROTOCOL_ERROR, "an unknown kind of frame")


def _closed(payload: bytes) -> Closed:
    if not payload:
        return Closed(None)
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or not (code in _SENDABLE_CLOSE_CODES or 3000 <= code < 5000):
        raise Violation(PROTOCOL_ERROR, "a close code that may not be sent")
    _checked_text(payload[2:])
    return Closed(code)


def _checked_text(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise Violation(INVALID_TEXT, "text must be UTF-8") from None


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    """One XOR over the whole payload as a number, which is as fast as C for messages this small."""
    size = len(payload)
    pad = (mask * (size // 4 + 1))[:size]
    whole = int.from_bytes(payload, "little") ^ int.from_bytes(pad, "little")
    return whole.to_bytes(size, "little")
