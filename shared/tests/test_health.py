"""Alive and ready, as a balancer asks."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tiketi_shared.health import READINESS, Readiness, healthz, readyz


async def fine() -> None: ...


async def hangs() -> None:
    await asyncio.Event().wait()


def fails(error: Exception) -> Any:
    async def probe() -> None:
        raise error

    return probe


async def test_ready_means_that_no_probe_fails() -> None:
    readiness = Readiness()
    assert await readiness.missing() == {}
    readiness.add("redis", fine)
    assert await readiness.missing() == {}
    readiness.add("postgres", fails(OSError("connection refused")))
    readiness.add("broker", fails(ValueError()))
    assert await readiness.missing() == {
        "postgres": "OSError: connection refused", "broker": "ValueError",
    }  # fmt: skip


async def test_a_probe_that_does_not_answer_is_missing_and_holds_no_other_up() -> None:
    readiness = Readiness(timeout=0.05)
    readiness.add("redis", hangs)
    readiness.add("broker", hangs)
    async with asyncio.timeout(5):
        assert await readiness.missing() == {
            "redis": "no answer within 0.05 s", "broker": "no answer within 0.05 s",
        }  # fmt: skip


async def test_a_probe_has_a_second() -> None:
    readiness = Readiness()
    readiness.add("redis", hangs)
    assert await readiness.missing() == {"redis": "no answer within 1 s"}


async def test_an_instance_that_leaves_is_not_ready() -> None:
    readiness = Readiness()
    assert not readiness.leaving
    readiness.leaving = True
    assert await readiness.missing() == {"instance": "leaving"}
    readiness.add("redis", fails(OSError("away")))
    assert await readiness.missing() == {"instance": "leaving", "redis": "OSError: away"}


@pytest.mark.parametrize(
    ("leaving", "status", "body"),
    [
        (False, 200, {"status": "ready", "missing": {}}),
        (True, 503, {"status": "not ready", "missing": {"instance": "leaving"}}),
    ],
)
async def test_the_answer_to_a_balancer(leaving: bool, status: int, body: dict[str, Any]) -> None:
    app = web.Application()
    app[READINESS] = Readiness()
    app[READINESS].leaving = leaving
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/healthz", healthz)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/readyz")
        assert (answer.status, answer.content_type) == (status, "application/json")
        assert await answer.json() == body
        assert await (await client.get("/healthz")).json() == {"status": "alive"}
