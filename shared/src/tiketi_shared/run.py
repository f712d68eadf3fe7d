"""Start a service: settings, logs, uvloop, workers on one port, a graceful end.

With WORKERS=n the parent binds the port and forks nothing of its own: each worker is a fresh
process that listens on the same port (SO_REUSEPORT), so the kernel spreads the connections; a
worker that dies is started again, and a worker whose parent dies leaves. SIGTERM and SIGINT: not
ready, wait `leave_seconds`, stop listening, let work in hand finish within `drain_seconds`, exit 0.
A worker that is not gone some seconds later is killed. A second signal ends at once.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import uvloop
from aiohttp import web

from tiketi_shared.env import SettingsError, describe, load
from tiketi_shared.health import READINESS, healthz, readyz
from tiketi_shared.logs import configure_logs, get_logger
from tiketi_shared.loop_lag import measured_loop_lag
from tiketi_shared.settings import ServiceSettings
from tiketi_shared.tasks import end
from tiketi_shared.tracing import use_tracer
from tiketi_shared.web import metrics

S = TypeVar("S", bound=ServiceSettings)


GOODBYE_SECONDS = 10.0
"""What is still running after the drain has this long to end."""

COLLECT_AFTER = 20_000
"""Objects made and not freed before the garbage collector looks at them."""

log = get_logger(__name__)


def run(
    name: str,
    settings_type: type[S],
    create_app: Callable[[S], web.Application],
    make_runner: Callable[[web.Application, S], web.BaseRunner] | None = None,
) -> None:
    """The body of every service's `main`: returns when the service has ended.

    `create_app` may raise SettingsError for what only it can tell is unusable.
    `make_runner` replaces aiohttp's router for a service with an edge of its own.
    """
    parser = argparse.ArgumentParser(
        prog=f"tiketi-{name}",
        description=f"Tiketi's {name} service. All settings come from the environment.",
        epilog=describe(settings_type),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    if parser.parse_args().version:
        from tiketi_shared.version import version_of  # noqa: PLC0415  20 ms that no start needs

        print(f"tiketi-{name} {version_of(f'tiketi-{name}')}")  # noqa: T201  what was asked for
        return
    try:
        settings = load(settings_type)
    except SettingsError as error:
        sys.exit(f"tiketi-{name}: {error}")
    if settings.workers == 1:
        _serve(name, settings, create_app, make_runner, worker=0)
    else:
        configure_logs(name, settings.log_level, settings.log_format)
        _supervise(name, settings, create_app, make_runner)


def _serve(
    name: str,
    settings: S,
    create_app: Callable[[S], web.Application],
    make_runner: Callable[[web.Application, S], web.BaseRunner] | None,
    worker: int,
) -> None:
    configure_logs(name, settings.log_level, settings.log_format)
    configure_tracing(f"tiketi-{name}")
    try:
        app = create_app(settings)
    except SettingsError as error:
        sys.exit(f"tiketi-{name}: {error}")
    runner = (
        make_runner(app, settings)
        if make_runner
        else web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=settings.drain_seconds,
            auto_decompress=False,  # encoded bodies are refused as problems by `tiketi_shared.web`
        )
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_until_told(name, settings, app, runner, worker))


def configure_tracing(service: str) -> None:
    """Export spans if a collector is named; otherwise nothing of OpenTelemetry's SDK is loaded."""
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        from tiketi_shared.tracing_export import Exporter  # noqa: PLC0415  the SDK, only where used

        use_tracer(Exporter(service))


async def _until_told(
    name: str, settings: ServiceSettings, app: web.Application, runner: web.BaseRunner, worker: int
) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _leave_or_end, told)
    if parent := multiprocessing.parent_process():
        loop.add_reader(parent.sentinel, _leave_alone, parent.sentinel, told)
    listener = _listen(name, settings)
    await runner.setup()
    await web.SockSite(runner, listener, backlog=1024).start()
    operations = await _serve_operations(name, settings, app, worker)
    port = listener.getsockname()[1]
    log.info("listening", host=settings.host, port=port, worker=worker)
    # What was made until now stays; of what a request makes, next to nothing is in cycles, so
    # looking for them seldom is enough.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    async with measured_loop_lag():
        await told.wait()
    log.info("leaving")
    app[READINESS].leaving = True
    await asyncio.sleep(settings.leave_seconds)
    await runner.cleanup()
    if operations is not None:
        await operations.cleanup()
    await _end_the_rest()
    log.info("left")


async def _end_the_rest() -> None:
    """Ends what libraries left running: the loop would wait for it as long as it takes."""
    rest = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            await end(rest)
    except TimeoutError:
        left = [repr(task) for task in rest if not task.done()]
        log.exception("some tasks do not end", tasks=left)
        os._exit(1)


def _leave_or_end(told: asyncio.Event) -> None:
    if told.is_set():
        os._exit(1)
    told.set()


def _leave_alone(sentinel: int, told: asyncio.Event) -> None:
    """The parent is gone: nobody would start this worker again, or stop it."""
    asyncio.get_running_loop().remove_reader(sentinel)
    told.set()


def _listen(name: str, settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if settings.workers > 1:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        sys.exit(f"tiketi-{name}: cannot listen on {where}: {error.strerror}")
    return listener


async def _serve_operations(
    name: str, settings: ServiceSettings, app: web.Application, worker: int
) -> web.AppRunner | None:
    """/metrics, /healthz and /readyz on a port of each worker's own, where one is set."""
    if settings.metrics_port == 0:
        return None
    operations = web.Application()
    operations[READINESS] = app[READINESS]
    operations.router.add_get("/healthz", healthz)
    operations.router.add_get("/readyz", readyz)
    operations.router.add_get("/metrics", metrics)
    runner = web.AppRunner(operations, access_log=None, handle_signals=False)
    await runner.setup()
    port = settings.metrics_port + worker
    try:
        await web.TCPSite(runner, settings.host, port).start()
    except OSError as error:
        sys.exit(f"tiketi-{name}: cannot listen on {settings.host}:{port}: {error.strerror}")
    return runner


def _supervise(
    name: str,
    settings: S,
    create_app: Callable[[S], web.Application],
    make_runner: Callable[[web.Application, S], web.BaseRunner] | None,
) -> None:
    """Keep `settings.workers` processes running until told to stop."""
    context = multiprocessing.get_context("spawn")

    def start(worker: int) -> multiprocessing.process.BaseProcess:
        process = context.Process(
            target=_serve, args=(name, settings, create_app, make_runner, worker)
        )
        process.start()
        return process

    reserved = _listen(name, settings)
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    workers = [start(index) for index in range(settings.workers)]
    while not stopping:
        time.sleep(0.2)
        for index, process in enumerate(workers):
            if not process.is_alive() and not stopping:
                log.error("a worker died and is started again", code=process.exitcode)
                time.sleep(0.5)
                workers[index] = start(index)
    for process in workers:
        process.terminate()
    until = time.monotonic() + settings.leave_seconds + settings.drain_seconds + 2 * GOODBYE_SECONDS
    for process in workers:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            log.error("a worker did not leave in time and is killed", pid=process.pid)
            process.kill()
            process.join()
    reserved.close()
