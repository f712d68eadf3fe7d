"""A database that was made and filled by an older release is migrated, and sold from.

`dumps/README.md` tells what is in the dumps.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import msgspec
import pytest
from aio_pika import ExchangeType
from services.booking.tests.harness import Audit, Client, Person, Start

from tiketi_booking.migrate import functions, migrate, released
from tiketi_booking.settings import Settings
from tiketi_shared.messages import EXCHANGE, OrderPaid

DUMP = Path(__file__).parent / "dumps/60ea199.sql"

_SIGNATURES = """
SELECT p.oid::regprocedure::text AS signature, pg_get_function_result(p.oid) AS result
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
"""

_HOLD = """
SELECT h.id FROM holds h JOIN users u ON u.id = h.user_id
WHERE u.name = $1 AND h.state = 'live' AND h.seats = $2
"""


@pytest.fixture
async def old_dsn(empty_dsn: str) -> str:
    """A database as 60ea199 left it."""
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(DUMP.read_text("utf-8"))
    await connection.close()
    return empty_dsn


@pytest.fixture
async def client(old_dsn: str, start: Start, settings: Settings) -> Client:
    """An instance of this release on the migrated database."""
    await migrate(old_dsn)
    return await start(replace(settings, postgres_dsn=old_dsn))


@pytest.fixture
async def events(client: Client) -> dict[str, Any]:
    listed = (await client.call("GET", "/api/events")).body["events"]
    views = [await client.call("GET", f"/api/events/{event['id']}") for event in listed]
    return {view.body["name"]: view.body for view in views}


async def soon(ask: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while not (found := await ask()):  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.05)
    return found


async def bought(person: Person) -> list[tuple[str, str, list[tuple[str | None, str]]]]:
    """Event, status, and each ticket's seat and state, the oldest order first."""
    orders = (await person.call("GET", "/api/orders")).body["orders"]
    return [
        (
            order["event_name"],
            order["status"],
            [(_seat(ticket), ticket["state"]) for ticket in order["tickets"]],
        )
        for order in reversed(orders)
    ]


def _seat(ticket: Any) -> str | None:
    return None if ticket["seat"] is None else ticket["seat"]["id"]


async def test_what_is_applied_to_an_old_database_is_what_it_does_not_have(old_dsn: str) -> None:
    applied = await migrate(old_dsn)
    assert applied == [
        *(migration.name for migration in released() if migration.number > 106),
        *(f"{function.name}()" for function in functions()),
    ]
    assert await migrate(old_dsn) == []


async def test_instances_of_the_release_before_find_every_function_they_call(old_dsn: str) -> None:
    connection = await asyncpg.connect(old_dsn)
    before = {tuple(row) for row in await connection.fetch(_SIGNATURES)}
    await migrate(old_dsn)
    after = {tuple(row) for row in await connection.fetch(_SIGNATURES)}
    await connection.close()
    assert len(before) == 16
    assert before - after == set()


async def test_orders_are_still_there(client: Client) -> None:
    narae, minsu, jisoo, harin = [
        await client.signed_in(f"{name}@example.org")
        for name in ("narae", "minsu", "jisoo", "harin")
    ]
    assert await bought(narae) == [
        ("Winter Song", "paid", [("s0", "used"), ("s1", "valid")]),
        ("First Snow", "refunded", [("s0", "refunded")]),
    ]
    assert await bought(minsu) == [
        ("Winter Song", "paid", [(None, "valid")] * 3),
        ("First Snow", "paid", [("s1", "valid")]),
    ]
    assert (await bought(jisoo))[0] == ("Winter Song", "refunded", [("s2", "refunded")])
    assert await bought(harin) == [
        ("Winter Song", "partly_refunded", [("s6", "valid"), ("s7", "refunded")])
    ]


