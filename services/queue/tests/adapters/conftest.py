from collections.abc import AsyncIterator

import pytest
from services.queue.tests.adapters.scene import Scene

from tiketi_shared.resources import open_redis


@pytest.fixture
async def scene(redis_url: str) -> AsyncIterator[Scene]:
    async with open_redis(redis_url) as redis:
        yield Scene(redis)
