"""The metrics service running in a test, and the services that it polls, played by one server.

`conftest.py` makes fixtures of these.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web
from aiohttp.test_utils import TestClient

from tiketi_metrics.settings import Settings
from tiketi_shared.ids import UserId
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import IDENTITY_HEADER

KEYS = Settings().identity_keys
EVENT = "01hzx3k9e2q8v5w7y4m6"
GATHERING = "01hzx3k9e2q8v5w7y4m9"
NOBODY = "http://127.0.0.1:9"

Figures = dict[str, Any]
"""One event's figures, or a whole document, as JSON."""

EXPOSITION = """\
# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total {cpu}
# TYPE tiketi_requests_total counter
tiketi_requests_total{{method="GET",route="/api/events",status="200"}} {good}
tiketi_requests_total{{method="POST",route="/api/events/{{id}}/holds",status="503"}} {bad}
tiketi_requests_created{{method="GET",route="/api/events",status="200"}} 1.7e+09
# TYPE tiketi_request_duration_seconds histogram
tiketi_request_duration_seconds_bucket{{le="0.1",route="/api/events"}} {good}
tiketi_request_duration_seconds_bucket{{le="0.2",route="/api/events"}} {good}
tiketi_request_duration_seconds_bucket{{le="+Inf",route="/api/events"}} {good}
tiketi_event_loop_lag_seconds_bucket{{le="0.01"}} {good}
tiketi_event_loop_lag_seconds_bucket{{le="+Inf"}} {good}
tiketi_live_connections{{kind="websocket"}} 40
tiketi_live_connections{{kind="sse"}} 2
"""


def line(**changes: object) -> Figures:
    """One event of `/internal/depths`: all numbers different, so that none stands for another."""
    return {
        "phase": "on_sale", "waiting": 640, "lobby": 0, "active": 12, "capacity": 1000,
        "per_second": 50.0, "pace": 42.0, "admitted_total": 100, "passed_over": 3,
        "no_shows_total": 4, "oldest_wait_seconds": 7.5, **changes,
    }  # fmt: skip


def gathering(**changes: object) -> Figures:
    """An event before its opening: whoever waits is in the lobby."""
    return line(
        phase="lobby", waiting=230, lobby=230, active=2, capacity=800, per_second=20.0, pace=18.0,
        admitted_total=6, passed_over=5, no_shows_total=1, oldest_wait_seconds=21.5, **changes,
    )  # fmt: skip


def takings(**changes: object) -> Figures:
    """One event of `/internal/stats`: all numbers different."""
    return {
        "name": "Han River Festival", "currency": "KRW", "seats_total": 5000, "sold": 30,
        "held": 5, "left": 4965, "revenue": 3_000_000, "orders": 15, "refunds": 1,
        "admissions_used": 25, "sold_last_hour": 17, **changes,
    }  # fmt: skip


@dataclass
class Neighbours:
    """Queue, booking, gateway and notifier at one address; a test changes what they say."""

    url: str = ""
    lines: dict[str, Figures] = field(default_factory=lambda: {EVENT: line()})
    sales: dict[str, Figures] = field(default_factory=lambda: {EVENT: takings()})
    totals: dict[str, float] = field(default_factory=lambda: {"cpu": 1.0, "good": 0, "bad": 0})
    ready: bool = True
    queue_lost: bool = False

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/internal/depths", self._depths)
        app.router.add_get("/internal/stats", self._stats)
        app.router.add_get("/internal/sales", self._sales)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def _depths(self, request: web.Request) -> web.Response:
        _check_service(request)
        if self.queue_lost:
            return web.json_response({}, status=503)
        return web.json_response({"events": self.lines})

    async def _stats(self, request: web.Request) -> web.Response:
        _check_service(request)
        return web.json_response({"events": self.sales})

    async def _sales(self, request: web.Request) -> web.Response:
        _check_service(request)
        health = {"hold_seconds_p95": 0.02, "checkout_seconds_p95": 0.3, "error_share": 0.04}
        return web.json_response({"sales": [], **health})

    async def _readyz(self, _: web.Request) -> web.Response:
        return web.json_response({}, status=200 if self.ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(text=EXPOSITION.format(**self.totals))


def _check_service(request: web.Request) -> None:
    identity = KeyRing(KEYS).verify(Identity, request.headers[IDENTITY_HEADER], time.time())
    assert (identity.role, identity.user_id) == ("service", "metrics")


class Service:
    """The metrics service, running; `overview` and `metrics` are what it says."""

    def __init__(self, client: TestClient[web.Request, web.Application]) -> None:
        self.client = client

    async def overview(self) -> Figures:
        response = await self.client.get("/api/admin/overview", headers=identity("admin"))
        assert response.status == 200, await response.text()
        content: Figures = await response.json()
        return content

    async def metrics(self) -> dict[str, float]:
        response = await self.client.get("/metrics")
        lines = (await response.text()).splitlines()
        return {
            name: float(value)
            for name, _, value in (row.rpartition(" ") for row in lines if not row.startswith("#"))
        }

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(10):
            while not await holds():  # noqa: ASYNC110  the service is watched from outside
                await asyncio.sleep(0.05)


def identity(role: str) -> dict[str, str]:
    token = Identity(UserId("01hzx3k9e2q8v5w7y4m7"), role, int(time.time()) + 60)
    return {IDENTITY_HEADER: KeyRing(KEYS).sign(token)}


class Start(Protocol):
    """Starts an instance; `changes` are settings."""

    async def __call__(self, **changes: object) -> Service: ...
