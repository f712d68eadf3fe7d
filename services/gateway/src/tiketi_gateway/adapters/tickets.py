"""Tickets for opening a WebSocket where no header can be set: single use, 30 seconds."""

import asyncio
import secrets
from typing import Any

from redis.exceptions import RedisError

from tiketi_gateway.errors import ServiceUnavailable

TICKET_SECONDS = 30
REDIS_SECONDS = 1.0


class Tickets:
    """Kept in Redis, so that any gateway can take them; each stands for a session's hash."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis

    async def issue(self, session_hash: str) -> str:
        """Raises ServiceUnavailable without Redis; the cookie works all the same."""
        ticket = secrets.token_urlsafe(24)
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                await self._redis.set(_key(ticket), session_hash, ex=TICKET_SECONDS)
        except (RedisError, OSError, TimeoutError) as error:
            raise ServiceUnavailable("tickets cannot be issued now") from error
        return ticket

    async def take(self, ticket: str) -> str | None:
        """The session's hash, once. Raises ServiceUnavailable without Redis."""
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                found: bytes | None = await self._redis.getdel(_key(ticket))
        except (RedisError, OSError, TimeoutError) as error:
            raise ServiceUnavailable("tickets cannot be checked now") from error
        return found.decode() if found is not None else None


def _key(ticket: str) -> str:
    return f"ws-ticket:{ticket}"
