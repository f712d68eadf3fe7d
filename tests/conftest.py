"""The fixtures of the tests across services: two instances of each service on real stores.

Their classes and types are in `harness.py`. A person talks to one gateway, as a browser behind a
sticky balancer would. With TIKETI_URL, ADMIN_EMAIL and ADMIN_PASSWORD set, the people use the
deployment at that URL instead.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.harness import (
    Json,
    NewEvent,
    NewFan,
    NewStaff,
    NewVisitor,
    Person,
    concert,
    wait_for_line,
)

from tiketi_local.deployment import PORTS, Deployment, private_stores
from tiketi_local.keys import Keys, load_or_make

WEB_ROOT = Path(__file__).resolve().parents[1] / "services/gateway/frontend/dist"


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    admin = {name: os.environ.get(name.upper(), "") for name in ("admin_email", "admin_password")}
    return load_or_make(tmp_path_factory.mktemp("keys") / "keys.json", **admin)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Deployment]:
    """Two instances of each service, ready."""
    folder = tmp_path_factory.mktemp("deployment")
    stores = private_stores(folder, keys.store_password, logs=folder, durable=False)
    counts = dict.fromkeys(PORTS, 2)
    with Deployment(
        stores, keys, logs=folder, counts=counts, web_root=WEB_ROOT,
        # An instance shuts down more slowly than the gateway notices that it is not ready.
        environ={"LIMITS": "off", "LEAVE_SECONDS": "1.5"},
    ) as deployment:  # fmt: skip
        deployment.start()
        yield deployment


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps no cookies, so each person is identified by their token alone."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=30)
    ) as session:
        yield session


@pytest.fixture(scope="session")
def gateway_urls(request: pytest.FixtureRequest) -> list[str]:
    """The URLs of two gateways. Behind a balancer both are the balancer's URL."""
    if url := os.environ.get("TIKETI_URL"):
        return [url, url]
    deployment: Deployment = request.getfixturevalue("deployment")
    return deployment.gateway_urls


@pytest.fixture
def visitor(gateway_urls: list[str], http: aiohttp.ClientSession) -> NewVisitor:
    """`visitor(gateway=0)` returns a person without an account."""

    def make(gateway: int = 0) -> Person:
        return Person(http, gateway_urls[gateway])

    return make


@pytest.fixture
def fan(visitor: NewVisitor) -> NewFan:
    """`await fan(gateway=0)` returns a person who has just signed up."""

    async def make(gateway: int = 0) -> Person:
        return await visitor(gateway).sign_up()

    return make


@pytest.fixture
async def organiser(visitor: NewVisitor, keys: Keys) -> Person:
    """The deployment's admin, signed in."""
    return await visitor().sign_in(keys.admin_email, keys.admin_password)


@pytest.fixture
def staff(fan: NewFan, organiser: Person) -> NewStaff:
    """`await staff()` returns a person to whom the organiser gave the role `staff`."""

    async def make() -> Person:
        person = await fan()
        email = (await person.call("GET", "/api/me"))["email"]
        change = {"email": email, "role": "staff"}
        answer = await organiser.call("POST", "/api/admin/staff", change)
        assert answer.status == 200, answer
        return await person.sign_in(email)  # a new role ends the sessions of the old one

    return make


@pytest.fixture
def new_event(organiser: Person) -> NewEvent:
    """`await new_event(capacity=..., per_second=...)` returns an event that is on sale now."""

    async def make(*, capacity: int = 1000, per_second: float = 50) -> Json:
        content = concert(capacity=capacity, per_second=per_second)
        answer = await organiser.call("POST", "/api/admin/events", content)
        assert answer.status == 201, answer
        event: Json = answer.body
        await wait_for_line(organiser, event["id"])
        return event

    return make
