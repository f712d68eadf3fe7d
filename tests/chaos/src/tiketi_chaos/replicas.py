"""Redis and Postgres, each with a second copy that takes over: what production has."""

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tiketi_local import binaries
from tiketi_local.processes import HERE, Child, Place, free_port
from tiketi_local.stores import PostgresServer, RedisServer

_MASTER = "tiketi"
_SENTINELS = 3
_MISSED_SECONDS = 2.0
"""So long a primary is missed before another takes its place."""


class ReplicatedRedis:
    """A primary, a replica, and three Sentinels that promote the replica when they miss the
    primary."""

    def __init__(self, folder: Path, places: Sequence[Place] = (HERE,) * _SENTINELS) -> None:
        """A Sentinel is at each of `places`, the primary at the first, the replica at the next."""
        self.nodes = [
            RedisServer(folder / f"redis-{number}", place=place)
            for number, place in enumerate(places[:2])
        ]
        self._sentinels = [
            self._sentinel(folder / f"sentinel-{number}", place)
            for number, place in enumerate(places)
        ]

    def _sentinel(self, folder: Path, place: Place) -> tuple[str, int, Child]:
        port = free_port()
        folder.mkdir(parents=True)
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {port}\nbind {place.host}\ndir {folder.resolve()}\n"
            f"sentinel monitor {_MASTER} {self.nodes[0].place.host} {self.nodes[0].port} 2\n"
            f"sentinel down-after-milliseconds {_MASTER} {_MISSED_SECONDS * 1000:.0f}\n"
            f"sentinel failover-timeout {_MASTER} 10000\n"
        )
        command = [str(binaries.redis_server()), str(config), "--sentinel"]
        log = folder / "sentinel.log"
        return place.host, port, Child("sentinel", command, log=log, within=place.within)

    @property
    def url(self) -> str:
        hosts = ",".join(f"{host}:{port}" for host, port, _ in self._sentinels)
        return f"redis+sentinel://{hosts}/{_MASTER}"

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        primary, replica = self.nodes
        replicate = ("REPLICAOF", primary.place.host, str(primary.port))
        _redis(replica.place.host, replica.port, *replicate)
        for _, _, sentinel in self._sentinels:
            sentinel.start()
        _until(lambda: "slave" in _redis(replica.place.host, replica.port, "ROLE"), 10)
        _until(lambda: all(self._knows_all(host, port) for host, port, _ in self._sentinels), 20)

    def _knows_all(self, host: str, port: int) -> bool:
        """Whether this Sentinel has found the replica and the other Sentinels."""
        facts = _redis(host, port, "SENTINEL", "MASTER", _MASTER).split("\n")
        known = dict(zip(facts[::2], facts[1::2], strict=False))
        others = int(known.get("num-other-sentinels", 0))
        return others == _SENTINELS - 1 and int(known.get("num-slaves", 0)) >= 1

    def primary(self) -> RedisServer:
        """The one that accepts writes now."""
        return next(node for node in self.nodes if node.running and _is_primary(node))

    def stop(self) -> None:
        for _, _, sentinel in self._sentinels:
            sentinel.kill()
        for node in self.nodes:
            node.kill()


def _is_primary(node: RedisServer) -> bool:
    return _redis(node.place.host, node.port, "ROLE").startswith("master")


def _redis(host: str, port: int, *command: str) -> str:
    program = str(binaries.redis_server().with_name("redis-cli"))
    done = subprocess.run(
        [program, "-h", host, "-p", str(port), *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=5,
    )
    return done.stdout.strip()


class ReplicatedPostgres:
    """A primary and a standby that has whatever was committed. A watcher, in the place of what
    production has for it, promotes the standby when it misses the primary."""

    def __init__(self, folder: Path, places: Sequence[Place] = (HERE, HERE)) -> None:
        primary, standby = places
        self.primary = PostgresServer(folder / "primary", durable=False, place=primary)
        self.standby = PostgresServer(folder / "standby", durable=False, place=standby)
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.promoted = False

    @property
    def dsn(self) -> str:
        hosts = ",".join(f"{each.place.host}:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://tiketi@{hosts}/tiketi?target_session_attrs=read-write"

    def start(self) -> None:
        self.primary.start()
        self.standby.copy_from(self.primary)
        self.standby.start()
        self.primary.await_standby()
        self._watcher.start()

    def _watch(self) -> None:
        """The primary is ended for sure before there is another: two would be worse than none."""
        answered = time.monotonic()
        while not self.promoted and not self._stopping.wait(0.2):
            if self.primary.accepts():
                answered = time.monotonic()
            elif time.monotonic() - answered > _MISSED_SECONDS:
                self.primary.kill()
                self.standby.promote()
                self.promoted = True

    def writer(self) -> PostgresServer:
        return self.standby if self.promoted else self.primary

    def stop(self) -> None:
        self._stopping.set()
        self.primary.kill()
        self.standby.kill()


def _until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the replicas did not find each other")
        time.sleep(0.1)
