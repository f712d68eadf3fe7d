"""Sessions from here, from Redis, from booking, and with Redis gone."""

import asyncio

import pytest
from aiohttp import web
from redis.asyncio import Redis
from services.gateway.tests.harness import (
    Clock,
    FreePort,
    Gateway,
    SignIn,
    StartGateway,
    StartRedis,
    Upstream,
)

from tiketi_gateway.adapters import sessions as under_test
from tiketi_gateway.domain.sessions import session_hash
from tiketi_shared.messages import session_key

SESSION = "session-of-ada-0123456789"
PLACE = "/api/events/e1/queue"


def hash_() -> str:
    found = session_hash(SESSION.encode())
    assert found is not None
    return found


async def test_what_cannot_be_an_id_is_not_looked_up() -> None:
    for nonsense in (b"", b"short", b"x" * 1000, b"a b" * 10, b"\xff" * 20):
        assert session_hash(nonsense) is None


async def test_when_redis_does_not_know_it_booking_is_asked(gateway: Gateway, redis: Redis) -> None:
    status, body, _ = await gateway.ask("POST", "/api/events/e1/queue", session=SESSION)
    assert (status, body["user"]) == (202, "ada")


async def test_with_redis_gone_sessions_still_work(
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
async def test_when_neither_can_tell_nobody_is_signed_out(  # noqa: PLR0917  fixtures and cases
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


async def test_a_session_that_ended_unheard_is_believed_for_five_seconds_and_no_longer(
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
async def test_a_role_that_changed_counts_from_the_next_look(  # noqa: PLR0917  fixtures and cases
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


async def test_many_sessions_of_one_tick_are_one_question_to_redis(
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


async def test_a_session_in_use_is_slid_in_both_places(
    start: StartGateway, upstream: Upstream, redis: Redis, signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(under_test, "TOUCH_SECONDS", 0.05)
    session = await signed_in()
    await redis.expire(session_key(hash_()), 100)
    gateway = await start()
    for _ in range(30):
        await gateway.ask("GET", "/api/orders", session=session)
        await asyncio.sleep(0.06)
    assert upstream.touched.count(hash_()) in (1, 2)
    assert await redis.ttl(session_key(hash_())) > 1700


async def test_an_unknown_id_is_not_asked_for_again_and_again(
    gateway: Gateway, redis: Redis
) -> None:
    await redis.config_resetstat()
    for _ in range(10):
        status, _, _ = await gateway.ask("POST", "/api/events/e1/queue", session="unknown" * 5)
        assert status == 401
    assert (await redis.info("commandstats"))["cmdstat_mget"]["calls"] <= 3
