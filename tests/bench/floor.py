"""The floor: a bare aiohttp low-level server on uvloop.

python -m tests.bench.floor BODY_BYTES
"""

import asyncio
import os
import signal
import sys

import uvloop
from aiohttp import web


async def serve(port: int, body: bytes) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    await told.wait()
    await runner.cleanup()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(serve(int(os.environ["PORT"]), b'"' + b"x" * (int(sys.argv[1]) - 2) + b'"'))
