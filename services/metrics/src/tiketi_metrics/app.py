"""The one place that wires the metrics service."""

import os
import socket
import sys
import time
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import REGISTRY

from tiketi_metrics.adapters.policy_file import load_policy
from tiketi_metrics.adapters.redis_scaling import RedisScaling
from tiketi_metrics.adapters.services import CALL_SECONDS, Services
from tiketi_metrics.domain.board import Board
from tiketi_metrics.domain.policy import Policy, PolicyError
from tiketi_metrics.metrics import BoardCollector
from tiketi_metrics.settings import Settings
from tiketi_metrics.usecases import Deciding
from tiketi_metrics.web.handlers import BOARD, POLICY
from tiketi_metrics.web.routes import ROUTES
from tiketi_metrics.workers import watch
from tiketi_shared.loops import running
from tiketi_shared.resources import open_redis
from tiketi_shared.routes import add_routes
from tiketi_shared.service_client import open_caller
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import IDENTITY_KEYS, create_base_app

SETTINGS = web.AppKey("SETTINGS", Settings)


def create_app(settings: Settings) -> web.Application:
    """Ends the process, saying why, when the policy file cannot be used.

    Ready as soon as it serves: what it shows says itself how old it is, and an operator needs the
    page most when the others are gone.
    """
    app = create_base_app(KeyRing(settings.identity_keys))
    app[SETTINGS] = settings
    app[BOARD] = Board()
    app[POLICY] = _policy(settings)
    add_routes(app, ROUTES)
    app.cleanup_ctx.append(_exported)
    app.cleanup_ctx.append(_watching)
    return app


def _policy(settings: Settings) -> Policy:
    try:
        return load_policy(settings.scaling_policy)
    except (OSError, PolicyError) as error:
        sys.exit(f"tiketi-metrics: SCALING_POLICY: {error}")


async def _exported(app: web.Application) -> AsyncIterator[None]:
    collector = BoardCollector(app[BOARD], app[POLICY])
    REGISTRY.register(collector)
    yield
    REGISTRY.unregister(collector)


async def _watching(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    urls = {
        "gateway": settings.gateway_urls,
        "queue": settings.queue_urls,
        "booking": settings.booking_urls,
        "notifier": settings.notifier_urls,
    }
    instance = f"{socket.gethostname()}-{os.getpid()}"
    async with (
        open_redis(settings.redis_url) as redis,
        open_caller("metrics", app[IDENTITY_KEYS], seconds=CALL_SECONDS) as caller,
    ):
        services = Services(caller, urls)
        deciding = Deciding(RedisScaling(redis), app[POLICY], instance)
        async with running(
            watch(app[BOARD], services, deciding, time.time, seconds=settings.poll_seconds)
        ):
            yield
