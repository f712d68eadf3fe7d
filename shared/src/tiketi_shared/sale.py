"""The sale of one event: its times, its phase, its queue settings.

Booking owns the sale and serves it at `GET /internal/sales`. The queue polls that once a second, so
a change takes effect everywhere within two seconds.
"""

from typing import Literal

import msgspec

from tiketi_shared.ids import EventId

Phase = Literal["scheduled", "lobby", "on_sale", "paused", "sold_out", "ended"]
Policy = Literal["lobby", "first_come", "open", "invite"]


class QueueSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the line of one event is run; see the numbers in the product's definition."""

    policy: Policy = "lobby"
    capacity: int = 1000
    """Active buyers at once."""
    per_second: float = 50.0
    """People let in a second."""
    admission_seconds: int = 300
    grace_seconds: int = 300
    """How long someone who was passed over while away may still enter next."""
    lobby_seconds: int = 900
    """How long before the opening the lobby is open (policy `lobby`)."""
    adaptive: bool = True
    """Whether the pace follows the till's health and makes up for no-shows."""
    invite_codes: tuple[str, ...] = ()
    """Codes that admit to the priority lane (policy `invite`, or a pre-sale)."""
    paused: bool = False


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """Times are Unix seconds; `version` grows with every change of the event or its settings."""

    event_id: EventId
    name: str
    version: int
    sale_opens_at: float
    sale_closes_at: float
    queue: QueueSettings
    seats_total: int
    seats_left: int
    """Neither sold, held nor blocked."""
    open_holds: int
    seats_held: int = 0
    """Of the open holds together: sold soon, or back on sale."""
    seats_sold: int = 0
    holds_paid: int = 0
    """Holds that ended with an order, since the sale began."""
    holds_returned: int = 0
    """Holds that ended without one: given back or run out."""
    cancelled: bool = False


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `GET /internal/sales`, with the till's health as booking measures it."""

    sales: list[Sale]
    hold_seconds_p95: float
    checkout_seconds_p95: float
    error_share: float
    """Failed holds and checkouts of the last 10 s, 0 to 1; a refusal such as 409 is no failure."""


def phase_of(sale: Sale, now: float) -> Phase:
    """The phase at `now` (Unix seconds).

    Sold out means that nothing is left and nothing is held that could come back.
    """
    if sale.cancelled or now >= sale.sale_closes_at:
        return "ended"
    if now < sale.sale_opens_at:
        opens = sale.sale_opens_at - sale.queue.lobby_seconds
        return "lobby" if sale.queue.policy == "lobby" and now >= opens else "scheduled"
    if sale.seats_left <= 0 and sale.open_holds == 0:
        return "sold_out"
    return "paused" if sale.queue.paused else "on_sale"
