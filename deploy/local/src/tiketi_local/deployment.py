"""A whole Tiketi on this machine: stores, any number of instances of each service, their wiring.

    keys = load_or_make(folder / "keys.json")
    stores = private_stores(folder, keys.store_password, logs=folder)
    with Deployment(stores, keys, logs=folder, counts={"gateway": 2}) as deployment:
        deployment.start()
        deployment.gateway_urls[1]
        deployment.instance("gateway-1").kill()
        deployment.stores.redis.kill()

`make run` and the tests of whole deployments are built on it. All calls block.
"""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tiketi_local.keys import Keys
from tiketi_local.processes import HERE, Child, Place, StartError, free_port, is_free
from tiketi_local.stores import PostgresServer, RabbitServer, RedisServer

PORTS = {"booking": 8082, "queue": 8081, "notifier": 8083, "metrics": 8084, "gateway": 8080}
"""Every service, with the port its first instance has by default; who needs others comes later."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the stores are; `servers` are those that are ours to start and stop."""

    redis_url: str
    postgres_dsn: str
    amqp_url: str
    redis: RedisServer | None = None
    postgres: PostgresServer | None = None
    rabbitmq: RabbitServer | None = None

    @property
    def servers(self) -> list[RedisServer | PostgresServer | RabbitServer]:
        return [server for server in (self.redis, self.postgres, self.rabbitmq) if server]


def private_stores(
    folder: Path,
    password: str,
    *,
    logs: Path,
    durable: bool = True,
    given: Mapping[str, str] | None = None,
) -> Stores:
    """Stores with their data under `folder`, save those whose URL is in `given`
    (REDIS_URL, POSTGRES_DSN, AMQP_URL)."""
    given = given or {}
    redis = postgres = rabbitmq = None
    if not (redis_url := given.get("REDIS_URL", "")):
        redis = RedisServer(folder / "redis", password=password, log=logs / "redis.log")
        redis_url = redis.url
    if not (postgres_dsn := given.get("POSTGRES_DSN", "")):
        postgres = PostgresServer(
            folder / "postgres", password=password, durable=durable, log=logs / "postgres.log"
        )
        postgres_dsn = postgres.dsn
    if not (amqp_url := given.get("AMQP_URL", "")):
        rabbitmq = RabbitServer(folder / "rabbitmq", password=password, log=logs / "rabbitmq.log")
        amqp_url = rabbitmq.url
    return Stores(redis_url, postgres_dsn, amqp_url, redis, postgres, rabbitmq)


class Instance:
    """One running copy of a service. It keeps its port through `kill` and `start`."""

    def __init__(  # noqa: PLR0913  as many sides as an instance has
        self,
        service: str,
        number: int,
        port: int,
        environ: Mapping[str, str],
        *,
        logs: Path,
        place: Place,
    ) -> None:
        """`environ` is the service's whole environment; PORT and, where it has one, METRICS_PORT
        say where it is found."""
        self.service = service
        self.name = f"{service}-{number}"
        self.port = port
        self.url = f"http://{place.host}:{port}"
        self.operations_url = f"http://{place.host}:{int(environ['METRICS_PORT']) or port}"
        self.child = Child(
            self.name,
            [sys.executable, "-m", f"tiketi_{service}"],
            log=logs / f"{self.name}.log",
            environ=environ,
            within=place.within,
        )

    @property
    def running(self) -> bool:
        return self.child.running

    def start(self, timeout: float = 30) -> None:
        """Start it and wait until it is ready. Raises StartError."""
        self.launch()
        self.await_ready(timeout)

    def launch(self) -> None:
        self.child.start()

    def await_ready(self, timeout: float = 30) -> None:
        self.child.wait_until(self.ready, timeout, why_not=self._lacks)

    def ready(self) -> bool:
        """What /readyz says."""
        return self.readiness()[0] == 200

    def readiness(self) -> tuple[int, dict[str, str]]:
        """The status of /readyz (0 when nothing answers) and what is missing, each with why."""
        try:
            ready = f"{self.operations_url}/readyz"  # our own service
            with urllib.request.urlopen(ready, timeout=5) as answer:  # noqa: S310  # nosec B310
                return answer.status, json.load(answer)["missing"]
        except urllib.error.HTTPError as error:
            return error.code, json.load(error).get("missing", {})
        except OSError:
            return 0, {}

    def _lacks(self) -> str:
        return ", ".join(f"{name} ({why})" for name, why in self.readiness()[1].items())

    def stop(self, timeout: float = 30) -> None:
        self.child.stop(timeout)

    def kill(self) -> None:
        self.child.kill()


