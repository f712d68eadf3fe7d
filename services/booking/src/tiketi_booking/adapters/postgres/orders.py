"""Payments, orders, tickets and refunds in Postgres."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.holds import MAX_TICKETS
from tiketi_booking.domain.orders import (
    Order,
    OrderLine,
    RefundOutcome,
    ReportRow,
    SoldTicket,
    Ticket,
)
from tiketi_booking.domain.payments import (
    Begun,
    Payment,
    PaymentId,
    PaymentToCheck,
    RefundDue,
    SettleOutcome,
)
from tiketi_shared.ids import EventId, HoldId, OrderId, TicketId, UserId, new_id

_ORDER = """
SELECT o.id, o.event_id, o.user_id, o.status, o.total, o.refunded, o.currency, o.created_at,
    (SELECT array_agg((t.id, t.type, t.seat, t.price, t.state) ORDER BY t.seat, t.id)
     FROM tickets t WHERE t.order_id = o.id) AS tickets
FROM orders o
"""

_PENDING = """
SELECT p.id, p.hold_id, p.order_id, p.event_id, p.user_id, p.provider, p.amount, p.currency,
    p.status, p.reason, p.created_at
FROM payments p
"""

_TO_CHECK = """
UPDATE payments SET checks = checks + 1,
    check_at = now() + least(10 * power(2, checks), 600) * interval '1 second'
