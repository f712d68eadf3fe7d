"""Bring the database to this version's schema: `python -m tiketi_booking.migrate`.

Two kinds of files lead there:

- `migrations/NNNN_name.sql` hold tables, indexes and data. Each is applied once, in the order of
  the numbers, in a transaction of its own with its record. A file that was changed after it was
  applied stops the run, and so does a new one with a lower number than one that was applied.
- `sql/functions/name.sql` hold the functions, one each, as they are now. Those whose digest is not
  the recorded one are applied again, all in one transaction, after the migrations.

Any number of instances may start this at once: an advisory lock lets one work while the others
wait, and these then find nothing to do.
"""

import argparse
import asyncio
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from tiketi_booking.settings import Settings
from tiketi_shared.env import SettingsError, load

_LOCK = 0x71CE71
_RECORDS = """
CREATE TABLE IF NOT EXISTS migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS sql_functions (
    name text PRIMARY KEY,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
"""

_RECORD_FUNCTION = """
INSERT INTO sql_functions (name, digest) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, applied_at = now()
"""

_SIGNATURES = """
SELECT name, array(
    SELECT p.oid::regprocedure::text FROM pg_proc p
    WHERE p.proname = name AND p.pronamespace = current_schema()::regnamespace
    ORDER BY 1
) AS signatures
FROM unnest($1::text[]) AS name
"""


class MigrationError(Exception):
    """The files do not lead on from this database."""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return _digest(self.sql)


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return _digest(self.sql)


def released() -> list[Migration]:
    """Every migration of this version, in order."""
    return [Migration(int(name[:4]), name, sql) for name, sql in _sources("migrations")]


def functions() -> list[Function]:
    """Every function of this version."""
    return [Function(name, sql) for name, sql in _sources("sql/functions")]


def outstanding(migrations: Sequence[Migration], applied: dict[int, str]) -> list[Migration]:
    """What is to be applied, given the digest of each applied number.

    Raises MigrationError for an applied file that has changed since, one that this version does
    not have (the database is newer), or a new one below one that was applied.
    """
    known = {migration.number: migration for migration in migrations}
    for number, digest in sorted(applied.items()):
        if number not in known:
            raise MigrationError(
                f"the database is newer than this version: it has migration {number:04}"
            )
        if known[number].digest != digest:
            raise MigrationError(f"{known[number].name} was changed after it was applied")
    newest = max(applied, default=0)
    todo = [migration for migration in migrations if migration.number not in applied]
    for migration in todo:
        if migration.number < newest:
            raise MigrationError(f"{migration.name} comes after {newest:04} was applied")
    return todo


async def migrate(dsn: str) -> list[str]:
    """Apply what is outstanding; the names of what was applied here."""
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_RECORDS)
        rows = await connection.fetch("SELECT number, digest FROM migrations")
        todo = outstanding(released(), {row["number"]: row["digest"] for row in rows})
        for migration in todo:
            await _apply(connection, migration)
        rows = await connection.fetch("SELECT name, digest FROM sql_functions")
        recorded = {row["name"]: row["digest"] for row in rows}
        changed = [one for one in functions() if recorded.get(one.name) != one.digest]
        if changed:
            await _replace(connection, changed)
        return [*(migration.name for migration in todo), *(f"{one.name}()" for one in changed)]
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, $3)",
            migration.number, migration.name, migration.digest,
        )  # fmt: skip


async def _replace(connection: asyncpg.Connection, changed: Sequence[Function]) -> None:
    """All of them or none. Raises MigrationError where a name does not stand for one function:
    `CREATE OR REPLACE` with other arguments makes a second one beside the first."""
    async with connection.transaction():
        for function in changed:
            await connection.execute(function.sql)
            await connection.execute(_RECORD_FUNCTION, function.name, function.digest)
        for row in await connection.fetch(_SIGNATURES, [function.name for function in changed]):
            if len(row["signatures"]) != 1:
                there = ", ".join(row["signatures"]) or "none"
                raise MigrationError(
                    f"{row['name']} must be one function, but the database has: {there}"
                )


def _sources(folder: str) -> list[tuple[str, str]]:
    """The names, without `.sql`, and texts of a folder's files, in order."""
    entries = (files("tiketi_booking") / folder).iterdir()
    found = [entry for entry in entries if entry.name.endswith(".sql")]
    return sorted((entry.name.removesuffix(".sql"), entry.read_text("utf-8")) for entry in found)


def _digest(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()


def main() -> None:
    argparse.ArgumentParser(
        prog="python -m tiketi_booking.migrate",
        description="Brings the database that POSTGRES_DSN names to this version's schema.",
    ).parse_args()
    try:
        applied = asyncio.run(migrate(load(Settings).postgres_dsn))
    except (SettingsError, MigrationError, OSError, asyncpg.exceptions.PostgresError) as error:
        sys.exit(f"tiketi-booking migrate: {error}")
    for name in applied:
        print(f"applied {name}")  # noqa: T201  what the command is for
    if not applied:
        print("nothing to do")  # noqa: T201  what the command is for


if __name__ == "__main__":
    main()
