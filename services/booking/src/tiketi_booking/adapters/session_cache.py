"""Sessions in Redis, for the gateways; Postgres is the truth, so Redis may be gone.

Every call is short. After a failure Redis is left alone for a moment, so that its absence costs
callers nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from redis.exceptions import RedisError

from tiketi_booking.domain.accounts import Account
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import SESSIONS_REVOKED, session_key

TIMEOUT_SECONDS = 0.25
PAUSE_SECONDS = 2.0

log = get_logger(__name__)


class RedisSessionCache:
    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._not_before = 0.0

    async def keep(self, hash_: str, account: Account, seconds: int) -> None:
        content = {
            "user_id": account.id, "role": account.role, "name": account.name,
            "email": account.email,
        }  # fmt: skip
        encoded = msgspec.json.encode(content)
        await self._try(lambda: self._redis.set(session_key(hash_), encoded, ex=seconds))

    async def extend(self, hashes: Sequence[str], seconds: int) -> None:
        if hashes:
            await self._try(partial(self._extend, hashes, seconds))

    async def _extend(self, hashes: Sequence[str], seconds: int) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for hash_ in hashes:
                pipe.expire(session_key(hash_), seconds)
            await pipe.execute()

    async def drop(self, hashes: Sequence[str]) -> None:
        for hash_ in hashes:
            await self._try(partial(self._redis.delete, session_key(hash_)))
            await self._try(partial(self._redis.publish, SESSIONS_REVOKED, hash_))

    async def _try(self, command: Callable[[], Awaitable[object]]) -> None:
        if time.monotonic() < self._not_before:
            return
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await command()
        except (RedisError, OSError, TimeoutError) as error:
            self._not_before = time.monotonic() + PAUSE_SECONDS
            log.warning("session cache unavailable", error=str(error))
