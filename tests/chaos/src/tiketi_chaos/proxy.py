"""A TCP proxy between two parts, which can be cut or slowed down while they talk; with several
targets it is the balancer before them.

Runs an event loop in a thread of its own, so that blocking code can hold it.
"""

import asyncio
import threading
from contextlib import suppress
from itertools import cycle

from tiketi_local.processes import free_port

_CHUNK = 64 * 1024


class Proxy:
    """Forwards 127.0.0.1:`port` to the next of `targets` that listens.

    While `cut`, connections are refused and the open ones stay silent, as across a broken network;
    `delay` holds every chunk back, in seconds.
    """

    def __init__(self, *targets: int) -> None:
        self.port = free_port()
        self.delay = 0.0
        self._targets = cycle(targets)
        self._count = len(targets)
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
        self._loop.create_task(self._serve())
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self) -> None:
        self._open.set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self._ready.set()
        async with server:
            await server.serve_forever()

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if not self._open.is_set():
            back.transport.abort()
            return
        far_end = await self._dial()
        if far_end is None:
            back.transport.abort()
            return
        far, forth = far_end
        await asyncio.gather(self._pump(near, forth), self._pump(far, back))

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in range(self._count):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", next(self._targets))
        return None

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
