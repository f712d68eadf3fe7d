"""Bring the database to this version's schema: `python -m tiketi_booking.migrate`.

Migrations are the files `migrations/NNNN_name.sql`, applied forward in order, each in a
transaction of its own with its record. Any number of instances may start this at once: an advisory
lock lets one work while the others wait, and these then find nothing to do. The digest of every
applied file is kept, and a file that was changed after it was applied stops the run.
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
_RECORD = """
CREATE TABLE IF NOT EXISTS migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(Exception):
    """The database is not one that these files lead on from."""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def released() -> list[Migration]:
    """Every migration of this version, in order."""
    folder = files("tiketi_booking") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [
        Migration(int(name[:4]), name.removesuffix(".sql"), (folder / name).read_text("utf-8"))
        for name in names
    ]


def outstanding(migrations: Sequence[Migration], applied: dict[int, str]) -> list[Migration]:
    """What is to be applied, given the digest of each applied number.

    Raises MigrationError for an applied file that has changed since, one that this version does
    not have (the database is newer), or a gap below the newest of its own hundred: the core
    numbers from 0001, after-sales from 0100, each in order.
    """
    known = {migration.number: migration for migration in migrations}
    for number, digest in sorted(applied.items()):
        if number not in known:
            raise MigrationError(f"the database is newer: {number:04} is not of this version")
        if known[number].digest != digest:
            raise MigrationError(f"{known[number].name} was changed after it was applied")
    todo = [migration for migration in migrations if migration.number not in applied]
    for migration in todo:
        later = [n for n in applied if n > migration.number and n // 100 == migration.number // 100]
        if later:
            raise MigrationError(f"{migration.name} comes after {max(later):04} was applied")
    return todo


async def migrate(dsn: str) -> list[str]:
    """Apply what is outstanding; the names of what was applied here."""
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_RECORD)
        rows = await connection.fetch("SELECT number, digest FROM migrations")
        todo = outstanding(released(), {row["number"]: row["digest"] for row in rows})
        for migration in todo:
            await _apply(connection, migration)
        return [migration.name for migration in todo]
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, $3)",
            migration.number, migration.name, migration.digest,
        )  # fmt: skip


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
