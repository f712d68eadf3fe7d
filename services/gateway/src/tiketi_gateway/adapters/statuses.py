"""The shared document of every line, kept as the bytes that clients get.

The queue is polled for all of them once a second; ticks on Redis pub/sub bring them sooner. Both
carry the queue's own encoding, which is passed on unchanged.
"""

import asyncio
from typing import Any

import msgspec
from redis.exceptions import RedisError

from tiketi_gateway.adapters.internal import Internal
from tiketi_gateway.adapters.sessions import Sessions
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.http1.documents import Document, make_document
from tiketi_gateway.http1.replies import JSON
from tiketi_shared.errors import TiketiError
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import SESSIONS_REVOKED, TICK_CHANNELS, UNCHANGED, Tick

POLL_SECONDS = 1.0
BELIEVED_SECONDS = 10.0
"""A document that has not been received again within this time is not given out any more."""

LISTEN_SECONDS = 5.0
LISTEN_AGAIN_SECONDS = 1.0
_HEADERS = b"Cache-Control: public, max-age=1\r\n"

log = get_logger(__name__)


class _Statuses(msgspec.Struct):
    statuses: dict[str, msgspec.Raw]


class Statuses:
    """See `ports.Statuses` for the contract."""

    def __init__(self, internal: Internal, queue: Service) -> None:
        self._internal, self._queue = internal, queue
        self._documents: dict[str, tuple[Document, float]] = {}
        self._decoder = msgspec.json.Decoder(_Statuses)

    def document(self, event_id: str) -> Document | None:
        kept = self._documents.get(event_id)
        if kept is None or kept[1] < asyncio.get_running_loop().time():
            return None
        return kept[0]

    def put(self, event_id: str, status: bytes) -> None:
        until = asyncio.get_running_loop().time() + BELIEVED_SECONDS
        self._documents[event_id] = (make_document(status, JSON, _HEADERS), until)

    async def keep_polling(self) -> None:
        """Poll the queue for all documents, until cancelled."""
        while True:
            try:
                await self._poll()
            except (TiketiError, msgspec.DecodeError) as error:
                log.debug("polling shared documents failed", error=str(error))
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
    """Receive ticks and ended sessions from Redis pub/sub, until cancelled; reconnect when Redis
    is unavailable.

    A session that ends meanwhile is noticed within SESSION_CACHE_SECONDS.
    """
    while True:
        try:
            async with redis.pubsub() as channel:
                await channel.subscribe(SESSIONS_REVOKED)
                await channel.psubscribe(TICK_CHANNELS)
                while True:
                    await _receive(channel, statuses, sessions)
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("redis subscription lost", error=str(error))
        await asyncio.sleep(LISTEN_AGAIN_SECONDS)


async def _receive(channel: Any, statuses: Statuses, sessions: Sessions) -> None:
    message = await channel.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
    if message is None:
        await channel.ping()  # fails on a dead connection, which waiting alone would not notice
        return
    if message["type"] == "message":
        sessions.forget(message["data"].decode())
    elif message["type"] == "pmessage":
        _receive_tick(message["data"], statuses)


def _receive_tick(data: bytes, statuses: Statuses) -> None:
    try:
        tick = msgspec.json.decode(data, type=Tick)
    except msgspec.DecodeError as error:
        log.warning("dropped an undecodable tick", error=str(error))
        return
    if tick.status != UNCHANGED:
        statuses.put(tick.event_id, bytes(tick.status))
