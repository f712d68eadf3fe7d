"""Deliveries and webhook endpoints in Postgres."""

import asyncpg
import msgspec

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.deliveries import (
    MAIL,
    Delivery,
    DeliveryRecord,
    Endpoint,
    EndpointRecord,
    Failed,
    HookEvent,
    Message,
    Status,
    head_start,
    lanes_for,
)
from tiketi_shared.ids import UserId, new_id

LEASE_SECONDS = 180
"""Longer than any one try may take."""

_DUE = """
SELECT lane FROM (SELECT 'mail' AS lane UNION ALL SELECT id FROM webhook_endpoints) AS lanes
WHERE EXISTS (
    SELECT FROM deliveries d
    WHERE d.lane = lanes.lane AND d.status = 'pending' AND d.next_attempt_at <= now()
)
"""

_CLAIM = """
UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = now() + $3 * interval '1 second'
WHERE id IN (
    SELECT id FROM deliveries
    WHERE lane = $1 AND status = 'pending' AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id, lane, message_id, message, attempts, created_at
"""

_LIST = """
SELECT d.id, CASE WHEN d.lane = 'mail' THEN 'mail' ELSE 'webhook' END AS kind, e.url,
    d.message_id, d.message, d.status, d.attempts, d.last_error, d.created_at, d.delivered_at,
    CASE WHEN d.status = 'pending' THEN d.next_attempt_at END AS next_attempt_at
FROM deliveries d LEFT JOIN webhook_endpoints e ON e.id = d.lane
WHERE ($1::text IS NULL OR d.status = $1) AND ($2::text IS NULL OR d.id < $2)
ORDER BY d.id DESC LIMIT $3
"""

_KEPT = """
SELECT status, count(*) FROM deliveries WHERE status <> 'delivered' GROUP BY status
"""

_TIDY = """
DELETE FROM deliveries WHERE id IN (
    SELECT id FROM deliveries
    WHERE status = 'delivered' AND delivered_at < now() - interval '30 days'
    ORDER BY id LIMIT 5000
)
"""

_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class PostgresDeliveries:
    """Raises Unavailable when Postgres is unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, message_id: str, message: Message) -> int:
        async with self._database.transaction() as connection:
            endpoints = await connection.fetch(
                "SELECT id, events FROM webhook_endpoints WHERE removed_at IS NULL"
            )
            lanes = lanes_for(message, [(row["id"], row["events"]) for row in endpoints])
            new = await connection.fetch(
                """
                INSERT INTO deliveries (id, lane, message_id, message, next_attempt_at)
                SELECT id, lane, $3, $4, now() - $6::interval
                FROM unnest($1::text[], $2::text[]) AS new (id, lane)
                WHERE NOT EXISTS (
                    SELECT FROM deliveries WHERE message_id = $3 AND lane = $5
                )
                ON CONFLICT (message_id, lane) DO NOTHING RETURNING id
                """,
                [new_id() for _ in lanes], lanes, message_id,
                msgspec.json.encode(message).decode(), MAIL, head_start(message),
            )  # fmt: skip
        return len(new)

    async def due(self) -> list[str]:
        return [row["lane"] for row in await self._database.fetch(_DUE)]

    async def claim(self, lane: str, limit: int) -> list[Delivery]:
        rows = await self._database.fetch(_CLAIM, lane, limit, float(LEASE_SECONDS))
        return [
            Delivery(
                row["id"], row["lane"], row["message_id"], _DECODER.decode(row["message"]),
                row["attempts"], row["created_at"],
            )
            for row in rows
        ]  # fmt: skip

    async def done(self, delivery_id: str, status: Status, why: str | None) -> None:
        await self._database.execute(
            """
            UPDATE deliveries SET status = $2, last_error = $3,
                delivered_at = CASE WHEN $2 = 'delivered' THEN now() END
            WHERE id = $1
            """,
            delivery_id, status, why,
        )  # fmt: skip

    async def failed(self, delivery_id: str, outcome: Failed, why: str) -> None:
        await self._database.execute(
            """
            UPDATE deliveries SET status = $2, last_error = $3,
                next_attempt_at = coalesce($4, next_attempt_at)
            WHERE id = $1
            """,
            delivery_id, outcome.status, why, outcome.next_attempt_at,
        )  # fmt: skip

    async def page(
        self, status: str | None, before: str | None, limit: int
    ) -> list[DeliveryRecord]:
        rows = await self._database.fetch(_LIST, status, before, limit)
        return [_record(row) for row in rows]

    async def retry(self, delivery_id: str) -> bool:
        """Schedules a parked or unsent delivery again. False when there is none with this id."""
        found = await self._database.value(
            """
            UPDATE deliveries SET status = 'pending', attempts = 0, next_attempt_at = now()
            WHERE id = $1 AND status IN ('parked', 'unsent') RETURNING true
            """,
            delivery_id,
        )
        return found is not None

    async def tidy(self) -> dict[str, int]:
        """Deletes deliveries that succeeded a month ago. Counts the undelivered ones by status."""
        await self._database.execute(_TIDY)
        return {row["status"]: row["count"] for row in await self._database.fetch(_KEPT)}

    async def endpoint(self, lane: str) -> Endpoint | None:
        row = await self._database.row(
            "SELECT url, secret FROM webhook_endpoints WHERE id = $1 AND removed_at IS NULL", lane
        )
        return None if row is None else Endpoint(row["url"], row["secret"])

    async def add_endpoint(
        self, url: str, events: list[HookEvent], secret: str, by: UserId
    ) -> EndpointRecord:
        row = await self._database.row(
            """
            INSERT INTO webhook_endpoints (id, url, events, secret, created_by)
            VALUES ($1, $2, $3, $4, $5) RETURNING id, created_at
            """,
            new_id(), url, events, secret, by,
        )  # fmt: skip
        assert row is not None  # noqa: S101  an insert returns its row
        return EndpointRecord(row["id"], url, events, row["created_at"])

    async def endpoints(self) -> list[EndpointRecord]:
        rows = await self._database.fetch(
            """
            SELECT id, url, events, created_at FROM webhook_endpoints
            WHERE removed_at IS NULL ORDER BY id
            """
        )
        return [EndpointRecord(*row) for row in rows]

    async def remove_endpoint(self, endpoint_id: str) -> bool:
        found = await self._database.value(
            """
            UPDATE webhook_endpoints SET removed_at = now()
            WHERE id = $1 AND removed_at IS NULL RETURNING true
            """,
            endpoint_id,
        )
        return found is not None

    async def email(self, user_id: UserId) -> str | None:
        found: str | None = await self._database.value(
            "SELECT email FROM users WHERE id = $1 AND erased_at IS NULL", user_id
        )
        return found


def _record(row: asyncpg.Record) -> DeliveryRecord:
    return DeliveryRecord(**{**row, "message": msgspec.json.decode(row["message"])})
