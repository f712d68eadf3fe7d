"""The built-in payment provider, for development, rehearsals and tests: no money moves.

What a token does: `tok_ok` pays, `tok_declined` is declined, `tok_error` is an outage (nothing is
kept, so nothing is ever taken), `tok_timeout` pays `answer_seconds` later and says so by a signed
webhook, as real providers do. Its books are in Postgres, each entry committed on its own: a charge
outlives the crash of the one who asked for it.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

import asyncpg
import msgspec

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.payments import (
    Charged,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    PaymentId,
    PaymentNews,
    Pending,
)
from tiketi_booking.domain.webhooks import SIGNATURE_HEADER, sign, verify
from tiketi_booking.errors import BadSignature, ProviderUnavailable
from tiketi_shared.decoding import decode_json
from tiketi_shared.ids import new_id

Deliver = Callable[[Mapping[str, str], bytes], Awaitable[None]]

_TOLD_AGAIN_SECONDS = 10

_CHARGE = """
INSERT INTO sandbox_charges (payment_id, reference, amount, currency, status, reason, answers_at,
                             told_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second',
        CASE WHEN $5 = 'pending' THEN NULL ELSE now() END)
ON CONFLICT (payment_id) DO UPDATE SET reference = sandbox_charges.reference
RETURNING reference, status, reason
"""

_LOOK_UP = """
UPDATE sandbox_charges
SET status = CASE WHEN status = 'pending' AND answers_at <= now() THEN 'charged' ELSE status END
WHERE payment_id = $1
RETURNING reference, status, reason
"""

# A payment that was never seen and is asked about is never taken afterwards.
_ABANDON = """
INSERT INTO sandbox_charges (payment_id, reference, amount, currency, status, reason, told_at)
VALUES ($1, $2, 0, '', 'declined', 'abandoned', now())
ON CONFLICT (payment_id) DO NOTHING RETURNING true
"""

_CHARGED = """
SELECT amount FROM sandbox_charges WHERE payment_id = $1 AND status = 'charged' FOR UPDATE
"""

_REFUND = """
INSERT INTO sandbox_refunds (refund_id, payment_id, amount)
SELECT $1, $2, $3::bigint
WHERE $3::bigint <= $4::bigint - (
    SELECT coalesce(sum(amount), 0)::bigint FROM sandbox_refunds
    WHERE payment_id = $2 AND refund_id <> $1
)
ON CONFLICT (refund_id) DO UPDATE SET amount = sandbox_refunds.amount
RETURNING refund_id
"""

_ANSWER = """
UPDATE sandbox_charges SET status = 'charged', answers_at = now() + $1 * interval '1 second'
WHERE payment_id IN (
    SELECT payment_id FROM sandbox_charges WHERE told_at IS NULL AND answers_at <= now()
    ORDER BY answers_at LIMIT 100 FOR UPDATE SKIP LOCKED
)
RETURNING payment_id, reference
"""


class _Event(msgspec.Struct, frozen=True, tag="charge.succeeded", forbid_unknown_fields=True):
    """The body of the sandbox's webhook."""

    payment_id: PaymentId
    reference: str


class Sandbox:
    name = "sandbox"

    def __init__(self, database: Database, webhook_secret: str, *, answer_seconds: float) -> None:
        self._database = database
        self._secret = webhook_secret
        self._answer_seconds = answer_seconds

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        if request.token == "tok_error":  # a public name  # noqa: S105  # nosec B105
            raise ProviderUnavailable("the sandbox simulates an outage (tok_error)")
        status, reason = _verdict(request.token)
        row = await self._database.row(
            _CHARGE, request.payment_id, f"sb_{new_id()}", request.amount, request.currency,
            status, reason, self._answer_seconds,
        )  # fmt: skip
        assert row is not None  # noqa: S101  an upsert returns its row
        return _outcome(row)

    async def look_up(
        self,
        payment_id: PaymentId,
        reference: str | None,  # noqa: ARG002  of the port
    ) -> ChargeOutcome | None:
        row = await self._database.row(_LOOK_UP, payment_id)
        if row is None and await self._database.value(_ABANDON, payment_id, f"sb_{new_id()}"):
            return None
        row = row or await self._database.row(_LOOK_UP, payment_id)
        assert row is not None  # noqa: S101  it was there when abandoning it failed
        return _outcome(row)

    async def refund(
        self,
        refund_id: str,
        payment_id: PaymentId,
        reference: str,  # noqa: ARG002  of the port
        amount: int,
        currency: str,  # noqa: ARG002  of the port
    ) -> None:
        async with self._database.transaction() as connection:
            charged = await connection.fetchval(_CHARGED, payment_id)
            accepted = charged is not None and await connection.fetchval(
                _REFUND, refund_id, payment_id, amount, charged
            )
        if not accepted:
            raise ProviderUnavailable("the sandbox has less money than the refund asks for")

    async def news(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        """What a webhook says. Raises BadSignature, or Invalid for one that says nothing."""
        if not verify(self._secret, body, headers.get(SIGNATURE_HEADER, ""), time.time()):
            raise BadSignature("the webhook is not signed by the sandbox")
        event = decode_json(body, _Event)
        return PaymentNews(event.payment_id, Charged(event.reference))

    async def answer_late_ones(self, deliver: Deliver) -> int:
        """Charges what is due and tells `deliver`, in a signed webhook, until that succeeds.

        Any number of instances may do so at once. Returns how many were told.
        """
        due = await self._database.fetch(_ANSWER, float(_TOLD_AGAIN_SECONDS))
        for row in due:
            body = msgspec.json.encode(_Event(row["payment_id"], row["reference"]))
            signature = sign(self._secret, body, int(time.time()))
            await deliver({SIGNATURE_HEADER: signature}, body)
            await self._database.execute(
                "UPDATE sandbox_charges SET told_at = now() WHERE payment_id = $1",
                row["payment_id"],
            )
        return len(due)


def _verdict(token: str) -> tuple[str, str | None]:
    verdicts = {
        "tok_ok": ("charged", None),
        "tok_timeout": ("pending", None),
        "tok_declined": ("declined", "card_declined"),
    }
    return verdicts.get(token, ("declined", "invalid_token"))


def _outcome(row: asyncpg.Record) -> ChargeOutcome:
    if row["status"] == "declined":
        return Declined(row["reason"])
    return (Charged if row["status"] == "charged" else Pending)(row["reference"])
