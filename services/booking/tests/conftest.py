"""The fixtures of all tests of booking; `harness.py` has their classes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from services.booking.tests.harness import (
    CODES,
    Audit,
    BoxOffice,
    Broken,
    Client,
    Clock,
    Mailbox,
    NewEventBody,
    Start,
    broken_rules,
    new_event,
)

from tiketi_booking.adapters.postgres.catalogue import PostgresCatalogue
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.adapters.postgres.holds import PostgresHolds
from tiketi_booking.adapters.postgres.orders import PostgresOrders
from tiketi_booking.adapters.postgres.tickets import PostgresTickets
from tiketi_booking.adapters.postgres.waiting_list import PostgresWaitingList
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.app import create_app
from tiketi_booking.migrate import migrate
from tiketi_booking.settings import Settings
from tiketi_booking.usecases.catalogue import Catalogue, Organising
from tiketi_booking.usecases.checkin import CheckIn
from tiketi_shared.ids import new_id
from tiketi_shared.postgres import open_postgres


@pytest.fixture
def event_body() -> NewEventBody:
    return new_event


@pytest.fixture
async def empty_dsn(postgres_dsn: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"migrate_{new_id()}"
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def settings(postgres_dsn: str, redis_url: str) -> Settings:
    """Of an instance that finds no RabbitMQ; tests of the relay bring theirs."""
    await migrate(postgres_dsn)
    return Settings(
        environment="test",
        postgres_dsn=postgres_dsn,
        redis_url=redis_url,
        amqp_url="amqp://guest:guest@127.0.0.1:9/",
        admin_password="admin-password",
        password_memory_mib=8,
    )


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts instances, stopped at the end."""
    servers: list[TestServer] = []
    async with ClientSession() as session, AsyncExitStack() as stack:

        async def start_one(settings: Settings) -> Client:
            app = create_app(settings)
            server = TestServer(app)
            await server.start_server(auto_decompress=False)  # as `tiketi_shared.run` does
            servers.append(server)
            pool = await stack.enter_async_context(open_postgres(settings.postgres_dsn))
            return Client(app, Database(pool), str(server.make_url("")).rstrip("/"), session)

        yield start_one
        await asyncio.gather(*(server.close() for server in servers))


@pytest.fixture
async def client(start: Start, settings: Settings) -> Client:
    return await start(settings)


@pytest.fixture
async def office(postgres_dsn: str) -> AsyncIterator[BoxOffice]:
    await migrate(postgres_dsn)
    async with Clock.open(postgres_dsn) as clock, open_postgres(Clock.dsn(postgres_dsn)) as pool:
        database = Database(pool)
        store = PostgresCatalogue(database)
        catalogue = Catalogue(store, seconds=60)
        watch = Watch(database, catalogue.changed, seconds=0)
        tickets = PostgresTickets(database, catalogue, CODES)
        yield BoxOffice(
            clock,
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


@pytest.fixture
def mailbox(free_port: Callable[[], int]) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.url = f"smtp://127.0.0.1:{controller.port}"
    yield box
    controller.stop()


@pytest.fixture
async def audit(settings: Settings) -> Audit:
    """The sweep: every rule that this test broke, and by which rows. Empty is sound.

    The database is that of all tests: what others left behind, such as charges at the sandbox for
    payments that nobody made, is not counted.
    """
    connection = await asyncpg.connect(settings.postgres_dsn)
    before = await broken_rules(connection.fetch)
    await connection.close()

    async def sweep(database: Database) -> Broken:
        found = await broken_rules(database.fetch)
        fresh = {
            rule: [row for row in rows if row not in before.get(rule, [])]
            for rule, rows in found.items()
        }
        return {rule: rows for rule, rows in fresh.items() if rows}

    return sweep
