"""The failures that the line expects.

TiketiError
├── NotFound
│   ├── UnknownEvent      404 not_found
│   └── NotInQueue        404 not_in_queue
├── Forbidden
│   └── InviteRequired    403 invite_required     (no code, or not a code of this event)
├── Conflict
│   ├── NotOnSale         409 not_on_sale         (phase, opens_at)
│   ├── SoldOut           409 sold_out
│   └── SaleEnded         409 sale_ended
├── Invalid
│   └── InvalidTicket     422 invalid_ticket      (forged, changed, or of another person)
├── TooManyRequests       429 too_many_requests
└── Unavailable
    └── LinePaused        503 line_paused         (by an organiser, or Redis is unavailable)
"""

from typing import Any

from tiketi_shared.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unavailable,
)

__all__ = [
    "InvalidTicket", "InviteRequired", "LinePaused", "NotInQueue", "NotOnSale", "SaleEnded",
    "SoldOut", "TooManyRequests", "UnknownEvent",
]  # fmt: skip


class UnknownEvent(NotFound):
    def __init__(self) -> None:
        super().__init__("there is no event with this id")


class NotInQueue(NotFound):
    code = "not_in_queue"

    def __init__(self) -> None:
        super().__init__(
            "you have no place in this line; join it, with your restore ticket if you have one"
        )


class InviteRequired(Forbidden):
    code = "invite_required"


class NotOnSale(Conflict):
    code = "not_on_sale"


class SoldOut(Conflict):
    code = "sold_out"

    def __init__(self) -> None:
        super().__init__("every seat is sold")


class SaleEnded(Conflict):
    code = "sale_ended"

    def __init__(self) -> None:
        super().__init__("the sale has ended")


class InvalidTicket(Invalid):
    code = "invalid_ticket"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"the {field} is not valid: {why}", errors={field: why})


class LinePaused(Unavailable):
    code = "line_paused"

    def __init__(self, detail: str, *, retry_after: float = 3, **extra: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **extra)
