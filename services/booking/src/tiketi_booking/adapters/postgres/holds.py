"""Holds in Postgres: each method is one call of a function of `sql/functions/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from tiketi_booking.adapters.postgres.database import COLLIDED, Database
from tiketi_booking.domain.holds import Decision, Hold, HoldOrder, Seats
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import AdmissionId, EventId, HoldId, UserId

_TAKE = "SELECT * FROM take_holds($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"

_TAKE_OR_NEAREST = """
SELECT * FROM hold_or_nearest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""

_WISH = """
SELECT h.*, e.currency, NULL AS order_id
FROM keep_wish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS h
JOIN events e ON e.id = h.event_id
"""

_HOLD = """
SELECT h.*, e.currency, (
    SELECT p.order_id FROM payments p
    WHERE p.hold_id = h.id AND p.status <> 'declined' ORDER BY p.id DESC LIMIT 1
) AS order_id
FROM holds h JOIN events e ON e.id = h.event_id
"""

_EXPIRED = """
SELECT event_id, array_agg(id ORDER BY id) AS ids FROM (
    SELECT event_id, id FROM holds
    WHERE CASE state WHEN 'live' THEN expires_at END <= now()
    ORDER BY CASE state WHEN 'live' THEN expires_at END LIMIT $1
) AS due GROUP BY event_id
"""


@dataclass(slots=True)
class _Columns:
    """The arrays of one call of take_holds."""

    orders: Sequence[HoldOrder]

    def arguments(self) -> tuple[list[object], ...]:
        of: list[object] = []
        seat: list[object] = []
        types: list[object] = []
        for place, order in enumerate(self.orders, 1):
            if isinstance(order.wanted, Seats):
                of += [place] * len(order.claims)
                seat += order.claims
                types.append(0)
            else:
                types.append(order.wanted.type_number)
        return (
            [order.id for order in self.orders],
            [order.user_id for order in self.orders],
            [order.admission_id for order in self.orders],
            [_time(order.admission_exp) for order in self.orders],
            [order.key for order in self.orders],
            [order.request for order in self.orders],
            types,
            [order.wanted.quantity for order in self.orders],
            of,
            seat,
        )

    def others(self) -> tuple[list[object], ...]:
        """What hold_or_nearest needs besides."""
        groups = [
            (place, rank, seat)
            for place, order in enumerate(self.orders, 1)
            for rank, group in enumerate(order.others, 1)
            for seat in group
        ]
        return (
            [order.wish for order in self.orders],
            [place for place, _, _ in groups],
            [rank for _, rank, _ in groups],
            [seat for _, _, seat in groups],
        )


class PostgresHolds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, event_id: EventId, orders: Sequence[HoldOrder], seconds: float
    ) -> list[Decision]:
        """Decides all in one transaction, or one by one if it fails: one cannot fail others."""
        try:
            return await self._take(event_id, orders, seconds)
        except COLLIDED as error:
            if len(orders) == 1:
                raise Unavailable(
                    "the seats changed at the same moment; try again", retry_after=1
                ) from error
        except asyncpg.exceptions.PostgresError:
            if len(orders) == 1:
                raise
        return [(await self.take(event_id, [order], seconds))[0] for order in orders]

    async def _take(
        self, event_id: EventId, orders: Sequence[HoldOrder], seconds: float
    ) -> list[Decision]:
        columns = _Columns(orders)
        arguments = columns.arguments()
        if all(order.wish is None for order in orders):
            rows = await self._database.fetch(_TAKE, event_id, seconds, *arguments)
            return [Decision(*row) for row in rows]
        rows = await self._database.fetch(
            _TAKE_OR_NEAREST, event_id, seconds, *arguments, *columns.others()
        )
        last = {number: Decision(*row) for number, *row in rows}
        return [last[place] for place in range(1, len(orders) + 1)]

    async def wish(
        self, event_id: EventId, order: HoldOrder, ticket_type: int, seconds: float
    ) -> Hold | None:
        seats = order.wanted.indices if isinstance(order.wanted, Seats) else ()
        row = await self._database.row(
            _WISH, event_id, order.user_id, order.wish, order.admission_id,
            _time(order.admission_exp), _time(order.entered), ticket_type, order.wanted.quantity,
            seats, seconds,
        )  # fmt: skip
        return None if row is None else _hold(row)

    async def hold(self, hold_id: HoldId, user_id: UserId) -> Hold | None:
        row = await self._database.row(
            f"{_HOLD} WHERE h.id = $1 AND h.user_id = $2", hold_id, user_id
        )
        return None if row is None else _hold(row)

    async def live(self, event_id: EventId, user_id: UserId) -> Hold | None:
        """The user's latest hold that has not ended."""
        row = await self._database.row(
            f"""{_HOLD} WHERE h.event_id = $1 AND h.user_id = $2 AND h.state = 'live'
            AND h.expires_at > now() ORDER BY h.created_at DESC LIMIT 1""",
            event_id, user_id,
        )  # fmt: skip
        return None if row is None else _hold(row)

    async def live_of(self, user_id: UserId) -> list[Hold]:
        """Their holds that have not ended, of all events, the one that ends first before others."""
        rows = await self._database.fetch(
            f"""{_HOLD} WHERE h.user_id = $1 AND h.state = 'live' AND h.expires_at > now()
            ORDER BY h.expires_at LIMIT 100""",
            user_id,
        )
        return [_hold(row) for row in rows]

    async def release(self, event_id: EventId, hold_id: HoldId) -> bool:
        """Returns whether this call ended the hold. False while a payment for it is pending."""
        ended = await self._database.fetch("SELECT release_hold($1, $2)", event_id, hold_id)
        return bool(ended)

    async def expire(self, limit: int) -> int:
        """Ends expired holds and frees their seats. Returns the number of holds."""
        due = await self._database.fetch(_EXPIRED, limit)
        ended = 0
        for row in due:
            done = await self._database.fetch(
                "SELECT end_holds($1, $2, 'expired')", row["event_id"], row["ids"]
            )
            ended += len(done)
        return ended

    async def revoke(self, admissions: Sequence[tuple[AdmissionId, int]]) -> None:
        await self._database.execute(
            """
            INSERT INTO spent_admissions (admission_id, exp)
            SELECT * FROM unnest($1::text[], $2::timestamptz[])
            ON CONFLICT DO NOTHING
            """,
            [admission_id for admission_id, _ in admissions],
            [_time(exp) for _, exp in admissions],
        )  # fmt: skip


def _hold(row: asyncpg.Record) -> Hold:
    return Hold(
        row["id"], row["event_id"], row["user_id"], row["state"], row["seats"], row["types"],
        row["prices"], row["total"], row["currency"], row["expires_at"],
        row["order_id"],
    )  # fmt: skip


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
