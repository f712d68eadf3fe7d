"""Sessions known to this process, to Redis or to booking, and without Redis."""

import asyncio

import pytest
from aiohttp import web
from redis.asyncio import Redis
from services.gateway.tests.harness import (
    Clock,
    Eventually,
    FreePort,
    Gateway,
    SignIn,
    StartGateway,
    StartRedis,
    Upstream,
)

from tiketi_gateway.adapters.sessions import TOUCH_AGAIN_SECONDS, TOUCH_SECONDS
from tiketi_gateway.domain.sessions import session_hash

SESSION = "session-of-ada-0123456789"
PLACE = "/api/events/e1/queue"


def hash_() -> str:
    found = session_hash(SESSION.encode())
    assert found is not None
    return found


async def test_a_malformed_session_id_is_not_looked_up() -> None:
    for nonsense in (b"", b"short", b"x" * 1000, b"a b" * 10, b"\xff" * 20):
        assert session_hash(nonsense) is None


async def test_a_session_unknown_to_redis_is_looked_up_at_booking(
    gateway: Gateway, redis: Redis
) -> None:
    status, body, _ = await gateway.ask("POST", "/api/events/e1/queue", session=SESSION)
    assert (status, body["user"]) == (202, "ada")


async def test_without_redis_sessions_still_work(
    start: StartGateway, redis_server: StartRedis, upstream: Upstream
) -> None:
    server = redis_server()
    gateway = await start(redis_url=server.url, session_cache_seconds=0)
    assert (await gateway.ask("POST", "/api/events/e1/queue", session=SESSION))[0] == 202
    server.kill()
    for _ in range(5):
        status, body, _ = await gateway.ask("GET", "/api/events/e1/queue", session=SESSION)
        assert (status, body["user"]) == (202, "ada")
    assert (await gateway.ask("GET", "/api/orders", session=SESSION))[0] == 200
    status, body, response = await gateway.ask("POST", "/api/ws-ticket", session=SESSION)
    assert (status, body["code"]) == (503, "service_unavailable")
    assert "Retry-After" in response.headers
    server.start()
    for _ in range(60):
        if (await gateway.ask("POST", "/api/ws-ticket", session=SESSION))[0] == 201:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("Redis is back and not used")


async def cannot_tell(_: web.Request) -> web.StreamResponse:
    return web.json_response({"code": "unavailable"}, status=503)


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(
    ("booking", "code"),
    [
        ("is not there", "service_unavailable"),
        ("cannot tell", "service_unavailable"),
        ("hangs up", "outcome_unknown"),
    ],
)
async def test_when_no_store_can_tell_nobody_is_signed_out(  # noqa: PLR0917  fixtures and cases
    start: StartGateway,
    upstream: Upstream,
    redis: Redis,
    free_port: FreePort,
    booking: str,
    code: str,
) -> None:
    url = f"http://127.0.0.1:{free_port()}" if booking == "is not there" else upstream.url
    upstream.handlers["/internal/sessions/resolve"] = (
        hang_up if booking == "hangs up" else cannot_tell
    )
    gateway = await start(booking_urls=(url,))
    status, body, response = await gateway.ask("POST", "/api/events/e1/queue", session=SESSION)
    assert (status, body["code"]) == (503, code)
    assert int(response.headers["Retry-After"]) >= 1


async def test_a_session_whose_end_was_not_reported_is_accepted_for_five_seconds(
    gateway: Gateway, upstream: Upstream, redis: Redis, clock: Clock, signed_in: SignIn
) -> None:
    """However often it is used meanwhile."""
    session = await signed_in()
    assert (await gateway.ask("GET", PLACE, session=session))[0] == 202
    await redis.flushall()
    upstream.sessions.clear()
    for seconds in (1, 2.5, 4, 4.7):
        clock.ahead = seconds
        assert (await gateway.ask("GET", PLACE, session=session))[0] == 202, seconds
    clock.ahead = 5.1
    assert (await gateway.ask("GET", PLACE, session=session))[0] == 401


@pytest.mark.parametrize(("before", "after"), [("admin", "customer"), ("customer", "staff")])
async def test_a_changed_role_counts_from_the_next_lookup(  # noqa: PLR0917  fixtures and cases
    gateway: Gateway, upstream: Upstream, clock: Clock, signed_in: SignIn, before: str, after: str
) -> None:
    session = await signed_in("ada", before)

    async def role() -> str:
        assert (await gateway.ask("GET", "/api/orders", session=session))[0] == 200
        asked: str = upstream.identity(upstream.to("/api/orders")[-1][2]).role
        return asked

    assert await role() == before
    await signed_in("ada", after)
    clock.ahead = 5.1
    assert await role() == after


async def test_sessions_that_arrive_together_are_one_read_of_redis(
    gateway: Gateway, signed_in: SignIn, redis: Redis
) -> None:
    sessions = [await signed_in(f"user{number}") for number in range(50)]
    await redis.config_resetstat()
    answers = await asyncio.gather(
        *(gateway.ask("GET", "/api/events/e1/queue", session=each) for each in sessions)
    )
    assert {status for status, _, _ in answers} == {202}
    calls = (await redis.info("commandstats"))["cmdstat_mget"]["calls"]
    assert calls < 25


@pytest.mark.parametrize("later", [1, 4, 10, 19, 21, 90])
async def test_every_use_is_reported_at_any_rate_of_use(  # noqa: PLR0917  fixtures and cases
    gateway: Gateway,
    upstream: Upstream,
    clock: Clock,
    signed_in: SignIn,
    eventually: Eventually,
    later: int,
) -> None:
    session = await signed_in()
    told = [session_hash(session.encode())]

    async def reports(count: int) -> bool:
        return bool(upstream.touched == told * count)

    assert (await gateway.ask("GET", PLACE, session=session))[0] == 202
    await eventually(lambda: reports(1))
    clock.ahead = later
    for _ in range(3):
        assert (await gateway.ask("GET", PLACE, session=session))[0] == 202
    clock.ahead = later + TOUCH_SECONDS + 1
    await eventually(lambda: reports(2))


async def test_a_report_that_booking_missed_is_repeated(
    gateway: Gateway, upstream: Upstream, clock: Clock, signed_in: SignIn, eventually: Eventually
) -> None:
    session = await signed_in()
    refused = asyncio.Event()

    async def refuse(_: web.Request) -> web.StreamResponse:
        refused.set()
        return web.json_response({"code": "unavailable"}, status=503)

    upstream.touch = refuse
    assert (await gateway.ask("GET", PLACE, session=session))[0] == 202
    await refused.wait()
    upstream.touch = None
    clock.ahead = TOUCH_AGAIN_SECONDS + 1

    async def reported() -> bool:
        return bool(upstream.touched == [session_hash(session.encode())])

    await eventually(reported)


async def test_an_unknown_id_is_not_asked_for_again_and_again(
    gateway: Gateway, redis: Redis
) -> None:
    await redis.config_resetstat()
    for _ in range(10):
        status, _, _ = await gateway.ask("POST", "/api/events/e1/queue", session="unknown" * 5)
        assert status == 401
    assert (await redis.info("commandstats"))["cmdstat_mget"]["calls"] <= 3
