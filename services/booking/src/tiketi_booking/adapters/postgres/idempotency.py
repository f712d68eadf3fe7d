"""First answers, by Idempotency-Key, in Postgres. A request that died counts as running for a
minute; then the next one with its key may begin."""

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.idempotency import Answered
from tiketi_booking.errors import KeyReused, StillRunning

_BEGIN = """
INSERT INTO idempotency AS i (key, request) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET created_at = now()
    WHERE i.status IS NULL AND i.request = excluded.request
    AND i.created_at < now() - interval '60 seconds'
RETURNING true
"""


class PostgresIdempotency:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, key: bytes, request: bytes) -> Answered | None:
        if await self._database.value(_BEGIN, key, request):
            return None
        row = await self._database.row(
            "SELECT request, status, body FROM idempotency WHERE key = $1", key
        )
        if row is not None and row["request"] != request:
            raise KeyReused("this Idempotency-Key was used for another request")
        if row is None or row["status"] is None:
            raise StillRunning("the first request with this Idempotency-Key is still running")
        return Answered(row["status"], row["body"])

    async def finish(self, key: bytes, answer: Answered) -> None:
        await self._database.execute(
            "UPDATE idempotency SET status = $2, body = $3 WHERE key = $1",
            key, answer.status, answer.body,
        )  # fmt: skip

    async def abandon(self, key: bytes) -> None:
        await self._database.execute(
            "DELETE FROM idempotency WHERE key = $1 AND status IS NULL", key
        )
