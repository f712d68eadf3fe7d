"""The shared document of every line, kept as bytes.

The queue is asked for all of them once a second; ticks on Redis pub/sub bring them sooner. Both are
the queue's own encoding, given out as it is.
"""

import asyncio
from typing import Any

import msgspec
from redis.exceptions import RedisError

from tiketi_gateway.adapters.internal import Internal
from tiketi_gateway.adapters.memory import Document, document
from tiketi_gateway.adapters.replies import JSON
from tiketi_gateway.adapters.sessions import Sessions
from tiketi_gateway.adapters.upstream import Service
from tiketi_shared.errors import TiketiError
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import SESSIONS_REVOKED, TICK_CHANNELS, UNCHANGED, Tick

POLL_SECONDS = 1.0
BELIEVED_SECONDS = 10.0
"""A document that was not heard of for so long is not given out any more."""

LISTEN_SECONDS = 5.0
LISTEN_AGAIN_SECONDS = 1.0
_LINES = b"Cache-Control: public, max-age=1\r\n"

log = get_logger(__name__)


class _Statuses(msgspec.Struct):
    statuses: dict[str, msgspec.Raw]


class Statuses:
    def __init__(self, internal: Internal, queue: Service) -> None:
        self._internal, self._queue = internal, queue
        self._documents: dict[str, tuple[Document, float]] = {}
        self._decoder = msgspec.json.Decoder(_Statuses)

    def document(self, event_id: str) -> Document | None:
        """The document, if it was heard of lately."""
        kept = self._documents.get(event_id)
        if kept is None or kept[1] < asyncio.get_running_loop().time():
            return None
        return kept[0]

    def put(self, event_id: str, status: bytes) -> None:
        until = asyncio.get_running_loop().time() + BELIEVED_SECONDS
        self._documents[event_id] = (document(status, JSON, _LINES), until)

    async def keep_polling(self) -> None:
        """Ask the queue for all documents, for ever."""
        while True:
            try:
                await self._poll()
            except (TiketiError, msgspec.DecodeError) as error:
                log.debug("no shared documents", error=str(error))
            await asyncio.sleep(POLL_SECONDS)

    async def _poll(self) -> None:
        status, body = await self._internal.call(
            self._queue, b"GET", b"/internal/statuses", repeatable=True, seconds=2.0
        )
        if status != 200:
            return
        statuses = self._decoder.decode(body).statuses
        for event_id, document_ in statuses.items():
            self.put(event_id, bytes(document_))
        for event_id in self._documents.keys() - statuses.keys():
            del self._documents[event_id]


async def listen(redis: Any, statuses: Statuses, sessions: Sessions) -> None:
    """Take ticks and ended sessions from Redis pub/sub, for ever; without Redis, wait for it.

    Sessions that ended while nobody listened are found out within SESSION_CACHE_SECONDS.
    """
    while True:
        try:
            async with redis.pubsub() as channel:
                await channel.subscribe(SESSIONS_REVOKED)
                await channel.psubscribe(TICK_CHANNELS)
                while True:
                    await _take(channel, statuses, sessions)
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("not listening", error=str(error))
        await asyncio.sleep(LISTEN_AGAIN_SECONDS)


async def _take(channel: Any, statuses: Statuses, sessions: Sessions) -> None:
    message = await channel.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
    if message is None:
        await channel.ping()  # a dead peer is noticed, where waiting alone would not
        return
    if message["type"] == "message":
        sessions.forget(message["data"].decode())
    elif message["type"] == "pmessage":
        _take_tick(message["data"], statuses)


def _take_tick(data: bytes, statuses: Statuses) -> None:
    try:
        tick = msgspec.json.decode(data, type=Tick)
    except msgspec.DecodeError as error:
        log.warning("not a tick", error=str(error))
        return
    if tick.status != UNCHANGED:
        statuses.put(tick.event_id, bytes(tick.status))
