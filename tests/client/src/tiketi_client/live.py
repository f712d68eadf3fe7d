"""A live connection that stays: reconnects, goes elsewhere when asked, and resumes without a gap.

    async with client.live() as live:
        await live.subscribe(event_id)
        async for message in live:
            ...

When the connection is lost it is tried again five times, after 1 s growing to 5 s with jitter;
then every subscription goes on from the last message seen, and `session-restored` comes for each.
A `subscribed` message with `recovered` false means that changes may have been missed: fetch the
availability again. When the service asks to `reconnect` a new connection is made first, and the old
one is closed once the new one stands.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
import msgspec

from tiketi_client.errors import LiveLost, TiketiError
from tiketi_client.following import Following, Message
from tiketi_client.retrying import TRIES, pause

NOT_SIGNED_IN = 4401
"""The close code after which trying again is of no use."""

_HEARTBEAT_SECONDS = 30
_MAX_MESSAGE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect: asked for anew each time, since a ticket works once."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)


class LiveConnection:
    """An async context and an async iterator of `Message`s; one task may iterate.

    Iterating raises LiveLost when the connection cannot be restored.
    """

    def __init__(
        self, session: aiohttp.ClientSession, address: Callable[[], Awaitable[Address]]
    ) -> None:
        self._session = session
        self._address = address
        self._following: dict[str, Following] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._moving: asyncio.Task[None] | None = None
        self.reconnects = 0

    async def __aenter__(self) -> "LiveConnection":
        self._socket = await self._dial()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._moving is not None:
            self._moving.cancel()
        if self._socket is not None:
            await self._socket.close()

    async def subscribe(self, event_id: str) -> None:
        """Follow an event from now on; answered by a `subscribed` message."""
        following = self._following.setdefault(event_id, Following(event_id))
        await self.send("subscribe", following.request())

    async def unsubscribe(self, event_id: str) -> None:
        self._following.pop(event_id, None)
        await self.send("unsubscribe", {"event_id": event_id})

    async def check_queue_status(self, event_id: str) -> None:
        """Answered by `queue-restored`."""
        await self.send("check-queue-status", {"event_id": event_id})

    async def restore_session(self, event_id: str) -> None:
        """Answered by `session-restored`."""
        await self.send("restore-session", {"event_id": event_id})

    async def send(self, type_: str, data: dict[str, Any]) -> None:
        """What cannot be sent now is not lost where it matters: subscriptions are told again with
        the next connection."""
        if self._socket is not None and not self._socket.closed:
            await self._send_on(self._socket, type_, data)

    async def __aiter__(self) -> AsyncIterator[Message]:
        while True:
            socket = self._socket
            if socket is None or socket.closed:
                await self._reconnect(socket)
                continue
            received = await socket.receive()
            if received.type is aiohttp.WSMsgType.TEXT and socket is self._socket:
                for message in self._understood(received.data):
                    yield message

    def _understood(self, text: str) -> list[Message]:
        body = msgspec.json.decode(text)
        message = Message(body["type"], body["data"])
        if message.type == "reconnect":
            self._move_after(message.data["after_ms"] / 1000)
        following = self._following.get(message.data.get("event_id", ""))
        return [message] if following is None else list(following.take(message))

    async def _reconnect(self, lost: aiohttp.ClientWebSocketResponse | None) -> None:
        code = lost.close_code if lost is not None else None
        if code == NOT_SIGNED_IN:
            raise LiveLost("the session is no longer valid", code)
        why: Exception | None = None
        for attempt in range(TRIES):
            await asyncio.sleep(pause(attempt, random.random()))
            if self._socket is not lost:
                return
            try:
                self._socket = await self._restored()
            except (aiohttp.ClientError, OSError, TimeoutError, TiketiError) as error:
                why = error
            else:
                return
        raise LiveLost(f"not restored after {TRIES} tries: {why}", code) from why

    def _move_after(self, seconds: float) -> None:
        if self._moving is None or self._moving.done():
            self._moving = asyncio.create_task(self._move(seconds))

    async def _move(self, seconds: float) -> None:
        """Go elsewhere before this connection is closed; if that fails, reconnecting is next."""
        await asyncio.sleep(seconds)
        before = self._socket
        try:
            self._socket = await self._restored()
        except (aiohttp.ClientError, OSError, TimeoutError, TiketiError):
            return
        if before is not None:
            await before.close()

    async def _restored(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self._dial()
        self.reconnects += 1
        for following in list(self._following.values()):
            await self._send_on(socket, "subscribe", following.request())
            await self._send_on(socket, "restore-session", {"event_id": following.event_id})
        return socket

    async def _dial(self) -> aiohttp.ClientWebSocketResponse:
        address = await self._address()
        return await self._session.ws_connect(
            address.url,
            headers=address.headers,
            heartbeat=_HEARTBEAT_SECONDS,
            max_msg_size=_MAX_MESSAGE_BYTES,
        )

    async def _send_on(
        self, socket: aiohttp.ClientWebSocketResponse, type_: str, data: dict[str, Any]
    ) -> None:
        text = msgspec.json.encode({"type": type_, "data": data}).decode()
        try:
            await socket.send_str(text)
        except (ConnectionError, aiohttp.ClientError):
            return
