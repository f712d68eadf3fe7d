"""What the database says after a sale: seats, orders and payments must agree."""

import asyncpg
import msgspec

_SWEEP = """
SELECT
    (SELECT count(*) FROM (
        SELECT FROM tickets WHERE seat IS NOT NULL AND state <> 'refunded'
        GROUP BY event_id, seat HAVING count(*) > 1) doubled) AS seats_doubled,
    (SELECT count(*) FROM orders o WHERE status = 'paid' AND NOT EXISTS (
        SELECT FROM tickets t WHERE t.order_id = o.id AND t.state <> 'refunded'))
        AS paid_orders_without_seats,
    (SELECT count(*) FROM payments p WHERE status = 'charged'
        AND NOT EXISTS (SELECT FROM orders o WHERE o.payment_id = p.id)
        AND NOT EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id))
        AS payments_without_order,
    (SELECT count(*) FROM sandbox_charges c WHERE c.status = 'charged'
        AND NOT EXISTS (SELECT FROM payments p WHERE p.id = c.payment_id AND p.status = 'charged'))
        AS charges_unknown,
    (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS messages_unsent
"""


class Books(msgspec.Struct, frozen=True):
    """Each is a count of what must not be; all are 0 when the books agree."""

    seats_doubled: int
    paid_orders_without_seats: int
    payments_without_order: int
    """Money taken for which there is neither an order nor a refund."""
    charges_unknown: int
    """Money that the provider says it took and booking does not."""
    messages_unsent: int
    """What still waits in the outbox."""


async def read_books(dsn: str) -> Books:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return Books(**dict(await connection.fetchrow(_SWEEP, timeout=30)))
    finally:
        await connection.close()