WHERE id IN (
    SELECT id FROM payments WHERE status IN ('started', 'pending') AND check_at <= now()
    ORDER BY check_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING id, provider, reference, status
"""

_REFUNDS_DUE = """
UPDATE refunds r SET tries = tries + 1,
    try_at = now() + least(5 * power(2, r.tries), 3600) * interval '1 second'
FROM payments p
WHERE p.id = r.payment_id AND r.id IN (
    SELECT id FROM refunds WHERE status = 'started' AND try_at <= now()
    AND ($2::text IS NULL OR id = $2)
    ORDER BY try_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING r.id, r.payment_id, p.provider, p.reference, r.amount, p.currency
"""

_REPORT = """
SELECT t.type, t.state, count(*) AS tickets, sum(t.price)::bigint AS amount
FROM tickets t WHERE t.event_id = $1 GROUP BY t.type, t.state
"""

_BY_HOUR = """
SELECT date_trunc('hour', o.created_at) AS hour, count(*) AS orders, sum(o.total)::bigint AS amount
FROM orders o WHERE o.event_id = $1 GROUP BY 1 ORDER BY 1 LIMIT 10000
"""


class PostgresOrders:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(  # noqa: PLR0913  what a payment begins with
        self, hold_id: HoldId, user_id: UserId, provider: str, token: str, *, cap: float,
        check_after: float,
    ) -> Begun:  # fmt: skip
        row = await self._database.row(
            "SELECT * FROM begin_payment($1, $2, $3, $4, $5, $6, $7, $8)",
            hold_id, user_id, new_id(), new_id(), provider, token, cap, check_after,
        )  # fmt: skip
        assert row is not None  # noqa: S101  narrows: the function always gives one row
        return Begun(*row)

    async def settle(self, payment_id: PaymentId, reference: str) -> SettleOutcome:
        tickets = [new_id() for _ in range(MAX_TICKETS)]
        outcome: SettleOutcome = await self._database.value(
            "SELECT settle_charge($1, $2, $3, $4)", payment_id, reference, tickets, new_id()
        )
        return outcome

    async def decline(self, payment_id: PaymentId, reason: str) -> bool:
        declined: bool = await self._database.value(
            "SELECT decline_payment($1, $2)", payment_id, reason
        )
        return declined

    async def pend(self, payment_id: PaymentId, reference: str, check_after: float) -> None:
        await self._database.execute(
            """
            UPDATE payments SET status = 'pending', reference = $2,
                check_at = now() + make_interval(secs => $3)
            WHERE id = $1 AND status IN ('started', 'pending')
            """,
            payment_id, reference, check_after,
        )  # fmt: skip

    async def to_check(self, limit: int) -> list[PaymentToCheck]:
        rows = await self._database.fetch(_TO_CHECK, limit)
        return [PaymentToCheck(*row) for row in rows]

    async def refund(
        self, order_id: OrderId, tickets: Sequence[TicketId] | None, reason: str, *, forced: bool
    ) -> tuple[RefundOutcome, str]:
        refund_id = new_id()
        outcome: RefundOutcome = await self._database.value(
            "SELECT refund_order($1, $2, $3, $4, $5)", order_id, tickets, refund_id, reason, forced
        )
        return outcome, refund_id

    async def refunds_due(self, limit: int, refund_id: str | None = None) -> list[RefundDue]:
        rows = await self._database.fetch(_REFUNDS_DUE, limit, refund_id)
        return [RefundDue(*row) for row in rows]

    async def refund_done(self, refund_id: str) -> None:
        await self._database.execute("UPDATE refunds SET status = 'done' WHERE id = $1", refund_id)

    async def cancelled_orders(self, limit: int) -> list[OrderId]:
        rows = await self._database.fetch(
            """
            SELECT o.id FROM events e JOIN orders o ON o.event_id = e.id
            WHERE e.cancelled AND o.status <> 'refunded' LIMIT $1
            """,
            limit,
        )
        return [row["id"] for row in rows]

    async def order(self, order_id: OrderId, user_id: UserId | None = None) -> Order | None:
        row = await self._database.row(
            f"{_ORDER} WHERE o.id = $1 AND ($2::text IS NULL OR o.user_id = $2)", order_id, user_id
        )
        return None if row is None else _order(row)

    async def payment(self, order_id: OrderId, user_id: UserId) -> Payment | None:
        """The payment of an order that does not exist yet, or never will."""
        row = await self._database.row(
            f"{_PENDING} WHERE p.order_id = $1 AND p.user_id = $2", order_id, user_id
        )
        return None if row is None else Payment(*row)

    async def orders_of(self, user_id: UserId, limit: int, before: OrderId | None) -> list[Order]:
        rows = await self._database.fetch(
            f"""{_ORDER} WHERE o.user_id = $1 AND ($3::text IS NULL OR o.id < $3)
            ORDER BY o.id DESC LIMIT $2""",
            user_id, limit, before,
        )  # fmt: skip
        return [_order(row) for row in rows]

    async def orders_of_event(
        self, event_id: EventId, limit: int, before: OrderId | None
    ) -> list[OrderLine]:
        rows = await self._database.fetch(
            """
            SELECT o.id, o.user_id, u.email, u.name, o.status, o.total, o.refunded, o.currency,
                o.created_at, (SELECT count(*) FROM tickets t WHERE t.order_id = o.id) AS tickets
            FROM orders o JOIN users u ON u.id = o.user_id
            WHERE o.event_id = $1 AND ($3::text IS NULL OR o.id < $3)
            ORDER BY o.id DESC LIMIT $2
            """,
            event_id, limit, before,
        )  # fmt: skip
        return [OrderLine(*row) for row in rows]

    async def report(self, event_id: EventId) -> list[ReportRow]:
        rows = await self._database.fetch(_REPORT, event_id)
        return [ReportRow(*row) for row in rows]

    async def by_hour(self, event_id: EventId) -> list[tuple[datetime, int, int]]:
        rows = await self._database.fetch(_BY_HOUR, event_id)
        return [(row["hour"], row["orders"], row["amount"]) for row in rows]

    async def sold_last_hour(self, events: Sequence[EventId]) -> dict[EventId, int]:
        rows = await self._database.fetch(
            """
            SELECT o.event_id, count(*) AS tickets
            FROM orders o JOIN tickets t ON t.order_id = o.id
            WHERE o.event_id = ANY ($1) AND o.created_at > now() - interval '1 hour'
            GROUP BY o.event_id
            """,
            events,
        )
        return {row["event_id"]: row["tickets"] for row in rows}

    async def export(self, event_id: EventId) -> AsyncIterator[SoldTicket]:
        """A page at a time."""
        after = ""
        while True:
            rows = await self._database.fetch(
                """
                SELECT t.id, t.order_id, o.created_at, u.email, u.name, t.type, t.seat, t.price,
                    o.currency, t.state
                FROM tickets t JOIN orders o ON o.id = t.order_id JOIN users u ON u.id = o.user_id
                WHERE t.event_id = $1 AND t.id > $2 ORDER BY t.id LIMIT 1000
                """,
                event_id, after,
            )  # fmt: skip
            for row in rows:
                yield SoldTicket(*row)
            if len(rows) < 1000:
                return
            after = rows[-1]["id"]


def _order(row: asyncpg.Record) -> Order:
    tickets: list[Any] = row["tickets"]
    return Order(
        row["id"], row["event_id"], row["user_id"], row["status"], row["total"], row["refunded"],
        row["currency"], row["created_at"], [Ticket(*ticket) for ticket in tickets],
    )  # fmt: skip
