"""Sessions: a session's id becomes a signed identity.

A session is looked up in this process (SESSION_CACHE_SECONDS), then in Redis, with one command for
all lookups of one iteration of the event loop, then at booking, which knows every session when
Redis does not. Every use extends a session: the gateway reports the sessions in use to booking, in
batches, each at most once in TOUCH_SECONDS. A session that ended here is forgotten at once; the
other gateways forget it when booking publishes its hash. Only hashes of ids are kept.
"""

import asyncio
import math
import time
from typing import Any

import msgspec
from redis.exceptions import RedisError

from tiketi_gateway import metrics
from tiketi_gateway.adapters.internal import RENEW_SECONDS, Internal
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.domain.sessions import Session
from tiketi_gateway.errors import ServiceUnavailable
from tiketi_gateway.ports import SessionCallback
from tiketi_shared.errors import TiketiError
from tiketi_shared.ids import UserId
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import session_key
from tiketi_shared.tokens import IDENTITY_SECONDS, Identity, KeyRing

TOUCH_SECONDS = 20.0
"""A session's uses within this time are reported to booking once. A third of the shortest session
that booking can be set to; booking itself writes more seldom."""

TOUCH_AGAIN_SECONDS = 5.0
"""Reports that failed are repeated after this time."""

UNKNOWN_SECONDS = 2.0
"""How long an id that no store knows is answered without another lookup."""

MAX_KEPT = 200_000
MAX_BATCH = 512
MAX_READS = 2
"""Reads of Redis at once; lookups that begin meanwhile share the next one."""

MAX_RESOLVING = 16
"""Lookups at booking at once, so that many of them do not starve its sales."""

REDIS_SECONDS = 0.5
REDIS_PAUSE = 1.0
"""Redis is not used for this long after it failed."""

log = get_logger(__name__)


class StoredSession(msgspec.Struct, frozen=True):
    """What the gateway reads of a session in Redis and at booking."""

    user_id: UserId
    role: str


