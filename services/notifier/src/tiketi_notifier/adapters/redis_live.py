"""The versioned channels in Redis: scripts publish and read them, pub/sub delivers them.

One task owns the pub/sub connection: it subscribes, reads and pings. On a cluster the channels are
sharded (SSUBSCRIBE); each is received from the node that owns its event. Any error ends `listen`,
and the caller starts it again.
"""

import itertools
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any, NoReturn, Protocol

import msgspec
from redis.asyncio import RedisCluster
from redis.exceptions import RedisError

from tiketi_notifier import metrics
from tiketi_notifier.adapters import keys
from tiketi_notifier.domain.channel import Entry, Position, Snapshot
from tiketi_notifier.errors import LiveUnavailable
from tiketi_notifier.ports import Update
from tiketi_shared.ids import EventId
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import TICK_CHANNELS, UNCHANGED, HoldOffered, Tick, tick_channel
from tiketi_shared.resources import open_redis

STATE_SECONDS = 86_400
"""An event's version outlives its history, so that a quiet hour does not begin a new epoch."""
READ_SECONDS = 600
"""How long the version of an event lives that was only read."""

_POLL_SECONDS = 0.05
_PING_EVERY_SECONDS = 1.0
_SILENCE_SECONDS = 4.0

log = get_logger(__name__)


class _Data(msgspec.Struct, frozen=True):
    event_id: EventId
    epoch: str
    version: int


class _Published(msgspec.Struct, frozen=True):
    """The decoded part of a channel's message; the rest is passed on as bytes."""

    type: str
    data: _Data


_published = msgspec.json.Decoder(_Published)
_ticks = msgspec.json.Decoder(Tick)


def is_sharded(client: Any) -> bool:
    return isinstance(client, RedisCluster)


class RedisLiveStore:
    """`LiveStore`."""

    def __init__(self, client: Any, *, history: int, history_seconds: int) -> None:
        self._client = client
        self._publish = client.register_script(_lua("publish"))
        self._read = client.register_script(_lua("read"))
        self._command = "SPUBLISH" if is_sharded(client) else "PUBLISH"
        self._history = history
        self._history_seconds = history_seconds
        self._told: dict[EventId, Position] = {}

    async def publish(self, update: Update) -> int | None:
        known = self._told.get(update.event_id, Position("", 0))
        event_id = update.event_id
        head = f'{{"type":"{update.type}","data":{{"event_id":"{event_id}",'
        arguments = [
            update.stream, update.first, update.last, head, _new_epoch(),
            b"," + update.members[1:] + b"}", known.epoch, known.version,
            self._history, self._history_seconds, STATE_SECONDS,
            keys.live_channel(event_id), self._command,
        ]  # fmt: skip
        names = [keys.live_state(event_id), keys.live_history(event_id)]
        with _unavailable():
            told, epoch, version = await self._publish(keys=names, args=arguments)
        if told >= 0:
            metrics.REPEATED.inc()
            return int(told)
        self._told[event_id] = Position(epoch.decode(), version)
        metrics.PUBLISHED.inc()
        return None

    async def offer(self, event_id: EventId, offers: Sequence[HoldOffered]) -> None:
        tick = Tick(event_id, UNCHANGED, [], list(offers))
        with _unavailable():
            await self._client.publish(tick_channel(event_id), msgspec.json.encode(tick))

    async def read(self, event_id: EventId, known: Position | None) -> Snapshot:
        known = known or Position("", 0)
        names = [keys.live_state(event_id), keys.live_history(event_id)]
        arguments = [_new_epoch(), known.epoch, known.version, READ_SECONDS]
        with _unavailable():
            epoch, version, messages = await self._read(keys=names, args=arguments)
        entries = tuple(_entry(message)[1] for message in messages)
        return Snapshot(Position(epoch.decode(), version), entries)


class Listener(Protocol):
    """Receives what arrives on the channels."""

    @property
    def followed(self) -> set[EventId]:
        """The events to listen to; may change at any time."""

    def store_back(self) -> None:
        """Redis is connected; channels are subscribed from now on."""

    def store_lost(self) -> None:
        """The connection is lost; nothing is received until `store_back`."""

    def channel_subscribed(self, event_id: EventId) -> None: ...

    def arrived(self, event_id: EventId, entry: Entry) -> None: ...

    def ticked(self, tick: Tick, now: float) -> None: ...


async def subscribe_channels(url: str, listener: Listener) -> NoReturn:
    """Receive the channels until the connection to Redis is lost, and report both to `listener`.

    Raises RedisError or OSError.
    """
    try:
        async with open_redis(url, blocking=True) as client:
            await listen(client, listener)
    finally:
        listener.store_lost()


async def listen(client: Any, listener: Listener) -> NoReturn:
    """Receive the channels of every followed event until the connection is lost.

    `client` must not time out on reading. Raises RedisError or OSError.
    """
    subscriptions = _Sharded(client) if is_sharded(client) else _Plain(client)
    try:
        await _Reader(subscriptions, listener).run()
    finally:
        await subscriptions.close()


