"""Migrations: forward only, once, however many start together."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tiketi_booking.migrate import Migration, MigrationError, migrate, outstanding, released
from tiketi_shared.ids import new_id


@pytest.fixture
async def empty_dsn(postgres_dsn: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"migrate_{new_id()}"
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def test_of_many_that_start_together_one_applies_and_the_others_find_nothing_to_do(
    empty_dsn: str,
) -> None:
    applied = await asyncio.gather(*(migrate(empty_dsn) for _ in range(6)))
    names = [migration.name for migration in released()]
    assert sorted(applied, key=len) == [[]] * 5 + [names]
    assert await migrate(empty_dsn) == []


async def test_a_migration_that_fails_leaves_nothing_behind(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (
        Migration(1, "0001_good", "CREATE TABLE a ()"),
        Migration(2, "0002_bad", "CREATE TABLE b (); SELECT 1 / 0"),
    )
    monkeypatch.setattr("tiketi_booking.migrate.released", lambda: [good, bad])
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    assert await connection.fetchval("SELECT to_regclass('b')") is None
    assert await connection.fetchval("SELECT array_agg(number) FROM migrations") == [1]
    await connection.close()


ONE, TWO, LATER = (
    Migration(1, "0001_one", "SELECT 1"),
    Migration(2, "0002_two", "SELECT 2"),
    Migration(100, "0100_later", "SELECT 100"),
)


def test_what_is_not_applied_yet_is_outstanding() -> None:
    assert outstanding([ONE, TWO], {1: ONE.digest}) == [TWO]


def test_the_core_may_add_a_migration_after_that_of_another_hundred() -> None:
    assert outstanding([ONE, TWO, LATER], {1: ONE.digest, 100: LATER.digest}) == [TWO]


def test_a_file_changed_after_it_was_applied_stops_the_run() -> None:
    with pytest.raises(MigrationError, match="0001_one was changed"):
        outstanding([ONE], {1: "another digest"})


def test_a_newer_database_is_refused() -> None:
    with pytest.raises(MigrationError, match="0002 is not of this version"):
        outstanding([ONE], {1: ONE.digest, 2: TWO.digest})


def test_a_gap_below_an_applied_one_is_refused() -> None:
    with pytest.raises(MigrationError, match="0001_one comes after 0002"):
        outstanding([ONE, TWO], {2: TWO.digest})
