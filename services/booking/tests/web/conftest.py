"""Who calls, and what they call about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest


async def _until(ask: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    """What `ask` answers as soon as that is something."""
    async with asyncio.timeout(seconds):
        while not (found := await ask()):  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.05)
    return found


@pytest.fixture
def until() -> Callable[..., Awaitable[Any]]:
    return _until


@pytest.fixture
async def event(client: Any) -> Any:
    return await client.event()


@pytest.fixture
async def buyer(client: Any) -> Any:
    return await client.person()


@pytest.fixture
async def staff(client: Any) -> Any:
    return await client.person("staff")


@pytest.fixture
async def admin(client: Any) -> Any:
    return await client.person("admin")


@pytest.fixture
async def order(buyer: Any, event: Any) -> Any:
    return await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})