async def test_seats_are_held_and_paid_for_and_sold_ones_are_not(
    client: Client, events: Any, audit: Audit
) -> None:
    event = events["Winter Song"]
    availability = await client.call("GET", f"/api/events/{event['id']}/availability")
    assert availability.body["states"][:8] == "ssahaasa"
    minsu = await client.signed_in("minsu@example.org")
    refused = await minsu.hold(event["id"], {"seat_ids": ["s1", "s2"]})
    assert (refused.status, refused.body["unavailable"]) == (409, ["s1"])
    order = await minsu.buy(event["id"], {"seat_ids": ["s2"]})
    assert (order["status"], order["total"]) == ("paid", 121_000)
    standing = {kind["name"]: kind["id"] for kind in event["ticket_types"]}["Standing"]
    (fresh,) = await client.known(1)
    too_many = await fresh.hold(event["id"], {"ticket_type_id": standing, "quantity": 5})
    assert too_many.status == 409
    order = await fresh.buy(event["id"], {"ticket_type_id": standing, "quantity": 4})
    refund = await fresh.call("POST", f"/api/orders/{order['id']}/refund", {})
    assert refund.body["order"]["status"] == "refunded"
    assert await audit(client.database) == {}


async def test_a_hold_made_before_is_paid_for_after(client: Client, audit: Audit) -> None:
    dowon = await client.signed_in("dowon@example.org")
    hold_id = await client.database.value(_HOLD, "Dowon", [10, 11])
    paid = await dowon.pay(hold_id)
    assert (paid.status, paid.body["order"]["total"]) == (201, 242_000)
    assert await audit(client.database) == {}


async def test_a_payment_that_was_pending_becomes_an_order(client: Client, audit: Audit) -> None:
    jisoo = await client.signed_in("jisoo@example.org")

    async def ordered() -> bool:
        return ("Winter Song", "paid", [("s8", "valid")]) in await bought(jisoo)

    assert await soon(ordered)
    assert await audit(client.database) == {}


async def test_the_waiting_list_goes_on(client: Client, events: Any) -> None:
    path = f"/api/events/{events['First Snow']['id']}/waitlist"
    harin = await client.signed_in("harin@example.org")
    dowon = await client.signed_in("dowon@example.org")
    offered = (await harin.call("GET", path)).body
    assert offered["status"] == "offered"
    assert (await harin.pay(offered["offer"]["hold_id"])).status == 201
    waiting = (await dowon.call("GET", path)).body
    assert (waiting["status"], waiting["position"], waiting["quantity"]) == ("waiting", 1, 2)


async def test_a_ticket_that_was_used_opens_no_door_again_and_the_other_does(
    client: Client,
) -> None:
    narae = await client.signed_in("narae@example.org")
    gate = await client.signed_in("gate@example.org", "staff")
    order = (await narae.call("GET", "/api/orders")).body["orders"][-1]
    used, valid = [
        await gate.call("POST", "/api/checkin", {"code": ticket["code"], "device": "south"})
        for ticket in order["tickets"]
    ]
    assert (used.status, used.body["code"], used.body["device"]) == (409, "already_used", "north")
    assert valid.status == 200


async def test_deliveries_that_waited_are_not_lost(client: Client) -> None:
    admin = await client.person("admin")
    listed = (await admin.call("GET", "/api/admin/deliveries?status=unsent")).body["deliveries"]
    assert sorted(one["message"]["type"] for one in listed) == [
        "order_paid", "order_paid", "seats_offered",
    ]  # fmt: skip


async def test_messages_that_waited_for_the_broker_leave(
    client: Client, start: Start, settings: Settings, old_dsn: str, amqp_url: str
) -> None:
    rows = await client.database.fetch("SELECT id FROM orders")
    missing = {row["id"] for row in rows}
    assert len(missing) >= 7
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "order_paid.#")
        await start(replace(settings, postgres_dsn=old_dsn, amqp_url=amqp_url))
        async with asyncio.timeout(30), queue.iterator() as messages:
            async for message in messages:
                await message.ack()
                missing.discard(msgspec.json.decode(message.body, type=OrderPaid).order_id)
                if not missing:
                    break
    assert missing == set()