class Sessions:
    """See `ports.SessionStore` for the contract."""

    def __init__(
        self, redis: Any, internal: Internal, booking: Service, keys: KeyRing, cache_seconds: float
    ) -> None:
        self._redis, self._internal, self._booking, self._keys = redis, internal, booking, keys
        self._cache_seconds = cache_seconds
        self._known: dict[str, Session] = {}
        self._unknown: dict[str, float] = {}
        self._waiting: dict[str, list[SessionCallback]] = {}
        self._pending: list[str] = []
        self._reads = 0
        self._reports: dict[int, list[str]] = {}
        """By the second, of the loop's clock, at which they are due."""

        self._tasks: set[asyncio.Task[None]] = set()
        self._redis_after = 0.0
        self._resolving = asyncio.Semaphore(MAX_RESOLVING)
        self._decoder = msgspec.json.Decoder(StoredSession)

    def known(self, hash_: str) -> Session | None:
        session = self._known.get(hash_)
        if session is None:
            return None
        now = asyncio.get_running_loop().time()
        if now >= session.known_until:
            return None
        if not session.is_reported:
            self._report(session)
        return session

    def look_up(self, hash_: str, callback: SessionCallback) -> None:
        loop = asyncio.get_running_loop()
        if self._unknown.get(hash_, 0.0) > loop.time():
            callback(None)
            return
        waiting = self._waiting.get(hash_)
        if waiting is not None:
            waiting.append(callback)
            return
        self._waiting[hash_] = [callback]
        if not self._pending:
            loop.call_soon(self._start)
        self._pending.append(hash_)

    async def find(self, hash_: str) -> Session | None:
        found: asyncio.Future[Session | None] = asyncio.get_running_loop().create_future()

        def set_result(session: Session | TiketiError | None) -> None:
            if found.done():
                return
            if isinstance(session, TiketiError):
                found.set_exception(session)
            else:
                found.set_result(session)

        self.look_up(hash_, set_result)
        return await found

    def identity_header(self, session: Session) -> bytes:
        now = time.time()
        if now >= session.identity_until:
            session.identity_until = now + RENEW_SECONDS
            identity = Identity(session.user_id, session.role, int(now) + IDENTITY_SECONDS)
            session.identity = b"X-Tiketi-Identity: %b\r\n" % self._keys.sign(identity).encode()
        return session.identity

    def forget(self, hash_: str) -> None:
        self._known.pop(hash_, None)
        self._unknown.pop(hash_, None)

    # --- looking up

    def _start(self) -> None:
        while self._pending and self._reads < MAX_READS:
            self._reads += 1
            batch, self._pending = self._pending[:MAX_BATCH], self._pending[MAX_BATCH:]
            task = asyncio.ensure_future(self._look_up_together(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look_up_together(self, hashes: list[str]) -> None:
        found = await self._read_redis(hashes)
        self._reads -= 1
        self._start()
        missing = []
        for hash_, raw in zip(hashes, found, strict=True):
            if raw is None:
                missing.append(hash_)
            else:
                self._resolve(hash_, raw, "redis")
        if missing:
            await asyncio.gather(*(self._ask_booking(hash_) for hash_ in missing))

    async def _read_redis(self, hashes: list[str]) -> list[bytes | None]:
        """What Redis has of each; None for all while Redis is unavailable."""
        loop = asyncio.get_running_loop()
        nothing: list[bytes | None] = [None] * len(hashes)
        if loop.time() < self._redis_after:
            return nothing
        keys = [session_key(hash_) for hash_ in hashes]
        read = getattr(self._redis, "mget_nonatomic", self._redis.mget)
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                found: list[bytes | None] = await read(keys)
        except (RedisError, OSError, TimeoutError) as error:
            self._redis_after = loop.time() + REDIS_PAUSE
            reason = str(error) or type(error).__name__
            log.warning("redis unavailable, looking sessions up at booking", error=reason)
            return nothing
        return found

    async def _ask_booking(self, hash_: str) -> None:
        body = msgspec.json.encode({"session_hash": hash_})
        try:
            async with self._resolving:
                status, raw = await self._internal.call(
                    self._booking, b"POST", b"/internal/sessions/resolve", body, repeatable=True
                )
            if status not in (200, 404):
                raise ServiceUnavailable("sessions cannot be checked at the moment")
        except TiketiError as error:
            for callback in self._waiting.pop(hash_):
                callback(error)
        else:
            self._resolve(hash_, raw if status == 200 else None, "booking")

    def _resolve(self, hash_: str, raw: bytes | None, source: str) -> None:
        """Call the callbacks with what `source` knows of the session."""
        now = asyncio.get_running_loop().time()
        session = None
        if raw is None:
            metrics.count(metrics.SESSIONS, "unknown")
            self._unknown[hash_] = now + UNKNOWN_SECONDS
        else:
            metrics.count(metrics.SESSIONS, source)
            session = self._remember(hash_, self._decoder.decode(raw), now)
        for callback in self._waiting.pop(hash_):
            callback(session)

    def _remember(self, hash_: str, stored: StoredSession, now: float) -> Session:
        session = self._known.get(hash_)
        if session is None or (session.user_id, session.role) != (stored.user_id, stored.role):
            session = Session(hash_, stored.user_id, stored.role, 0.0, now)
            self._known[hash_] = session
        session.known_until = now + self._cache_seconds
        if not session.is_reported:
            self._report(session)
        return session

    # --- extending

    def _report(self, session: Session) -> None:
        session.is_reported = True
        self._reports.setdefault(math.ceil(session.touch_at), []).append(session.hash)

    async def keep_touching(self) -> None:
        """Report the sessions in use, and drop old entries, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            due = self._take_due()
            for start in range(0, len(due), MAX_BATCH):
                await self._touch(due[start : start + MAX_BATCH])
            self._drop_old()

    def _take_due(self) -> list[str]:
        now = asyncio.get_running_loop().time()
        due: list[str] = []
        for second in [each for each in self._reports if each <= now]:
            due += self._reports.pop(second)
        for hash_ in due:
            if session := self._known.get(hash_):
                session.is_reported, session.touch_at = False, now + TOUCH_SECONDS
        return due

    async def _touch(self, hashes: list[str]) -> None:
        body = msgspec.json.encode({"session_hashes": hashes})
        try:
            status, _ = await self._internal.call(
                self._booking, b"POST", b"/internal/sessions/touch", body, repeatable=True
            )
            if status != 204:
                raise ServiceUnavailable(f"booking answered {status}")
        except TiketiError as error:
            log.warning("sessions not extended, will retry", count=len(hashes), error=error.detail)
            again = math.ceil(asyncio.get_running_loop().time() + TOUCH_AGAIN_SECONDS)
            self._reports.setdefault(again, []).extend(hashes)

    def _drop_old(self) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._unknown) > MAX_BATCH:
            self._unknown = {each: until for each, until in self._unknown.items() if until > now}
        if len(self._known) > MAX_KEPT:
            self._known = {
                each: session for each, session in self._known.items() if session.known_until > now
            }
