"""The HTTP/1.1 server for clients: one `ServerConnection` each, and their common end.

docs/decisions/0010-an-edge-of-its-own.md says why it is not aiohttp's.
"""

import asyncio
import time
from collections.abc import Callable

from tiketi_gateway.http1.exchange import Handler
from tiketi_gateway.http1.registry import Bounds, ConnectionRegistry
from tiketi_gateway.http1.server_connection import ServerConnection, ServerContext
from tiketi_gateway.http1.stamps import CommonHeaders, RequestIds
from tiketi_shared.health import Readiness


class Server:
    """Takes the place of aiohttp's `web.Server` under a runner: a protocol factory with
    `pre_shutdown` and `shutdown`. Make it while the event loop runs.

    `body_limit` returns the most bytes that the body of a path may have; `policy` holds encoded
    headers for every response.
    """

    def __init__(
        self, handle: Handler, bounds: Bounds, body_limit: Callable[[str], int], policy: bytes,
        readiness: Readiness,
    ) -> None:  # fmt: skip
        loop = asyncio.get_running_loop()
        self._registry = ConnectionRegistry(bounds)
        self._context = ServerContext(
            handle=handle, bounds=bounds, body_limit=body_limit, readiness=readiness,
            registry=self._registry, request_ids=RequestIds(),
            common_headers=CommonHeaders(policy), time=loop.time,
        )  # fmt: skip
        self._sweeper = loop.create_task(self._registry.keep_sweeping())

    def __call__(self) -> ServerConnection:
        return ServerConnection(self._context)

    def pre_shutdown(self) -> None:
        self._context.readiness.leaving = True
        self._registry.close_idle()

    async def shutdown(self, timeout: float | None = None) -> None:
        """Wait at most `timeout` seconds for requests in progress, then cut what is left."""
        deadline = time.monotonic() + (timeout or 0.0)
        while self._registry.connections and time.monotonic() < deadline:  # noqa: ASYNC110  bounded
            await asyncio.sleep(0.05)
        self._registry.abort_all()
        self._sweeper.cancel()
