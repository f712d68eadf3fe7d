"""The steps of every request: host, origin, limits, session, headers, and how it is answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from redis.asyncio import Redis
from services.gateway.tests.harness import (
    Clock,
    Eventually,
    FreePort,
    Gateway,
    Proof,
    SignIn,
    StartGateway,
    Upstream,
)

from tiketi_shared.messages import SESSIONS_REVOKED

STATUS = "/api/events/%s/queue/status"


async def test_a_service_gets_an_identity_and_no_credentials(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    session = await signed_in("ada", "staff")
    status, _, _ = await gateway.ask("GET", "/api/orders?limit=5", session=session)
    assert status == 200
    headers = upstream.to("/api/orders")[0][2]
    identity = upstream.identity(headers)
    assert (identity.user_id, identity.role) == ("ada", "staff")
    assert "authorization" not in headers
    assert "cookie" not in headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["traceparent"].startswith("00-")


async def test_a_forged_identity_never_arrives(gateway: Gateway, upstream: Upstream) -> None:
    forged = {
        "X-Tiketi-Identity": "forged", "X-Tiketi-Session": "forged", "X-Forwarded-For": "6.6.6.6",
        "Connection": "X-Secret", "X-Secret": "1", "X-Request-Id": "my-own-1",
    }  # fmt: skip
    _, _, response = await gateway.ask("GET", "/api/orders", headers=forged)
    headers = upstream.to("/api/orders")[0][2]
    assert "x-tiketi-identity" not in headers
    assert "x-tiketi-session" not in headers
    assert "x-secret" not in headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-request-id"] == response.headers["X-Request-Id"] == "my-own-1"


async def test_a_trusted_proxy_says_who_is_asking(start: StartGateway, upstream: Upstream) -> None:
    gateway = await start(trusted_proxies=("127.0.0.0/8",))
    await gateway.ask("GET", "/api/orders", headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.7"})
    assert upstream.to("/api/orders")[0][2]["x-forwarded-for"] == "203.0.113.7"


async def test_only_calls_that_change_sessions_carry_the_session(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    session = await signed_in()
    await gateway.ask("POST", "/api/auth/logout", session=session)
    await gateway.ask("GET", "/api/orders", session=await signed_in("bob"))
    assert len(upstream.to("/api/auth/logout")[0][2]["x-tiketi-session"]) == 64
    assert "x-tiketi-session" not in upstream.to("/api/orders")[0][2]


@pytest.mark.parametrize("by", ["bearer", "cookie"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/auth/logout", 204),
        ("POST", "/api/auth/login", 200),
        ("PATCH", "/api/me", 200),
        ("DELETE", "/api/me", 204),
    ],
)
async def test_after_logging_out_the_session_is_gone_at_once(  # noqa: PLR0917  fixtures and cases
    gateway: Gateway, upstream: Upstream, signed_in: SignIn, prove: Proof, redis: Redis, by: str,
    method: str, path: str, status: int,
) -> None:  # fmt: skip
    """And after whatever else ends the session that was presented, as booking answers it."""
    headers = prove(await signed_in(), by)

    async def end_it(_: web.Request) -> web.StreamResponse:
        await redis.flushall()
        upstream.sessions.clear()
        return web.Response(status=status)

    upstream.handlers[path] = end_it
    assert (await gateway.ask("POST", "/api/events/e1/queue", headers=headers))[0] == 202
    assert (await gateway.ask(method, path, headers=headers))[0] == status
    assert (await gateway.ask("POST", "/api/events/e1/queue", headers=headers))[0] == 401


async def test_a_logout_that_failed_leaves_the_session(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn, redis: Redis
) -> None:
    """What the gateway knows of it stays, so that a failing service signs nobody out."""
    session = await signed_in()

    async def fail(_: web.Request) -> web.StreamResponse:
        return web.json_response({"code": "unavailable"}, status=503)

    upstream.handlers["/api/auth/logout"] = fail
    assert (await gateway.ask("POST", "/api/events/e1/queue", session=session))[0] == 202
    await redis.flushall()
    upstream.sessions.clear()
    assert (await gateway.ask("POST", "/api/auth/logout", session=session))[0] == 503
    assert (await gateway.ask("POST", "/api/events/e1/queue", session=session))[0] == 202


@pytest.mark.parametrize(
    ("public_url", "cookie", "status"),
    [
        ("http://tiketi.example", "tiketi_session", 202),
        ("https://tiketi.example", "__Host-tiketi_session", 202),
        ("https://tiketi.example", "tiketi_session", 401),
        ("http://tiketi.example", "__Host-tiketi_session", 401),
    ],
)
async def test_over_https_only_the_cookie_that_no_other_site_can_set_counts(
    start: StartGateway, signed_in: SignIn, public_url: str, cookie: str, status: int
) -> None:
    gateway = await start(public_url=public_url)
    headers = {"Host": "tiketi.example", "Cookie": f"other=1; {cookie}={await signed_in()}"}
    assert (await gateway.ask("GET", "/api/events/e1/queue", headers=headers))[0] == status


async def test_a_session_that_ended_elsewhere_is_forgotten_here(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn, redis: Redis
) -> None:
    session = await signed_in()
    assert (await gateway.ask("POST", "/api/events/e1/queue", session=session))[0] == 202
    await redis.flushall()
    upstream.sessions.clear()
    hash_ = __import__("hashlib").sha256(session.encode()).hexdigest()
    for _ in range(50):
        await redis.publish(SESSIONS_REVOKED, hash_)
        await asyncio.sleep(0.02)
        if (await gateway.ask("GET", "/api/events/e1/queue", session=session))[0] == 401:
            return
    raise AssertionError("the session is still believed")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": "tiketi_session=%s"}, 403),
        ({"Cookie": "tiketi_session=%s", "Origin": "https://evil.example"}, 403),
        ({"Cookie": "tiketi_session=%s", "Origin": "null"}, 403),
        ({"Cookie": "tiketi_session=%s", "Origin": "http://127.0.0.1:8080"}, 200),
        ({"Authorization": "Bearer %s"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({}, 200),
    ],
)
async def test_a_change_by_cookie_must_come_from_our_own_page(
    gateway: Gateway, signed_in: SignIn, headers: dict[str, str], status: int
) -> None:
    session = await signed_in()
    filled = {name: value.replace("%s", session) for name, value in headers.items()}
    answered, body, _ = await gateway.ask("POST", "/api/orders/1/refund", headers=filled)
    assert answered == status
    assert status == 200 or body["code"] == "origin_not_allowed"


async def test_another_origin_may_call_only_if_it_is_listed(start: StartGateway) -> None:
    gateway = await start(allowed_origins=("https://cdn.example",))
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    listed = {"Origin": "https://cdn.example", **preflight}
    status, _, response = await gateway.ask("OPTIONS", "/api/orders", headers=listed)
    assert status == 204
    assert response.headers["Access-Control-Allow-Origin"] == "https://cdn.example"
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    foreign = {"Origin": "https://evil.example", **preflight}
    status, _, response = await gateway.ask("OPTIONS", "/api/orders", headers=foreign)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("origin", "readable"),
    [
        ("https://cdn.example", True),
        ("http://127.0.0.1:8080", True),
        ("https://evil.example", False),
        ("https://cdn.example.evil.example", False),
        ("http://cdn.example", False),
        ("null", False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/api/orders", "/api/events", "/api/events/e1/queue"])
async def test_only_pages_of_this_site_and_of_allowed_origins_can_read_a_response(  # noqa: PLR0917  cases
    start: StartGateway, signed_in: SignIn, origin: str, readable: bool, method: str, path: str
) -> None:
    gateway = await start(allowed_origins=("https://cdn.example",))
    _, _, response = await gateway.ask(
        method, path, session=await signed_in(), headers={"Origin": origin}
    )
    told = response.headers.get("Access-Control-Allow-Origin")
    assert told == (origin if readable else None)
    assert ("Access-Control-Allow-Credentials" in response.headers) == readable
    assert "Origin" in response.headers.getall("Vary")


async def test_joins_that_arrive_together_are_one_batch(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    sessions = [await signed_in(f"user{number}") for number in range(40)]
    answers = await asyncio.gather(
        *(gateway.ask("POST", "/api/events/e1/queue", session=each, json={}) for each in sessions)
    )
    assert [status for status, _, _ in answers] == [202] * 40
    assert [body["user"] for _, body, _ in answers] == [f"user{number}" for number in range(40)]
    assert len(upstream.batches) < 20
    first = upstream.batches[0][0]
    assert (first.op, first.event_id, first.body) == ("join", "e1", b"{}")


async def test_without_a_session_nobody_joins(gateway: Gateway, upstream: Upstream) -> None:
    status, body, _ = await gateway.ask("POST", "/api/events/e1/queue", json={})
    assert (status, body["code"]) == (401, "unauthenticated")
    status, body, _ = await gateway.ask("POST", "/api/events/e1/queue", session="x" * 30)
    assert (status, body["code"]) == (401, "unauthenticated")
    assert upstream.batches == []


async def test_a_join_in_chunks_is_batched_too(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"ticket":'
        yield b'"t"}'

    status, _, _ = await gateway.ask(
        "POST", "/api/events/e1/queue", session=await signed_in(), data=chunks()
    )
    assert status == 202
    assert upstream.batches[0][0].body == b'{"ticket":"t"}'


async def test_a_request_for_a_place_carries_its_ticket_from_the_header(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    session, path = await signed_in(), "/api/events/e1/queue"
    await gateway.ask("GET", path, session=session)
    await gateway.ask("GET", path, session=session, headers={"Queue-Ticket": "a.b.c"})
    bodies = [batch[0].body for batch in upstream.batches]
    assert bodies == [b"", b'{"ticket":"a.b.c"}']


async def test_the_shared_document_comes_from_memory(
    start: StartGateway, upstream: Upstream
) -> None:
    upstream.statuses["e1"] = {"event_id": "e1", "waiting": 7}
    gateway = await start()
    for _ in range(100):
        status, body, response = await gateway.ask("GET", "/api/events/e1/queue/status")
        if "waiting" in body:
            break
        await asyncio.sleep(0.02)
    assert body == {"event_id": "e1", "waiting": 7}
    assert response.headers["Cache-Control"] == "public, max-age=1"
    same = {"If-None-Match": response.headers["ETag"]}
    status, body, _ = await gateway.ask("GET", "/api/events/e1/queue/status", headers=same)
    assert (status, body) == (304, None)
    assert upstream.to("/api/events/e1/queue/status") == []


async def test_ticks_bring_the_shared_document_sooner(
    gateway: Gateway, upstream: Upstream, redis: Redis
) -> None:
    tick = {"event_id": "e2", "status": {"event_id": "e2", "waiting": 1}, "admitted": []}
    for _ in range(50):
        await redis.publish("tick:{e2}", json.dumps(tick))
        await asyncio.sleep(0.02)
        _, body, _ = await gateway.ask("GET", "/api/events/e2/queue/status")
        if body.get("waiting") == 1:
            return
    raise AssertionError("the tick was not heard")


async def test_a_tick_that_changes_nothing_leaves_the_shared_document(
    gateway: Gateway, redis: Redis
) -> None:
    async def hear(event_id: str, tick: dict[str, Any]) -> Any:
        """The event's document, once a tick after `tick` has been heard."""
        await redis.publish(f"tick:{{{event_id}}}", json.dumps(tick))
        marker = {"event_id": "marker", "status": {"waiting": len(heard)}, "admitted": []}
        heard.append(event_id)
        async with asyncio.timeout(10):
            while (await gateway.ask("GET", STATUS % "marker"))[1] != marker["status"]:
                await redis.publish("tick:{marker}", json.dumps(marker))
        return (await gateway.ask("GET", STATUS % event_id))[1]

    heard: list[str] = []
    document = {"event_id": "e3", "waiting": 12, "serving_number": 31}
    tick = {"event_id": "e3", "status": document, "admitted": []}
    assert await hear("e3", tick) == document
    assert await hear("e3", {**tick, "status": None}) == document


