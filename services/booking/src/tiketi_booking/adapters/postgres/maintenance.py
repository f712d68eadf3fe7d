"""Deletes rows that are no longer needed, a bounded number at a time."""

from tiketi_booking import metrics
from tiketi_booking.adapters.postgres.database import Database

AT_ONCE = 5000

_TIDY = (
    """DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE sent_at < now() - interval '60 seconds'
        ORDER BY sent_at LIMIT $1)""",
    """DELETE FROM idempotency WHERE key IN (
        SELECT key FROM idempotency WHERE created_at < now() - interval '1 day'
        ORDER BY created_at LIMIT $1)""",
    """DELETE FROM sessions WHERE hash IN (
        SELECT hash FROM sessions WHERE expires_at < now() ORDER BY expires_at LIMIT $1)""",
    """DELETE FROM login_failures WHERE key IN (
        SELECT key FROM login_failures WHERE window_ends < now() LIMIT $1)""",
    """DELETE FROM spent_admissions WHERE admission_id IN (
        SELECT admission_id FROM spent_admissions WHERE exp < now() - interval '1 hour'
        ORDER BY exp LIMIT $1)""",
    """DELETE FROM wishes WHERE (event_id, user_id) IN (
        SELECT event_id, user_id FROM wishes WHERE ends_at < now() - interval '1 hour'
        ORDER BY ends_at LIMIT $1)""",
)


async def tidy(database: Database) -> None:
    for statement in _TIDY:
        await database.execute(statement, AT_ONCE)


async def watch_outbox(database: Database) -> None:
    row = await database.row(
        """
        SELECT count(*) AS waiting,
            coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS age
        FROM (SELECT created_at FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 100000) AS o
        """
    )
    if row is not None:
        metrics.OUTBOX_WAITING.set(row["waiting"])
        metrics.OUTBOX_AGE.set(row["age"])
