"""The wishes of people inside, in Postgres."""

from tiketi_booking.adapters.postgres.database import COLLIDED, Database
from tiketi_booking.domain.wishes import Grant, Wish
from tiketi_shared.ids import EventId, new_id

_EVENTS = """
SELECT e.id FROM events e JOIN stock s ON s.event_id = e.id
WHERE s.available > 0 AND NOT e.cancelled
    AND clock_timestamp() BETWEEN e.sale_opens_at AND e.sale_closes_at
    AND EXISTS (SELECT FROM wishes w WHERE w.event_id = e.id AND w.hold_id IS NULL
                AND w.ends_at > clock_timestamp())
"""

_WISHES = """
SELECT user_id, wish, type, quantity, seats FROM wishes
WHERE event_id = $1 AND hold_id IS NULL AND ends_at > clock_timestamp()
ORDER BY entered_at, asked_at, user_id LIMIT $2
"""


class PostgresWishes:
    """Raises Unavailable when Postgres is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events(self) -> list[EventId]:
        return [row["id"] for row in await self._database.fetch(_EVENTS)]

    async def wishes(self, event_id: EventId, limit: int) -> list[Wish]:
        rows = await self._database.fetch(_WISHES, event_id, limit)
        return [
            Wish(row["user_id"], row["wish"], row["type"], row["quantity"], tuple(row["seats"]))
            for row in rows
        ]

    async def grant(self, event_id: EventId, grant: Grant, seconds: float) -> bool:
        wish = grant.wish
        try:
            outcome = await self._database.value(
                "SELECT grant_wish($1, $2, $3, $4, $5, $6)",
                event_id, wish.user_id, wish.digest, new_id(), grant.seats, seconds,
            )  # fmt: skip
        except COLLIDED:
            return False
        return bool(outcome == "held")
