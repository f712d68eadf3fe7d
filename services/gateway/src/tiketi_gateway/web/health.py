"""`/healthz` and `/readyz`, for balancers that reach the gateway's public port only."""

from tiketi_gateway.http1.exchange import Exchange
from tiketi_gateway.http1.replies import json_reply
from tiketi_shared.health import Readiness

PATHS = frozenset({"/healthz", "/readyz"})


class Health:
    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def answer(self, exchange: Exchange) -> None:
        exchange.label = exchange.request.path
        if exchange.request.path == "/healthz":
            exchange.answer(json_reply({"status": "alive"}))
            return
        missing = await self._readiness.missing()
        body = {"status": "not ready" if missing else "ready", "missing": missing}
        exchange.answer(json_reply(body, 503 if missing else 200))
