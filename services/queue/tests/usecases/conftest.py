from collections.abc import AsyncIterator

import pytest
from services.queue.tests.usecases.house import Desk, House

from tiketi_shared.resources import open_redis


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    async with open_redis(redis_url) as redis:
        await redis.flushall()
        yield House(redis)


@pytest.fixture
def desk(house: House) -> Desk:
    return house.start()