class _Plain:
    """One Redis: ticks of all events by pattern, each event's changes by name."""

    def __init__(self, client: Any) -> None:
        self._pubsub = client.pubsub()

    async def open(self) -> None:
        await self._pubsub.psubscribe(TICK_CHANNELS)

    async def subscribe(self, event_id: EventId) -> None:
        await self._pubsub.subscribe(keys.live_channel(event_id))

    async def unsubscribe(self, event_id: EventId) -> None:
        await self._pubsub.unsubscribe(keys.live_channel(event_id))

    async def next(self) -> dict[str, Any] | None:
        message: dict[str, Any] | None = await self._pubsub.get_message(timeout=_POLL_SECONDS)
        return message

    async def ping(self) -> int:
        await self._pubsub.ping()
        return 1

    async def close(self) -> None:
        await self._pubsub.aclose()


class _Sharded:
    """A cluster: an event's changes come from the node that owns its keys; ticks, which the queue
    publishes to the whole cluster, come by pattern from any node."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._ticks = client.pubsub()
        self._changes = client.pubsub()
        self._turn = itertools.cycle((self._next_tick, self._next_change))

    async def open(self) -> None:
        await self._client.initialize()  # pub/sub alone does not ask for the slots
        await self._ticks.psubscribe(TICK_CHANNELS)

    async def subscribe(self, event_id: EventId) -> None:
        await self._changes.ssubscribe(keys.live_channel(event_id))

    async def unsubscribe(self, event_id: EventId) -> None:
        await self._changes.sunsubscribe(keys.live_channel(event_id))

    async def next(self) -> dict[str, Any] | None:
        return await next(self._turn)()

    async def _next_tick(self) -> dict[str, Any] | None:
        message: dict[str, Any] | None = await self._ticks.get_message(timeout=_POLL_SECONDS / 2)
        return message

    async def _next_change(self) -> dict[str, Any] | None:
        nodes = len(self._changes.node_pubsub_mapping)
        if not nodes:
            return None
        message: dict[str, Any] | None = await self._changes.get_sharded_message(
            timeout=_POLL_SECONDS / 2 / nodes
        )
        return message

    async def ping(self) -> int:
        connections = [self._ticks, *self._changes.node_pubsub_mapping.values()]
        for connection in connections:
            await connection.ping()
        return len(connections)

    async def close(self) -> None:
        await self._ticks.aclose()
        await self._changes.aclose()


class _Reader:
    def __init__(self, subscriptions: _Plain | _Sharded, listener: Listener) -> None:
        self._subscriptions = subscriptions
        self._listener = listener
        self._following: set[EventId] = set()
        self._pinged_at = time.monotonic()
        self._unanswered = 0

    async def run(self) -> NoReturn:
        await self._subscriptions.open()
        self._listener.store_back()
        while True:
            await self._update_subscriptions()
            await self._ping_when_due()
            message = await self._subscriptions.next()
            if message is not None:
                self._receive(message)

    async def _update_subscriptions(self) -> None:
        wanted = self._listener.followed
        for event_id in wanted - self._following:
            await self._subscriptions.subscribe(event_id)
        for event_id in self._following - wanted:
            await self._subscriptions.unsubscribe(event_id)
        self._following = wanted

    async def _ping_when_due(self) -> None:
        silence = time.monotonic() - self._pinged_at
        if self._unanswered and silence > _SILENCE_SECONDS:
            raise ConnectionError(f"no answer from the pub/sub connection for {silence:.1f} s")
        if not self._unanswered and silence > _PING_EVERY_SECONDS:
            self._pinged_at = time.monotonic()
            self._unanswered = await self._subscriptions.ping()

    def _receive(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "pong":
            self._unanswered = max(0, self._unanswered - 1)
            metrics.PUBSUB_LAG.set(time.monotonic() - self._pinged_at)
            return
        channel = message["channel"].decode()
        if kind in ("subscribe", "ssubscribe") and channel.startswith("live:"):
            self._listener.channel_subscribed(keys.event_of(channel))
        elif kind in ("message", "smessage", "pmessage"):
            self._decode(channel, message["data"])

    def _decode(self, channel: str, data: bytes) -> None:
        try:
            if channel.startswith("live:"):
                self._listener.arrived(*_entry(data))
            else:
                self._listener.ticked(_ticks.decode(data), time.monotonic())
        except msgspec.DecodeError as error:
            metrics.UNREADABLE.labels("pubsub").inc()
            log.warning("unreadable message skipped", channel=channel, error=str(error))


def _entry(message: bytes) -> tuple[EventId, Entry]:
    """Raises msgspec.DecodeError."""
    said = _published.decode(message)
    return said.data.event_id, Entry(
        Position(said.data.epoch, said.data.version), said.type, message
    )


def _new_epoch() -> str:
    return secrets.token_hex(4)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise LiveUnavailable(f"{type(error).__name__}: {error}") from error


def _lua(name: str) -> str:
    return (resources.files("tiketi_notifier.adapters") / "lua" / f"{name}.lua").read_text()