async def test_a_shared_document_is_given_out_for_ten_seconds(
    start: StartGateway, redis: Redis, free_port: FreePort, clock: Clock
) -> None:
    """With the queue gone it is the last one that a tick brought."""
    gateway = await start(queue_urls=(f"http://127.0.0.1:{free_port()}",))
    tick = {"event_id": "e4", "status": {"waiting": 5}, "admitted": []}
    async with asyncio.timeout(10):
        while (await gateway.ask("GET", STATUS % "e4"))[0] != 200:
            await redis.publish("tick:{e4}", json.dumps(tick))
            await asyncio.sleep(0.02)
    clock.ahead = 7
    assert (await gateway.ask("GET", STATUS % "e4"))[:2] == (200, {"waiting": 5})
    clock.ahead = 10.5
    assert (await gateway.ask("GET", STATUS % "e4"))[0] == 503


async def test_too_many_requests_of_one_account_are_told_when_to_come_back(
    gateway: Gateway, signed_in: SignIn
) -> None:
    session = await signed_in("eager")
    answers = [
        await gateway.ask("POST", "/api/events/e1/queue", session=session) for _ in range(15)
    ]
    statuses = [status for status, _, _ in answers]
    assert statuses.count(429) >= 3
    _, body, response = answers[-1]
    assert body["code"] == "too_many_requests"
    assert int(response.headers["Retry-After"]) >= 1
    other = await signed_in("calm")
    assert (await gateway.ask("POST", "/api/events/e1/queue", session=other))[0] == 202


