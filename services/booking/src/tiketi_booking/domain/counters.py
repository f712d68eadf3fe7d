"""How a sale stands at one moment."""

from dataclasses import dataclass

from tiketi_shared.sale import Sale


@dataclass(frozen=True, slots=True)
class Counters:
    """An event's sale and its counters at one moment; money in the smallest unit."""

    sale: Sale
    currency: str
    seats_version: int
    held: int
    sold: int
    orders: int
    refunds: int
    revenue: int
    admissions_used: int
