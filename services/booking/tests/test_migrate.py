"""Migrations: forward only, once, however many start together. Functions: as their files say."""

import asyncio

import asyncpg
import pytest

from tiketi_booking.migrate import (
    Function,
    Migration,
    MigrationError,
    functions,
    migrate,
    outstanding,
    released,
)

ANSWER = Function(
    "answer",
    """
CREATE OR REPLACE FUNCTION answer() RETURNS integer LANGUAGE sql AS 'SELECT 1'
""",
)
ANSWER_NOW = Function("answer", ANSWER.sql.replace("SELECT 1", "SELECT 42"))
OTHER = Function("other", ANSWER.sql.replace("answer()", "other()"))


def release(
    monkeypatch: pytest.MonkeyPatch, migrations: list[Migration], functions: list[Function]
) -> None:
    """What the release that migrates now has."""
    monkeypatch.setattr("tiketi_booking.migrate.released", lambda: migrations)
    monkeypatch.setattr("tiketi_booking.migrate.functions", lambda: functions)


async def test_of_many_that_start_together_one_applies_and_the_others_find_nothing_to_do(
    empty_dsn: str,
) -> None:
    applied = await asyncio.gather(*(migrate(empty_dsn) for _ in range(6)))
    names = [migration.name for migration in released()]
    names += [f"{function.name}()" for function in functions()]
    assert sorted(applied, key=len) == [[]] * 5 + [names]
    assert await migrate(empty_dsn) == []


async def test_a_migration_that_fails_leaves_nothing_behind(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (
        Migration(1, "0001_good", "CREATE TABLE a ()"),
        Migration(2, "0002_bad", "CREATE TABLE b (); SELECT 1 / 0"),
    )
    release(monkeypatch, [good, bad], [ANSWER])
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    assert await connection.fetchval("SELECT to_regclass('b')") is None
    assert await connection.fetchval("SELECT array_agg(number) FROM migrations") == [1]
    assert await connection.fetchval("SELECT count(*) FROM sql_functions") == 0
    await connection.close()


async def test_a_function_that_changed_is_applied_again_and_no_other(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(monkeypatch, [], [ANSWER, OTHER])
    assert await migrate(empty_dsn) == ["answer()", "other()"]
    connection = await asyncpg.connect(empty_dsn)
    before = await connection.fetchval("SELECT applied_at FROM sql_functions WHERE name = 'other'")
    release(monkeypatch, [], [ANSWER_NOW, OTHER])
    assert await migrate(empty_dsn) == ["answer()"]
    assert await migrate(empty_dsn) == []
    assert await connection.fetchval("SELECT answer()") == 42
    after = await connection.fetchval("SELECT applied_at FROM sql_functions WHERE name = 'other'")
    assert after == before
    await connection.close()


async def test_an_instance_of_the_release_before_calls_the_new_function_on_its_open_connection(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(monkeypatch, [], [ANSWER])
    await migrate(empty_dsn)
    old = await asyncpg.connect(empty_dsn)
    prepared = await old.prepare("SELECT answer()")
    assert await prepared.fetchval() == 1
    release(monkeypatch, [], [ANSWER_NOW])
    await migrate(empty_dsn)
    assert await prepared.fetchval() == 42
    await old.close()


async def test_a_release_that_is_taken_back_has_its_own_functions_again(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(empty_dsn)
    for function, answer in ((ANSWER, 1), (ANSWER_NOW, 42), (ANSWER, 1)):
        release(monkeypatch, [], [function])
        assert await migrate(empty_dsn) == ["answer()"]
        assert await connection.fetchval("SELECT answer()") == answer
    await connection.close()


async def test_a_function_that_cannot_be_applied_leaves_all_as_they_were(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(monkeypatch, [], [ANSWER])
    await migrate(empty_dsn)
    broken = Function("broken", "CREATE OR REPLACE FUNCTION broken() RETURNS integer")
    release(monkeypatch, [], [ANSWER_NOW, broken])
    with pytest.raises(asyncpg.exceptions.PostgresError):
        await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    assert await connection.fetchval("SELECT answer()") == 1
    await connection.close()
    release(monkeypatch, [], [ANSWER_NOW])
    assert await migrate(empty_dsn) == ["answer()"]


@pytest.mark.parametrize(
    ("sql", "there"),
    [
        (ANSWER.sql.replace("answer()", "answer(a text)"), r"answer\(\), answer\(text\)"),
        ("DROP FUNCTION answer(); " + ANSWER.sql.replace("answer()", "reply()"), "none"),
    ],
    ids=["other arguments make a second function", "a file makes a function of another name"],
)
async def test_a_name_that_does_not_stand_for_one_function_is_refused(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch, sql: str, there: str
) -> None:
    release(monkeypatch, [], [ANSWER])
    await migrate(empty_dsn)
    release(monkeypatch, [], [Function("answer", sql)])
    with pytest.raises(
        MigrationError, match=f"answer must be one function, but the database has: {there}"
    ):
        await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    assert await connection.fetchval("SELECT answer()") == 1
    await connection.close()


async def test_a_function_with_other_arguments_may_take_the_place_of_the_first(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(monkeypatch, [], [ANSWER])
    await migrate(empty_dsn)
    wider = "DROP FUNCTION IF EXISTS answer(); " + ANSWER.sql.replace("answer()", "answer(a text)")
    release(monkeypatch, [], [Function("answer", wider)])
    await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    assert await connection.fetchval("SELECT answer('x')") == 1
    await connection.close()


async def test_every_function_of_the_database_has_a_file(empty_dsn: str) -> None:
    """A function that only an old migration makes is one that nobody can change."""
    await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    there = await connection.fetchval(
        """SELECT array_agg(proname::text ORDER BY proname) FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace"""
    )
    assert there == sorted(function.name for function in functions())
    await connection.close()


ONE, TWO, LATER = (
    Migration(1, "0001_one", "SELECT 1"),
    Migration(2, "0002_two", "SELECT 2"),
    Migration(100, "0100_later", "SELECT 100"),
)


def test_what_is_not_applied_yet_is_outstanding() -> None:
    assert outstanding([ONE, TWO], {1: ONE.digest}) == [TWO]


def test_numbers_may_leave_gaps() -> None:
    assert outstanding([ONE, TWO, LATER], {1: ONE.digest, 2: TWO.digest}) == [LATER]


def test_a_migration_below_one_that_was_applied_is_refused() -> None:
    with pytest.raises(MigrationError, match="0002_two comes after 0100"):
        outstanding([ONE, TWO, LATER], {1: ONE.digest, 100: LATER.digest})


def test_a_file_changed_after_it_was_applied_stops_the_run() -> None:
    with pytest.raises(MigrationError, match="0001_one was changed"):
        outstanding([ONE], {1: "another digest"})


def test_a_newer_database_is_refused() -> None:
    with pytest.raises(MigrationError, match="newer than this version: it has migration 0002"):
        outstanding([ONE], {1: ONE.digest, 2: TWO.digest})
