"""Rate limits of addresses and accounts, over all sessions and behind proxies."""

import asyncio

import pytest
from services.gateway.tests.harness import Eventually, Gateway, SignIn, StartGateway

BEYOND = 8
"""How many more than the burst each session asks."""

REGAINED = 6
"""Tokens that a slow test may gain while it runs."""


@pytest.mark.parametrize("sessions", [1, 2, 3])
@pytest.mark.parametrize(
    ("method", "path", "burst"),
    [
        ("POST", "/api/events/e1/queue", 10),
        ("GET", "/api/events/e1/queue", 20),
        ("POST", "/api/events/e1/holds", 20),
        ("POST", "/api/holds/h1/checkout", 20),
        ("GET", "/api/events/e1/stream", 20),
        ("POST", "/api/ws-ticket", 20),
    ],
)
async def test_the_limit_of_an_account_holds_over_all_its_sessions(  # noqa: PLR0917  cases
    gateway: Gateway, signed_in: SignIn, sessions: int, method: str, path: str, burst: int
) -> None:
    theirs = [await signed_in("eager", device=f"device-{number}") for number in range(sessions)]
    answers = [
        await gateway.ask(method, path, session=session)
        for _ in range((burst + BEYOND) // sessions + 1)
        for session in theirs
    ]
    statuses = [status for status, _, _ in answers]
    refused = [response.headers for status, _, response in answers if status == 429]
    assert {headers["Retry-After"] for headers in refused} == {"1"}
    passed = [status for status in statuses if status != 429]
    assert burst <= len(passed) <= burst + REGAINED
    assert all(200 <= status < 300 for status in passed)
    calm = await signed_in("calm")
    assert (await gateway.ask(method, path, session=calm))[0] != 429


@pytest.mark.parametrize("proxies", [("127.0.0.0/8",), ("127.0.0.1", "198.51.100.0/24")])
async def test_each_address_behind_a_balancer_has_its_own_limit(
    start: StartGateway, proxies: tuple[str, ...]
) -> None:
    gateway = await start(trusted_proxies=proxies)

    async def login(address: str) -> int:
        headers = {"X-Forwarded-For": address}
        status: int = (await gateway.ask("POST", "/api/auth/login", headers=headers))[0]
        return status

    statuses = [await login("203.0.113.7") for _ in range(30 + BEYOND)]
    assert 30 <= statuses.count(200) <= 30 + REGAINED
    assert await login("203.0.113.8") == 200


@pytest.mark.parametrize(
    ("addresses", "neighbour"),
    [
        ([f"2001:db8:1:2::{number:x}" for number in range(1, 9)], "2001:db8:1:3::1"),
        ([f"2001:db8:1:2:{number:x}::" for number in range(8)], "2001:db8:1:1:ffff::1"),
        (["203.0.113.7", "::ffff:203.0.113.7"], "::ffff:203.0.113.8"),
    ],
)
async def test_a_client_has_one_limit_for_all_its_addresses(
    start: StartGateway, addresses: list[str], neighbour: str
) -> None:
    gateway = await start(trusted_proxies=("127.0.0.0/8",))

    async def login(address: str) -> int:
        headers = {"X-Forwarded-For": address}
        status: int = (await gateway.ask("POST", "/api/auth/login", headers=headers))[0]
        return status

    statuses = [await login(addresses[number % len(addresses)]) for number in range(30 + BEYOND)]
    assert 30 <= statuses.count(200) <= 30 + REGAINED
    assert await login(neighbour) == 200


async def test_whoever_is_in_debt_over_two_gateways_is_told_when_it_ends(
    start: StartGateway, signed_in: SignIn, eventually: Eventually
) -> None:
    here, there = await start(), await start()
    session = await signed_in("eager")

    async def hold(gateway: Gateway) -> int:
        """0, or the seconds to wait."""
        status, _, response = await gateway.ask("POST", "/api/events/e1/holds", session=session)
        assert status in (201, 429)
        return 0 if status == 201 else int(response.headers["Retry-After"])

    for gateway in (here, there):
        assert [await hold(gateway) for _ in range(17)] == [0] * 17

    async def told() -> int:
        seconds = await hold(here)
        return seconds if seconds > 1 else 0

    await asyncio.sleep(await eventually(told))
    assert await hold(here) == 0


async def test_an_address_that_a_client_invents_has_no_limit_of_its_own(gateway: Gateway) -> None:
    statuses = [
        (
            await gateway.ask(
                "POST", "/api/auth/login", headers={"X-Forwarded-For": f"203.0.113.{number}"}
            )
        )[0]
        for number in range(30 + BEYOND)
    ]
    assert 30 <= statuses.count(200) <= 30 + REGAINED


async def test_an_account_at_one_limit_may_still_do_everything_else(
    gateway: Gateway, signed_in: SignIn
) -> None:
    session = await signed_in()
    while (await gateway.ask("POST", "/api/auth/login"))[0] != 429:
        pass
    while (await gateway.ask("POST", "/api/events/e1/queue", session=session))[0] != 429:
        pass
    for path in ("/api/events", "/api/events/e1/queue", "/api/orders"):
        assert (await gateway.ask("GET", path, session=session))[0] < 300
