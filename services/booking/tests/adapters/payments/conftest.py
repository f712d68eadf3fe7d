from collections.abc import AsyncIterator

import pytest

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.migrate import migrate
from tiketi_shared.postgres import open_postgres


@pytest.fixture
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    await migrate(postgres_dsn)
    async with open_postgres(postgres_dsn) as pool:
        yield Database(pool)
