"""Who calls, and what they call about."""

import pytest
from services.booking.tests.harness import Client, Json, Person, Until, wait_until


@pytest.fixture
def until() -> Until:
    return wait_until


@pytest.fixture
async def event(client: Client) -> Json:
    return await client.event()


@pytest.fixture
async def buyer(client: Client) -> Person:
    return await client.person()


@pytest.fixture
async def staff(client: Client) -> Person:
    return await client.person("staff")


@pytest.fixture
async def admin(client: Client) -> Person:
    return await client.person("admin")


@pytest.fixture
async def order(buyer: Person, event: Json) -> Json:
    bought: Json = await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})
    return bought
