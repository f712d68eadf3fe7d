"""A box office on a real database: events are made, seats held, orders paid as the core does."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tiketi_booking.adapters.postgres.catalogue import PostgresCatalogue
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.adapters.postgres.holds import PostgresHolds
from tiketi_booking.adapters.postgres.orders import PostgresOrders
from tiketi_booking.adapters.postgres.tickets import PostgresTickets
from tiketi_booking.adapters.postgres.waiting_list import PostgresWaitingList
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.domain.catalogue import Event, NewEvent, NewLayout, NewTicketType
from tiketi_booking.domain.holds import HoldOrder, Quantity, Seats
from tiketi_booking.domain.layout import Section
from tiketi_booking.domain.orders import Order
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_booking.migrate import migrate
from tiketi_booking.usecases.catalogue import Catalogue, Organising
from tiketi_booking.usecases.checkin import CheckIn
from tiketi_shared.ids import HoldId, OrderId, UserId, new_id
from tiketi_shared.resources import open_postgres

CODES = TicketCodes("a-secret-of-at-least-32-characters")


@dataclass
class BoxOffice:
    database: Database
    catalogue: Catalogue
    watch: Watch
    organising: Organising
    holds: PostgresHolds
    orders: PostgresOrders
    tickets: PostgresTickets
    waiting: PostgresWaitingList
    deliveries: PostgresDeliveries
    codes: TicketCodes
    check_in: CheckIn

    async def event(self, *, rows: int = 1, seats_per_row: int = 4, standing: int = 0) -> Event:
        """On sale now; `R` is seated at 100,000, `S` (if any) standing at 50,000."""
        now = datetime.now(UTC)
        types: tuple[NewTicketType, ...] = (NewTicketType(name="R", price=100_000),)
        if standing:
            types += (NewTicketType(name="S", price=50_000, kind="general", capacity=standing),)
        return await self.organising.create(
            NewEvent(
                name="첫눈 First Snow",
                venue="KSPO DOME",
                starts_at=now + timedelta(days=5),
                sale_opens_at=now - timedelta(hours=1),
                sale_closes_at=now + timedelta(days=4),
                ticket_types=types,
                max_per_user=8,
                layout=NewLayout(
                    (Section(name="A", rows=rows, seats_per_row=seats_per_row, ticket_type="R"),)
                ),
            )
        )

    async def user(self, name: str = "Narae") -> UserId:
        user_id = UserId(new_id())
        await self.database.execute(
            "INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, $3, 'x')",
            user_id, f"{user_id}@example.com", name,
        )  # fmt: skip
        return user_id

    async def hold(
        self, event: Event, user_id: UserId, wanted: Sequence[int] | int, seconds: float = 300
    ) -> HoldId:
        """Seats by index, or so many standing."""
        number = event.type_names["S"].number if isinstance(wanted, int) else 0
        wish = Quantity(number, wanted) if isinstance(wanted, int) else Seats(tuple(wanted))
        order = HoldOrder(HoldId(new_id()), user_id, wish)
        (decision,) = await self.holds.take(event.id, [order], seconds)
        assert decision.outcome == "held"
        self.watch.touched()
        return decision.hold_id

    async def pay(self, hold_id: HoldId, user_id: UserId) -> Order:
        begun = await self.orders.begin(hold_id, user_id, "sandbox", "", cap=600, check_after=30)
        assert await self.orders.settle(begun.payment_id, "sb_1") == "order"
        order = await self.orders.order(begun.order_id)
        assert order is not None
        return order

    async def buy(self, event: Event, user_id: UserId, wanted: Sequence[int] | int) -> Order:
        return await self.pay(await self.hold(event, user_id, wanted), user_id)

    async def refund(self, order_id: OrderId) -> None:
        outcome, _ = await self.orders.refund(order_id, None, "requested", forced=True)
        assert outcome == "refunded"


@pytest.fixture
async def office(postgres_dsn: str) -> AsyncIterator[BoxOffice]:
    await migrate(postgres_dsn)
    async with open_postgres(postgres_dsn) as pool:
        database = Database(pool)
        store = PostgresCatalogue(database)
        catalogue = Catalogue(store, seconds=60)
        watch = Watch(database, catalogue.changed, seconds=0)
        tickets = PostgresTickets(database, catalogue, CODES)
        yield BoxOffice(
            database,
            catalogue,
            watch,
            Organising(store, catalogue, watch.touched),
            PostgresHolds(database),
            PostgresOrders(database),
            tickets,
            PostgresWaitingList(database),
            PostgresDeliveries(database),
            CODES,
            CheckIn(tickets, CODES, catalogue),
        )
