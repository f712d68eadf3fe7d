from collections.abc import AsyncIterator

import asyncpg
import pytest

from tiketi_booking.migrate import migrate
from tiketi_shared.resources import open_postgres


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    await migrate(postgres_dsn)
    async with open_postgres(postgres_dsn) as pool:
        yield pool
