"""A TCP proxy between two parts, which can be cut or slowed down while they talk; with several
targets it is the balancer before them.

Runs an event loop in a thread of its own, so that blocking code can hold it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from urllib.parse import urlsplit

from tiketi_local.processes import free_port

_CHUNK = 64 * 1024
_LOOK_SECONDS = 1.0
"""A target that takes no connection for so long is down."""


class _Target:
    """One of those behind, and who is connected to it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname, parts.port)
        self._transports: set[asyncio.WriteTransport] = set()

    @asynccontextmanager
    async def connected(
        self, back: asyncio.StreamWriter
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Raises OSError or TimeoutError."""
        async with asyncio.timeout(_LOOK_SECONDS):
            far, forth = await asyncio.open_connection(*self._address)
        both = {back.transport, forth.transport}
        self._transports |= both
        try:
            yield far, forth
        finally:
            self._transports -= both

    async def look(self) -> None:
        """Cut off whoever is connected when it takes no connection."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                _, writer = await asyncio.open_connection(*self._address)
        except (OSError, TimeoutError):
            for transport in self._transports:
                transport.abort()
        else:
            writer.close()


class Proxy:
    """Forwards what comes to `url` to the next of `targets` that listens.

    While `cut`, connections are refused and the open ones stay silent, as across a broken network;
    `delay` holds every chunk back, in seconds.
    """

    def __init__(self, *targets: str) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.delay = 0.0
        self._targets = [_Target(url) for url in targets]
        self._turn = cycle(self._targets)
        self._open = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(5)

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._open.clear)

    def mend(self) -> None:
        self._loop.call_soon_threadsafe(self._open.set)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        serving = [self._loop.create_task(self._serve())]
        if len(self._targets) > 1:
            serving.append(self._loop.create_task(self._look()))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self) -> None:
        self._open.set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._ready.set()
        async with server:
            await server.serve_forever()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.gather(*(target.look() for target in self._targets))

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self._open.is_set():
            for _ in self._targets:
                with suppress(OSError, TimeoutError):
                    async with next(self._turn).connected(back) as (far, forth):
                        await asyncio.gather(self._pump(near, forth), self._pump(far, back))
                        return
        back.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._open.wait()
                writer.write(chunk)
                await writer.drain()
        with suppress(OSError):
            writer.close()
