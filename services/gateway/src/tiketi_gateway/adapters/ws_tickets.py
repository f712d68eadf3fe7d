"""WebSocket tickets, for clients that cannot set a header: each opens one WebSocket."""

import asyncio
import secrets
from typing import Any

from redis.exceptions import RedisError

from tiketi_gateway.errors import ServiceUnavailable

REDIS_SECONDS = 1.0


class WebSocketTickets:
    """Kept in Redis for `seconds`, so that any gateway accepts them; each stands for the hash of a
    session. See `ports.WebSocketTickets` for the contract."""

    def __init__(self, redis: Any, seconds: int) -> None:
        self._redis, self._seconds = redis, seconds

    async def issue(self, session_hash: str) -> str:
        ticket = secrets.token_urlsafe(24)
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                await self._redis.set(_key(ticket), session_hash, ex=self._seconds)
        except (RedisError, OSError, TimeoutError) as error:
            raise ServiceUnavailable("WebSocket tickets cannot be issued at the moment") from error
        return ticket

    async def take(self, ticket: str) -> str | None:
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                found: bytes | None = await self._redis.getdel(_key(ticket))
        except (RedisError, OSError, TimeoutError) as error:
            raise ServiceUnavailable("WebSocket tickets cannot be checked at the moment") from error
        return found.decode() if found is not None else None


def _key(ticket: str) -> str:
    return f"ws-ticket:{ticket}"
