"""Whoever changed something is told of it, however many ask at that moment."""

import asyncio
from typing import Any

import pytest
from services.booking.tests.harness import BoxOffice, Client

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.watch import Watch


class SlowToAnswer:
    """A database whose answers arrive when they are let through."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked, self.through = asyncio.Event(), asyncio.Event()
        self.answered = 0

    async def fetch(self, query: str, *arguments: Any) -> Any:
        rows = await self._database.fetch(query, *arguments)
        self.answered += 1
        self.asked.set()
        await self.through.wait()
        return rows


async def test_a_change_is_seen_though_another_has_begun_to_read_it(client: Client) -> None:
    event = await client.event()
    database = client.database
    slow: Any = SlowToAnswer(database)
    slow.through.set()
    watch = Watch(slow, lambda _: None, seconds=60)
    before = (await watch.counters())[event["id"]].seats_version

    await database.fetch("SELECT block_seats($1, $2, true)", event["id"], [0])
    watch.touched()
    slow.through.clear()
    slow.asked.clear()
    first = asyncio.create_task(watch.counters())
    await slow.asked.wait()  # what it read is on its way
    second = asyncio.create_task(watch.counters())
    await asyncio.sleep(0.05)
    slow.through.set()
    for counters in (await first, await second):
        assert counters[event["id"]].seats_version == before + 1
    assert slow.answered == 2


@pytest.mark.parametrize("changes", [1, 499, 500, 501])
async def test_a_picture_is_as_new_as_the_last_change_however_many_there_were(
    office: BoxOffice, changes: int
) -> None:
    hall = await office.hall()
    assert (await office.picture(hall)).states == b"aaaaaaaaaa"
    await office.database.fetch(
        "SELECT block_seats($1, ARRAY[4], n % 2 = 1) FROM generate_series(1, $2::integer) AS n",
        hall.id, changes,
    )  # fmt: skip
    await office.hold(hall, await office.user(), [7])
    states = b"aaaaxaahaa" if changes % 2 else b"aaaaaaahaa"
    assert (await office.picture(hall)).states == states
