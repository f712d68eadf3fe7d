"""What is broken: two instances of each service, replicated stores, proxies between the parts."""

import asyncio
import enum
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tiketi_chaos.clocks import Clocks
from tiketi_chaos.disks import SmallDisk, small_disk
from tiketi_chaos.network import OUTSIDE, Zone, two_zones
from tiketi_chaos.proxy import Proxy
from tiketi_chaos.replicas import ReplicatedPostgres, ReplicatedRedis
from tiketi_client.api import open_client
from tiketi_client.errors import Problem
from tiketi_local.deployment import PORTS, Deployment, Stores
from tiketi_local.keys import Keys, load_or_make
from tiketi_local.processes import HERE, Place
from tiketi_local.stores import RabbitServer

BETWEEN = ("queue", "booking")
"""The services that everybody else reaches through a proxy each."""

HOLD_SECONDS = 30
"""Short, so that what people abandon comes back while others want it."""

_DISK_MEGABYTES = 300
"""An empty database and its log take 60."""


class Kind(enum.Enum):
    """What a stage has besides."""

    PLAIN = enum.auto()
    CLOCKS = enum.auto()
    """Each instance has a clock of its own."""
    SMALL_DISK = enum.auto()
    """The Postgres primary's disk can be filled."""
    ZONES = enum.auto()
    """The first instance of each service and both primaries are in one zone, the second ones, the
    replica and the standby in another; RabbitMQ and who decides which primary counts are outside.
    There are no proxies between the parts."""

    @property
    def takes_root(self) -> bool:
        return self in {Kind.SMALL_DISK, Kind.ZONES}


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
    clocks: Clocks | None = None
    disk: SmallDisk | None = None
    zones: tuple[Zone, Zone] | None = None


@contextmanager
def set_up(folder: Path, kind: Kind = Kind.PLAIN) -> Iterator[Stage]:
    """Everything running and ready; all of it ended afterwards."""
    keys = load_or_make(folder / "keys.json")
    with ExitStack() as stack:
        clocks = Clocks(folder / "clocks") if kind is Kind.CLOCKS else None
        zones = stack.enter_context(two_zones()) if kind is Kind.ZONES else None
        disk = None
        if kind is Kind.SMALL_DISK:
            at = folder / "postgres/primary"
            disk = stack.enter_context(small_disk(at, _DISK_MEGABYTES))
        places = (*(zone.place for zone in zones), OUTSIDE) if zones else (HERE, HERE, HERE)
        redis = ReplicatedRedis(folder / "redis", places)
        postgres = ReplicatedPostgres(folder / "postgres", places[:2])
        rabbitmq = RabbitServer(folder / "rabbitmq", place=places[2])
        for store in (redis, postgres, rabbitmq):
            stack.callback(store.stop)
            store.start()
        between: dict[str, list[Proxy]] = {service: [] for service in BETWEEN}

        def reached_at(service: str, url: str) -> str:
            if service not in between or zones:
                return url
            proxy = Proxy(url)
            stack.callback(proxy.stop)
            proxy.start()
            between[service].append(proxy)
            return proxy.url

        deployment = Deployment(
            Stores(redis.url, postgres.dsn, rabbitmq.url),
            keys,
            logs=folder / "logs",
            counts=dict.fromkeys(PORTS, 2),
            environ={"LIMITS": "off", "HOLD_SECONDS": str(HOLD_SECONDS)},
            reached_at=reached_at,
            place=_places(clocks, places),
        )
        stack.enter_context(deployment)
        deployment.start()
        balancer = Proxy(*deployment.gateway_urls)
        stack.callback(balancer.stop)
        balancer.start()
        asyncio.run(_admin_is_there(balancer.url, keys))
        yield Stage(
            balancer.url, deployment, redis, postgres, rabbitmq, between, keys, clocks, disk, zones
        )


def _places(clocks: Clocks | None, places: tuple[Place, ...]) -> Callable[[str, int], Place]:
    """Where the instances run."""
    if clocks:
        return lambda service, number: clocks.place(f"{service}-{number}")
    return lambda _, number: places[number - 1]


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
