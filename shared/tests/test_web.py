import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tiketi_shared import errors
from tiketi_shared.health import READINESS, Readiness
from tiketi_shared.ids import UserId
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import (
    IDENTITY_HEADER,
    create_base_app,
    identity_of,
    json_response,
    problem_response,
    read_json,
    require_role,
)

RING = KeyRing("test:0123456789abcdef")

Client = TestClient[web.Request, web.Application]


class Seat(msgspec.Struct):
    row: str
    number: int


async def echo(request: web.Request) -> web.Response:
    return json_response(await read_json(request, Seat))


async def whoami(request: web.Request) -> web.Response:
    return json_response({"user_id": identity_of(request).user_id})


async def admins(request: web.Request) -> web.Response:
    require_role(request, "admin")
    return json_response({})


async def fail(request: web.Request) -> web.Response:
    raise RuntimeError("a secret detail")


async def busy(request: web.Request) -> web.Response:
    raise errors.Unavailable("the till is closed", retry_after=3, till="t1")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = create_base_app(RING, max_body_bytes=100)
    app.router.add_post("/echo", echo)
    app.router.add_get("/whoami", whoami)
    app.router.add_get("/admins", admins)
    app.router.add_get("/fail", fail)
    app.router.add_get("/busy", busy)
    async with TestClient(TestServer(app)) as client:
        yield client


def identity(role: str = "customer", *, seconds: int = 60) -> dict[str, str]:
    token = RING.sign(Identity(UserId("u1"), role, int(time.time()) + seconds))
    return {IDENTITY_HEADER: token}


async def problem(response: object) -> tuple[int, str]:
    assert hasattr(response, "json")
    document = await response.json(content_type="application/problem+json")
    return document["status"], document["code"]


async def test_a_body_of_the_right_shape_is_read(client: Client) -> None:
    response = await client.post("/echo", data=b'{"row":"A","number":1}')
    assert await response.json() == {"row": "A", "number": 1}


async def test_a_wrong_field_is_named(client: Client) -> None:
    response = await client.post("/echo", data=b'{"row":"A","number":"x"}')
    document = await response.json(content_type="application/problem+json")
    assert response.status == 422
    assert document["errors"] == [{"field": "number", "message": "Expected `int`, got `str`"}]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
async def test_a_body_that_is_no_json_is_malformed(client: Client, body: bytes) -> None:
    assert await problem(await client.post("/echo", data=body)) == (400, "bad_request")


async def test_a_body_over_the_limit_is_too_large(client: Client) -> None:
    assert await problem(await client.post("/echo", data=b"x" * 101)) == (413, "too_large")


async def test_without_an_identity_nobody_is_asking(client: Client) -> None:
    assert await problem(await client.get("/whoami")) == (401, "unauthenticated")


async def test_a_signed_identity_is_who_is_asking(client: Client) -> None:
    response = await client.get("/whoami", headers=identity())
    assert await response.json() == {"user_id": "u1"}


async def test_an_old_or_forged_identity_is_refused(client: Client) -> None:
    for headers in (identity(seconds=-1), {IDENTITY_HEADER: "a.b.c"}):
        assert await problem(await client.get("/whoami", headers=headers)) == (
            401,
            "unauthenticated",
        )


async def test_another_role_is_forbidden(client: Client) -> None:
    assert await problem(await client.get("/admins", headers=identity())) == (403, "forbidden")
    assert (await client.get("/admins", headers=identity("admin"))).status == 200


async def test_an_unexpected_error_tells_nothing_of_itself(client: Client) -> None:
    response = await client.get("/fail")
    assert response.status == 500
    assert "secret" not in await response.text()


async def test_a_failure_carries_its_own_members_and_when_to_retry(client: Client) -> None:
    response = await client.get("/busy")
    document = await response.json(content_type="application/problem+json")
    assert response.headers["Retry-After"] == "3"
    assert document["till"] == "t1"
    assert document["detail"] == "the till is closed"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "1"), (0.2, "1"), (1, "1"), (1.01, "2"), (1.4, "2"), (2.99, "3"), (3, "3"), (61.2, "62")],
)
def test_nobody_is_asked_to_come_again_at_once_or_too_early(seconds: float, told: str) -> None:
    answer = problem_response(errors.Unavailable(retry_after=seconds), "r1")
    assert answer.headers["Retry-After"] == told


def test_members_of_a_failure_do_not_stand_in_for_those_of_every_problem() -> None:
    """Whatever they are called: clients go by the status and the code."""
    extra: dict[str, Any] = {
        "status": 200, "code": "fine", "type": "x", "title": "y", "request_id": "z", "seat": "A7",
    }  # fmt: skip
    document = errors.Conflict("it is taken", **extra).problem("r1")
    assert document == {
        "type": "urn:tiketi:problem:conflict", "title": "Conflict", "status": 409,
        "detail": "it is taken", "code": "conflict", "request_id": "r1", "seat": "A7",
    }  # fmt: skip


async def test_an_unknown_path_and_a_wrong_method_are_problems(client: Client) -> None:
    assert await problem(await client.get("/nowhere")) == (404, "not_found")
    response = await client.get("/echo")
    assert await problem(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


async def test_the_request_id_comes_back_or_is_made(client: Client) -> None:
    kept = await client.get("/nowhere", headers={"X-Request-Id": "abc-1"})
    assert kept.headers["X-Request-Id"] == "abc-1"
    replaced = await client.get("/nowhere", headers={"X-Request-Id": "not an id!"})
    assert len(replaced.headers["X-Request-Id"]) == 16


async def test_ready_names_what_is_missing(client: Client) -> None:
    async def gone() -> None:
        raise ConnectionRefusedError("no Redis at 127.0.0.1:1")

    assert client.app is not None
    assert (await client.get("/readyz")).status == 200
    client.app[READINESS].add("redis", gone)
    response = await client.get("/readyz")
    assert response.status == 503
    assert (await response.json())["missing"] == {
        "redis": "ConnectionRefusedError: no Redis at 127.0.0.1:1"
    }


async def test_what_does_not_answer_in_time_is_missing_and_the_rest_is_told() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    async def gone() -> None:
        raise ConnectionRefusedError("no broker")

    async def there() -> None: ...

    readiness = Readiness(timeout=0.05)
    for name, probe in {"postgres": hang, "amqp": gone, "redis": there}.items():
        readiness.add(name, probe)
    async with asyncio.timeout(10):
        missing = await readiness.missing()
    assert missing == {
        "postgres": "no answer within 0.05 s",
        "amqp": "ConnectionRefusedError: no broker",
    }


async def test_requests_are_counted_by_route_not_by_path(client: Client) -> None:
    await client.get("/whoami", headers=identity())
    text = await (await client.get("/metrics")).text()
    assert 'tiketi_requests_total{method="GET",route="/whoami",status="200"}' in text
