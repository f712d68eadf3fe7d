"""Liveness and readiness: `/healthz` answers while the process runs, `/readyz` runs the probes."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

Probe = Callable[[], Awaitable[object]]

READINESS: web.AppKey["Readiness"] = web.AppKey("READINESS")


class Readiness:
    """The probes of one service. The service is ready when no probe raises."""

    def __init__(self, *, timeout: float = 1.0) -> None:
        self._probes: dict[str, Probe] = {}
        self._timeout = timeout
        self.leaving = False

    def add(self, name: str, probe: Probe) -> None:
        self._probes[name] = probe

    async def missing(self) -> dict[str, str]:
        """The failed probes by name, each with its reason; empty when ready."""
        names = list(self._probes)
        results = await asyncio.gather(*(self._why_not(self._probes[name]) for name in names))
        missing = {name: why for name, why in zip(names, results, strict=True) if why}
        return {"instance": "leaving", **missing} if self.leaving else missing

    async def _why_not(self, probe: Probe) -> str | None:
        try:
            async with asyncio.timeout(self._timeout):
                await probe()
        except TimeoutError:
            return f"no answer within {self._timeout:g} s"
        except Exception as error:  # noqa: BLE001  any failure of a probe means not ready
            return f"{type(error).__name__}: {error}".strip(": ")
        return None


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    missing = await request.app[READINESS].missing()
    body = {"status": "not ready" if missing else "ready", "missing": missing}
    return web.Response(
        body=msgspec.json.encode(body),
        status=503 if missing else 200,
        content_type="application/json",
    )
