"""The plans of a connection that first asked when there was nothing serve it through the rush."""

from datetime import UTC, datetime, timedelta

import asyncpg

from tiketi_booking.adapters.postgres.holds import _EXPIRED, _TAKE, _Columns
from tiketi_booking.domain.holds import HoldOrder, Seats
from tiketi_booking.migrate import migrate
from tiketi_shared.ids import AdmissionId, EventId, HoldId, UserId, new_id

EVENT = EventId("e" * 20)
OTHERS = 3000

_ON_SALE = """
INSERT INTO events (id, name, venue, starts_at, sale_opens_at, sale_closes_at, currency,
    max_per_user, queue)
VALUES ($1, 'Show', 'Hall', now() + '2 d'::interval, now() - '1 h'::interval,
    now() + '1 d'::interval, 'KRW', 4, '{}')
"""


async def test_a_hold_reads_no_holds_of_others(empty_dsn: str) -> None:
    await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    try:
        await connection.execute(_ON_SALE, EVENT)
        await hold(connection)
        await others_hold(connection)
        before = await rows_read(connection)
        await hold(connection)
        assert await connection.fetch(_EXPIRED, 100) == []
        assert await rows_read(connection) - before < 20
    finally:
        await connection.close()


async def hold(connection: asyncpg.Connection) -> None:
    order = HoldOrder(
        HoldId(new_id()), UserId(new_id()), Seats((1,)), AdmissionId(new_id()), 4_000_000_000,
        new_id().encode()[:16], b"x" * 16,
    )  # fmt: skip
    # There is no such seat: all is looked up and nothing changed.
    await connection.fetch(_TAKE, EVENT, 300.0, *_Columns([order]).arguments())


async def others_hold(connection: asyncpg.Connection) -> None:
    """Without an ANALYZE after it, as in the first minute of a sale."""
    now = datetime.now(UTC)
    rows = [
        (new_id(), EVENT, new_id(), [1], [1], [5], 5, now, now, now + timedelta(seconds=300))
        for _ in range(OTHERS)
    ]
    columns = [
        "id", "event_id", "user_id", "seats", "types", "prices", "total", "created_at",
        "granted_until", "expires_at",
    ]  # fmt: skip
    await connection.copy_records_to_table("holds", records=rows, columns=columns)


async def rows_read(connection: asyncpg.Connection) -> int:
    await connection.execute("SELECT pg_stat_force_next_flush()")
    read: int = await connection.fetchval(
        """SELECT seq_tup_read + coalesce((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
           WHERE relname = 'holds'), 0)::bigint FROM pg_stat_user_tables WHERE relname = 'holds'"""
    )
    return read
