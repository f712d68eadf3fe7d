"""Accounts, sessions and failed logins in Postgres."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.accounts import Account, Role
from tiketi_booking.errors import EmailTaken, LastAdmin
from tiketi_shared.ids import UserId

WORTH_EXTENDING = 0.025
"""A session is written again when its end moves by at least this share of its length."""

_ACCOUNT = "SELECT id, email, name, role, password_hash FROM users"


class PostgresAccounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, account: Account, password_hash: str) -> None:
        try:
            await self._database.execute(
                """
                INSERT INTO users (id, email, name, role, password_hash)
                VALUES ($1, $2, $3, $4, $5)
                """,
                account.id, account.email, account.name, account.role, password_hash,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise EmailTaken("an account with this address exists") from error

    async def by_email(self, email: str) -> tuple[Account, str] | None:
        row = await self._database.row(
            f"{_ACCOUNT} WHERE lower(email) = $1 AND erased_at IS NULL", email
        )
        return None if row is None else (_account(row), row["password_hash"])

    async def by_id(self, user_id: UserId) -> Account | None:
        row = await self._database.row(f"{_ACCOUNT} WHERE id = $1 AND erased_at IS NULL", user_id)
        return None if row is None else _account(row)

    async def rehash(self, user_id: UserId, password_hash: str) -> None:
        await self._database.execute(
            "UPDATE users SET password_hash = $2 WHERE id = $1 AND erased_at IS NULL",
            user_id, password_hash,
        )  # fmt: skip

    async def change(self, account: Account) -> None:
        try:
            await self._database.execute(
                "UPDATE users SET name = $2, email = $3 WHERE id = $1 AND erased_at IS NULL",
                account.id, account.name, account.email,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise EmailTaken("an account with this address exists") from error

    async def change_role(self, user_id: UserId, role: Role) -> bool:
        async with self._database.transaction() as connection:
            if role != "admin":
                await _require_another_admin(connection, user_id)
            changed = await connection.fetchval(
                "UPDATE users SET role = $2 WHERE id = $1 AND erased_at IS NULL RETURNING true",
                user_id, role,
            )  # fmt: skip
        return changed is True

    async def erase(self, user_id: UserId) -> list[str]:
        async with self._database.transaction() as connection:
            await _require_another_admin(connection, user_id)
            await connection.execute(
                """
                UPDATE users SET email = 'erased-' || id || '@erased.invalid', name = '',
                    role = 'customer', password_hash = NULL, erased_at = now() WHERE id = $1
                """,
                user_id,
            )
            rows = await connection.fetch(
                "DELETE FROM sessions WHERE user_id = $1 RETURNING hash", user_id
            )
        return [row["hash"] for row in rows]

    async def staff(self, limit: int) -> list[Account]:
        rows = await self._database.fetch(
            f"{_ACCOUNT} WHERE role <> 'customer' ORDER BY email LIMIT $1", limit
        )
        return [_account(row) for row in rows]

    async def has_admin(self) -> bool:
        return bool(
            await self._database.value("SELECT EXISTS (SELECT FROM users WHERE role = 'admin')")
        )

    async def open_session(self, hash_: str, user_id: UserId, seconds: int) -> datetime:
        ends: datetime = await self._database.value(
            """
            INSERT INTO sessions (hash, user_id, expires_at)
            VALUES ($1, $2, now() + make_interval(secs => $3)) RETURNING expires_at
            """,
            hash_, user_id, seconds,
        )  # fmt: skip
        return ends

    async def session(self, hash_: str) -> tuple[Account, datetime] | None:
        row = await self._database.row(
            """
            SELECT u.id, u.email, u.name, u.role, s.expires_at
            FROM sessions s JOIN users u ON u.id = s.user_id
            WHERE s.hash = $1 AND s.expires_at > now()
            """,
            hash_,
        )
        return None if row is None else (_account(row), row["expires_at"])

    async def touch(self, hashes: Sequence[str], seconds: int) -> list[str]:
        rows = await self._database.fetch(
            """
            UPDATE sessions SET expires_at = now() + make_interval(secs => $2)
            WHERE hash IN (
                SELECT hash FROM sessions
                WHERE hash = ANY ($1) AND expires_at > now()
                  AND expires_at < now() + make_interval(secs => $2 * (1 - $3::float))
                ORDER BY hash FOR UPDATE
            )
            RETURNING hash
            """,
            hashes, seconds, WORTH_EXTENDING,
        )  # fmt: skip
        return [row["hash"] for row in rows]

    async def close_sessions(self, hashes: Sequence[str]) -> None:
        await self._database.execute("DELETE FROM sessions WHERE hash = ANY ($1)", hashes)

    async def sessions_of(self, user_id: UserId) -> list[str]:
        rows = await self._database.fetch("SELECT hash FROM sessions WHERE user_id = $1", user_id)
        return [row["hash"] for row in rows]

    async def failures(self, keys: Sequence[str]) -> dict[str, int]:
        rows = await self._database.fetch(
            "SELECT key, failures FROM login_failures WHERE key = ANY ($1) AND window_ends > now()",
            keys,
        )
        return {row["key"]: row["failures"] for row in rows}

    async def count_failure(self, keys: Sequence[str], seconds: int) -> None:
        await self._database.execute(
            """
            INSERT INTO login_failures AS f (key, failures, window_ends)
            SELECT key, 1, now() + make_interval(secs => $2) FROM unnest($1::text[]) AS key
            ORDER BY key
            ON CONFLICT (key) DO UPDATE SET
                failures = CASE WHEN f.window_ends > now() THEN f.failures + 1 ELSE 1 END,
                window_ends = CASE WHEN f.window_ends > now() THEN f.window_ends
                              ELSE excluded.window_ends END
            """,
            keys, seconds,
        )  # fmt: skip

    async def forget_failures(self, key: str) -> None:
        await self._database.execute("DELETE FROM login_failures WHERE key = $1", key)


async def _require_another_admin(connection: asyncpg.Connection, user_id: UserId) -> None:
    """Raises LastAdmin where `user_id` is the only admin; two who give it up take turns."""
    admins = await connection.fetch(
        "SELECT id FROM users WHERE role = 'admin' ORDER BY id FOR UPDATE"
    )
    if [row["id"] for row in admins] == [user_id]:
        raise LastAdmin("this is the only admin; make somebody else an admin first")


def _account(row: asyncpg.Record) -> Account:
    return Account(row["id"], row["email"], row["name"], row["role"])