async def test_limits_per_address_can_be_turned_off_for_a_rehearsal(start: StartGateway) -> None:
    gateway = await start(limits="off")
    statuses = [(await gateway.ask("POST", "/api/auth/login"))[0] for _ in range(50)]
    assert set(statuses) == {200}
    gateway = await start()
    statuses = [(await gateway.ask("POST", "/api/auth/login"))[0] for _ in range(50)]
    assert 429 in statuses


async def test_a_large_upload_of_an_organiser_is_streamed(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    session = await signed_in("boss", "admin")
    body = b"x" * 3_000_000
    status, answer, _ = await gateway.ask("POST", "/api/admin/events", session=session, data=body)
    assert (status, answer["bytes"]) == (200, len(body))
    status, answer, _ = await gateway.ask("POST", "/api/orders", session=session, data=body)
    assert (status, answer["code"]) == (413, "too_large")


async def test_internal_paths_cannot_be_reached(gateway: Gateway, upstream: Upstream) -> None:
    for path in ("/internal/line", "/internal/statuses", "/metrics"):
        status, body, _ = await gateway.ask("POST", path)
        assert status in (404, 405), body
    assert (upstream.requests, upstream.batches) == ([], [])


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/ws", "GET"), ("/api/ws-ticket", "POST"), ("/api/openapi.json", "GET")],
)
async def test_a_method_that_a_path_does_not_have_is_refused(
    gateway: Gateway, path: str, allowed: str
) -> None:
    status, answer, response = await gateway.ask("DELETE", path)
    assert (status, answer["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == allowed


async def test_every_answer_says_how_browsers_must_treat_it(start: StartGateway) -> None:
    gateway = await start(public_url="https://tiketi.example")
    headers = {"Host": "tiketi.example"}
    _, _, response = await gateway.ask("GET", "/healthz", headers=headers)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")
    _, _, response = await gateway.ask("GET", "/api/orders", headers=headers)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/events/e1/queue"),
        ("GET", "/api/events/e1/queue"),
        ("DELETE", "/api/events/e1/queue"),
        ("POST", "/api/events/e1/holds"),
        ("GET", "/api/holds/h1"),
        ("GET", "/api/orders"),
        ("GET", "/api/me"),
        ("GET", "/api/events/e1/stream"),
        ("POST", "/api/ws-ticket"),
        ("POST", "/api/auth/login"),
    ],
)
@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_personal_responses_are_never_stored(
    gateway: Gateway, signed_in: SignIn, method: str, path: str, is_signed_in: bool
) -> None:
    session = await signed_in() if is_signed_in else None
    _, _, response = await gateway.ask(method, path, session=session)
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_web_app_is_served_with_a_strict_policy(
    start: StartGateway, tmp_path: Path
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Tiketi</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("export const x = 1;\n" * 200)
    (tmp_path / "secret.txt.gz").write_bytes(b"")
    gateway = await start(web_root=str(tmp_path))
    for path in ("/", "/events/123", "/orders"):
        async with gateway.client.get(gateway.url + path) as page:
            assert page.status == 200
            assert "Tiketi" in await page.text()
            assert page.headers["Cache-Control"] == "no-store"
            policy = page.headers["Content-Security-Policy"]
            assert "script-src 'self';" in policy
            assert "unsafe-eval" not in policy
            assert "camera=(self)" in page.headers["Permissions-Policy"]
    async with gateway.client.get(gateway.url + "/assets/app-1a2b.js") as script:
        assert script.headers["Content-Encoding"] == "gzip"
        assert script.headers["Cache-Control"] == "public, max-age=604800, immutable"
        assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
        etag = script.headers["ETag"]
    async with gateway.client.get(
        gateway.url + "/assets/app-1a2b.js", headers={"If-None-Match": etag}
    ) as again:
        assert again.status == 304
    for path in ("/assets/none.js", "/secret.txt.gz", "/..%2fetc/passwd"):
        async with gateway.client.get(gateway.url + path) as nothing:
            assert nothing.status in (400, 404), path


async def test_ready_names_the_service_that_is_missing(
    start: StartGateway, free_port: FreePort, eventually: Eventually
) -> None:
    gateway = await start(queue_urls=(f"http://127.0.0.1:{free_port()}",))

    async def missing() -> list[str]:
        status, body, _ = await gateway.ask("GET", "/readyz")
        return list(body["missing"]) if status == 503 else []

    assert await eventually(missing) == ["queue"]
    assert (await gateway.ask("GET", "/healthz"))[0] == 200