class Deployment:
    """The stores and the services, started and stopped in the right order."""

    def __init__(  # noqa: PLR0913  what a deployment is has this many sides, most have defaults
        self,
        stores: Stores,
        keys: Keys,
        *,
        logs: Path,
        counts: Mapping[str, int] | None = None,
        ports: Mapping[str, int] | None = None,
        environ: Mapping[str, str] | None = None,
        web_root: Path | None = None,
        reached_at: Callable[[str, str], str] = lambda _, url: url,
        place: Callable[[str, int], Place] = lambda _, __: HERE,
    ) -> None:
        """`counts` is how many instances of each service (1 where it says nothing), `ports` the
        first instance's port (a free one where it says nothing), `environ` further settings;
        `reached_at(service, url)` is the URL at which the others reach the instance that has
        `url`, such as a proxy's; `place(service, number)` is where the service's first, second ...
        instance runs."""
        self.stores = stores
        self._logs = logs
        self._place = place
        counts, ports = counts or {}, ports or {}
        listening = {
            service: [
                ports.get(service, 0) if number == 0 and service in ports else free_port()
                for number in range(counts.get(service, 1))
            ]
            for service in PORTS
        }
        operations = [free_port() for _ in listening["gateway"]]
        self._environ = {
            **os.environ,
            "REDIS_URL": stores.redis_url,
            "POSTGRES_DSN": stores.postgres_dsn,
            "AMQP_URL": stores.amqp_url,
            **keys.environ(),
            **{
                f"{service.upper()}_URLS": ",".join(
                    reached_at(service, url) for url in self._urls(service, ports_)
                )
                for service, ports_ in listening.items()
            },
            "GATEWAY_URLS": ",".join(self._urls("gateway", operations)),
            "PUBLIC_URL": f"http://127.0.0.1:{listening['gateway'][0]}",
            "METRICS_PORT": "0",
            "DRAIN_SECONDS": "5",
            **({"WEB_ROOT": str(web_root)} if web_root else {}),
            **(environ or {}),
        }
        self.instances = [
            self._instance(service, number, port, operations)
            for service, numbers in listening.items()
            for number, port in enumerate(numbers)
        ]

    def _urls(self, service: str, ports: list[int]) -> list[str]:
        places = (self._place(service, number) for number in range(1, len(ports) + 1))
        return [f"http://{at.host}:{port}" for at, port in zip(places, ports, strict=True)]

    def _instance(self, service: str, number: int, port: int, operations: list[int]) -> Instance:
        place = self._place(service, number + 1)
        environ = {**self._environ, "HOST": place.host, "PORT": str(port)}
        if service == "gateway":
            environ["METRICS_PORT"] = str(operations[number])
        return Instance(service, number + 1, port, environ, logs=self._logs, place=place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Everything, ready. Raises StartError naming what did not come up, and why."""
        self.start_stores()
        self.start_services()

    def start_stores(self) -> None:
        """The stores, side by side; the database is migrated while RabbitMQ still boots."""
        with ThreadPoolExecutor() as pool:
            migrated = pool.submit(self._start_postgres)
            others = [
                pool.submit(store.start)
                for store in (self.stores.redis, self.stores.rabbitmq)
                if store
            ]
            for done in (migrated, *others):
                done.result()

    def _start_postgres(self) -> None:
        if self.stores.postgres:
            self.stores.postgres.start()
        self.migrate()

    def migrate(self) -> None:
        """Bring the database's schema up to date."""
        done = subprocess.run(
            [sys.executable, "-m", "tiketi_booking.migrate"],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._logs.mkdir(parents=True, exist_ok=True)
        (self._logs / "migrate.log").write_text(done.stdout)
        if done.returncode != 0:
            raise StartError(f"migrating the database failed:\n{done.stdout.strip()}")

    def start_services(self, timeout: float = 60) -> None:
        for instance in self.instances:
            instance.launch()
        for instance in self.instances:
            instance.await_ready(timeout)

    def stop(self) -> None:
        """The edge first, so that what it has in hand finds the services behind it; then those;
        then the stores."""
        gateways = self.of("gateway")
        _stop_all([instance.child for instance in gateways])
        _stop_all([i.child for i in self.instances if i not in gateways])
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda store: store.stop(), self.stores.servers))

    @property
    def children(self) -> list[Child]:
        """Every process of it, to be watched."""
        return [
            *(server.child for server in self.stores.servers),
            *(instance.child for instance in self.instances),
        ]

    def of(self, service: str) -> list[Instance]:
        return [instance for instance in self.instances if instance.service == service]

    def instance(self, name: str) -> Instance:
        """By its name, such as `queue-1`."""
        return next(instance for instance in self.instances if instance.name == name)

    @property
    def gateway_urls(self) -> list[str]:
        return [instance.url for instance in self.of("gateway")]


def default_ports(gateway: int) -> dict[str, int]:
    """`gateway` for the gateway, and for the others their default ports where those are free."""
    others = {name: port for name, port in PORTS.items() if name != "gateway" and is_free(port)}
    return {**others, "gateway": gateway}


def _stop_all(children: Iterable[Child]) -> None:
    children = list(children)
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait_or_kill(timeout=10)
