"""Redis and Postgres, each with a second copy that takes over: what production has."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tiketi_local import binaries
from tiketi_local.processes import Child, free_port
from tiketi_local.stores import PostgresServer, RedisServer

_MASTER = "tiketi"
_SENTINELS = 3


class ReplicatedRedis:
    """A primary, a replica, and three Sentinels that promote the replica when they miss the
    primary for two seconds."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [RedisServer(folder / f"redis-{number}") for number in (1, 2)]
        self._sentinels = [self._sentinel(folder / f"sentinel-{n}") for n in range(_SENTINELS)]

    def _sentinel(self, folder: Path) -> tuple[int, Child]:
        port = free_port()
        folder.mkdir(parents=True)
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder.resolve()}\n"
            f"sentinel monitor {_MASTER} 127.0.0.1 {self.nodes[0].port} 2\n"
            f"sentinel down-after-milliseconds {_MASTER} 2000\n"
            f"sentinel failover-timeout {_MASTER} 10000\n"
        )
        command = [str(binaries.redis_server()), str(config), "--sentinel"]
        return port, Child("sentinel", command, log=folder / "sentinel.log")

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port, _ in self._sentinels)
        return f"redis+sentinel://{hosts}/{_MASTER}"

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        primary, replica = self.nodes
        _redis(replica.port, "REPLICAOF", "127.0.0.1", str(primary.port))
        for _, sentinel in self._sentinels:
            sentinel.start()
        _until(lambda: "slave" in _redis(replica.port, "ROLE"), 10)
        _until(lambda: all(self._knows_all(port) for port, _ in self._sentinels), 20)

    def _knows_all(self, port: int) -> bool:
        """Whether this Sentinel has found the replica and the other Sentinels."""
        facts = _redis(port, "SENTINEL", "MASTER", _MASTER).split("\n")
        known = dict(zip(facts[::2], facts[1::2], strict=False))
        others = int(known.get("num-other-sentinels", 0))
        return others == _SENTINELS - 1 and int(known.get("num-slaves", 0)) >= 1

    def primary(self) -> RedisServer:
        """The one that accepts writes now."""
        return next(node for node in self.nodes if node.running and _is_primary(node.port))

    def stop(self) -> None:
        for _, sentinel in self._sentinels:
            sentinel.kill()
        for node in self.nodes:
            node.kill()


def _is_primary(port: int) -> bool:
    return _redis(port, "ROLE").startswith("master")


def _redis(port: int, *command: str) -> str:
    program = str(binaries.redis_server().with_name("redis-cli"))
    done = subprocess.run(
        [program, "-p", str(port), *command], capture_output=True, text=True, check=False, timeout=5
    )
    return done.stdout.strip()


class ReplicatedPostgres:
    """A primary and a streaming standby. A watcher, in the place of what production has for it,
    promotes the standby two seconds after the primary is gone."""

    def __init__(self, folder: Path) -> None:
        self.primary = PostgresServer(folder / "primary", durable=False)
        self.standby = PostgresServer(folder / "standby", durable=False)
        self._folder = folder
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.promoted = False

    @property
    def dsn(self) -> str:
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://tiketi@{hosts}/tiketi?target_session_attrs=read-write"

    def start(self) -> None:
        self.primary.start()
        self.standby.copy_from(self.primary)
        self.standby.start()
        self._watcher.start()

    def _watch(self) -> None:
        while not self._stopping.wait(0.2):
            if not self.primary.running and not self.promoted:
                time.sleep(2)
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
