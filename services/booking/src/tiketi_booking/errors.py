"""What booking refuses, and with which code.

TiketiError
├── BadRequest
│   └── BadSignature            400 bad_signature        (a webhook that the provider did not sign)
├── Unauthenticated
│   └── InvalidCredentials      401 invalid_credentials
├── Forbidden
│   ├── AdmissionRequired       403 admission_required   (absent, foreign, used up, given up)
│   └── AdmissionExpired        403 admission_expired
├── PaymentDeclined             402 payment_declined     (reason; the hold stays)
├── NotFound
│   ├── UnknownTicket           404 unknown_ticket
│   └── NotWaiting              404 not_waiting          (on the waiting list)
├── Conflict
│   ├── AlreadyUsed             409 already_used         (used_at, device, ticket_id)
│   ├── TicketCancelled         409 ticket_cancelled     (ticket_id)
│   ├── WrongEvent              409 wrong_event          (event_id: the ticket's)
│   ├── NotSoldOut              409 not_sold_out         (no waiting list is needed)
│   ├── EmailTaken              409 email_taken
│   ├── LastAdmin               409 last_admin           (somebody has to be left to give roles)
│   ├── SeatsUnavailable        409 seats_unavailable    (unavailable: seat ids)
│   ├── SaleNotOpen             409 sale_not_open
│   ├── PaymentUnderWay         409 payment_under_way
│   ├── HoldPaid                409 hold_paid            (order_id)
│   ├── AlreadyRefunded         409 already_refunded
│   ├── TicketUsed              409 ticket_used
│   ├── RefundClosed            409 refund_closed
│   ├── SeatsTaken              409 seats_taken          (an organiser blocks what is not free)
│   └── StillRunning            409 still_running        (the same Idempotency-Key)
├── ChangedMeanwhile            412 changed_meanwhile    (version, conflicts: [{field, yours,
│                                                         theirs}])
├── Gone
│   ├── HoldExpired             410 hold_expired
│   └── ResetExpired            410 reset_expired        (a mailed link: used, old, unknown)
├── Unprocessable               422 invalid
│   ├── LimitExceeded           422 limit_exceeded       (max_per_user)
│   ├── UnknownSeats            422 unknown_seats        (unknown: seat ids)
│   └── KeyReused               422 idempotency_key_reused
└── Unavailable
    ├── MailUnavailable         503 mail_unavailable     (no mail server is set)
    └── ProviderUnavailable     503 payment_provider_unavailable
"""

from tiketi_shared.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    TiketiError,
    Unauthenticated,
    Unavailable,
)


class BadSignature(BadRequest):
    code = "bad_signature"


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"


class AdmissionRequired(Forbidden):
    code = "admission_required"


class AdmissionExpired(Forbidden):
    code = "admission_expired"


class PaymentDeclined(TiketiError):
    status, code = 402, "payment_declined"


class UnknownTicket(NotFound):
    code = "unknown_ticket"


class NotWaiting(NotFound):
    code = "not_waiting"


class NotSoldOut(Conflict):
    code = "not_sold_out"


class AlreadyUsed(Conflict):
    code = "already_used"


class TicketCancelled(Conflict):
    code = "ticket_cancelled"


class WrongEvent(Conflict):
    code = "wrong_event"


class EmailTaken(Conflict):
    code = "email_taken"


class LastAdmin(Conflict):
    code = "last_admin"


class SeatsUnavailable(Conflict):
    code = "seats_unavailable"


class SaleNotOpen(Conflict):
    code = "sale_not_open"


class PaymentUnderWay(Conflict):
    code = "payment_under_way"


class HoldPaid(Conflict):
    code = "hold_paid"


class AlreadyRefunded(Conflict):
    code = "already_refunded"


class TicketUsed(Conflict):
    code = "ticket_used"


class RefundClosed(Conflict):
    code = "refund_closed"


class SeatsTaken(Conflict):
    code = "seats_taken"


class StillRunning(Conflict):
    code = "still_running"


class ChangedMeanwhile(TiketiError):
    status, code = 412, "changed_meanwhile"


class HoldExpired(Gone):
    code = "hold_expired"


class ResetExpired(Gone):
    code = "reset_expired"


class Unprocessable(TiketiError):
    status, code = 422, "invalid"


class LimitExceeded(Unprocessable):
    code = "limit_exceeded"


class UnknownSeats(Unprocessable):
    code = "unknown_seats"


class KeyReused(Unprocessable):
    code = "idempotency_key_reused"


class MailUnavailable(Unavailable):
    code = "mail_unavailable"


class ProviderUnavailable(Unavailable):
    """The provider did not answer, or not with an outcome: the payment may or may not exist."""

    code = "payment_provider_unavailable"


class RelayStopped(Exception):
    """RabbitMQ, or the relay's own connection to Postgres, was lost. No client is told."""
