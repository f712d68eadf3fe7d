"""What is broken: two instances of each service, replicated stores, proxies between the parts."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tiketi_chaos.proxy import Proxy
from tiketi_chaos.replicas import ReplicatedPostgres, ReplicatedRedis
from tiketi_client.api import open_client
from tiketi_client.errors import Problem
from tiketi_local.deployment import PORTS, Deployment, Stores
from tiketi_local.keys import Keys, load_or_make
from tiketi_local.stores import RabbitServer

BETWEEN = ("queue", "booking")
"""The services that everybody else reaches through a proxy each."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`url` is the balancer before the gateways; `between[service]` the proxies before its
    instances."""

    url: str
    deployment: Deployment
    redis: ReplicatedRedis
    postgres: ReplicatedPostgres
    rabbitmq: RabbitServer
    between: dict[str, list[Proxy]]
    keys: Keys


@contextmanager
def set_up(folder: Path) -> Iterator[Stage]:
    """Everything running and ready; all of it ended afterwards."""
    keys = load_or_make(folder / "keys.json")
    with ExitStack() as stack:
        redis = ReplicatedRedis(folder / "redis")
        postgres = ReplicatedPostgres(folder / "postgres")
        rabbitmq = RabbitServer(folder / "rabbitmq")
        for store in (redis, postgres, rabbitmq):
            stack.callback(store.stop)
            store.start()
        between: dict[str, list[Proxy]] = {service: [] for service in BETWEEN}

        def reached_at(service: str, port: int) -> int:
            if service not in between:
                return port
            proxy = Proxy(port)
            stack.callback(proxy.stop)
            proxy.start()
            between[service].append(proxy)
            return proxy.port

        deployment = Deployment(
            Stores(redis.url, postgres.dsn, rabbitmq.url),
            keys,
            logs=folder / "logs",
            counts=dict.fromkeys(PORTS, 2),
            environ={"LIMITS": "off"},
            reached_at=reached_at,
        )
        stack.enter_context(deployment)
        deployment.start()
        balancer = Proxy(*(instance.port for instance in deployment.of("gateway")))
        stack.callback(balancer.stop)
        balancer.start()
        url = f"http://127.0.0.1:{balancer.port}"
        asyncio.run(_admin_is_there(url, keys))
        yield Stage(url, deployment, redis, postgres, rabbitmq, between, keys)


async def _admin_is_there(url: str, keys: Keys) -> None:
    """Booking makes its first admin a moment after its first start."""
    async with asyncio.timeout(30), open_client(url) as visitor:
        while True:
            try:
                await visitor.login(keys.admin_email, keys.admin_password)
            except Problem:
                await asyncio.sleep(0.2)
            else:
                return
