"""Sales figures for organisers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from tiketi_booking.domain.catalogue import Event, TicketType
from tiketi_booking.domain.orders import OrderLine, SoldTicket
from tiketi_booking.ports import OrderStore
from tiketi_booking.usecases.catalogue import Catalogue
from tiketi_shared.ids import EventId, OrderId


@dataclass(frozen=True, slots=True)
class TypeSales:
    """`sold` tickets are live ones, `used` those of them that were scanned."""

    kind: TicketType
    sold: int
    used: int
    refunded: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Reports:
    store: OrderStore
    catalogue: Catalogue

    async def by_type(self, event: Event) -> list[TypeSales]:
        rows = {(row.type, row.state): row for row in await self.store.report(event.id)}
        sales = []
        for kind in event.ticket_types:
            valid, used, refunded = (
                rows.get((kind.number, state)) for state in ("valid", "used", "refunded")
            )
            live = [row for row in (valid, used) if row is not None]
            sales.append(
                TypeSales(
                    kind,
                    sum(row.tickets for row in live),
                    used.tickets if used else 0,
                    refunded.tickets if refunded else 0,
                    sum(row.amount for row in live),
                )
            )
        return sales

    async def by_hour(self, event_id: EventId) -> list[tuple[datetime, int, int]]:
        """Per hour: the number of orders, and their total when they were made."""
        return await self.store.by_hour(event_id)

    async def orders(
        self, event_id: EventId, limit: int, before: OrderId | None
    ) -> tuple[list[OrderLine], OrderId | None]:
        """The latest first, and the cursor of the next page. Raises NotFound."""
        await self.catalogue.event(event_id)
        lines = await self.store.orders_of_event(event_id, limit + 1, before)
        return lines[:limit], lines[limit - 1].id if len(lines) > limit else None

    def tickets(self, event_id: EventId) -> AsyncIterator[SoldTicket]:
        return self.store.export(event_id)

    async def stats(self, events: list[EventId]) -> dict[EventId, int]:
        """Tickets sold within the last hour."""
        return await self.store.sold_last_hour(events)
