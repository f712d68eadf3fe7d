"""Links to a new password in Postgres."""

from datetime import datetime

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.accounts import UsedReset
from tiketi_shared.ids import UserId


class PostgresPasswordResets:
    """Raises Unavailable when Postgres is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, secret_hash: str, user_id: UserId, expires_at: datetime) -> None:
        await self._database.execute("DELETE FROM password_resets WHERE expires_at < now()")
        await self._database.execute(
            "INSERT INTO password_resets (secret_hash, user_id, expires_at) VALUES ($1, $2, $3)",
            secret_hash, user_id, expires_at,
        )  # fmt: skip

    async def owner(self, secret_hash: str) -> UserId | None:
        found: UserId | None = await self._database.value(
            "SELECT user_id FROM password_resets WHERE secret_hash = $1 AND expires_at > now()",
            secret_hash,
        )
        return found

    async def use(self, secret_hash: str, password_hash: str) -> UsedReset | None:
        async with self._database.transaction() as connection:
            user = await connection.fetchrow(
                """
                WITH used AS (
                    DELETE FROM password_resets
                    WHERE secret_hash = $1 AND expires_at > now() RETURNING user_id
                )
                UPDATE users SET password_hash = $2
                FROM used WHERE users.id = used.user_id AND users.erased_at IS NULL
                RETURNING users.id, users.email
                """,
                secret_hash, password_hash,
            )  # fmt: skip
            if user is None:
                return None
            await connection.execute("DELETE FROM password_resets WHERE user_id = $1", user["id"])
            ended = await connection.fetch(
                "DELETE FROM sessions WHERE user_id = $1 RETURNING hash", user["id"]
            )
        return UsedReset(user["id"], user["email"], [row["hash"] for row in ended])
