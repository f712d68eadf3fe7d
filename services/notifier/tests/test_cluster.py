"""Live updates where Redis is a cluster: each event is heard from the node that owns its keys."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from tiketi_local.binaries import redis_server as redis_program
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.messages import Admitted, Tick, tick_channel

Fixture = Any


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    for _ in range(round(seconds / 0.05)):
        try:
            if condition():
                return
        except RedisError:
            pass
        time.sleep(0.05)
    raise AssertionError("the cluster did not come up")


def is_whole(node: Redis) -> bool:
    told: bytes = node.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in told and b"cluster_known_nodes:3" in told


@pytest.fixture
def cluster_url(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[str]:
    """Three nodes, a third of the slots each."""
    ports = [(free_port(), free_port()) for _ in range(3)]
    processes = [
        subprocess.Popen(
            [
                str(redis_program()), "--port", str(port), "--cluster-port", str(bus),
                "--cluster-enabled", "yes", "--cluster-config-file", f"nodes-{port}.conf",
                "--dir", str(tmp_path), "--save", "", "--bind", "127.0.0.1",
            ],
            stdout=subprocess.DEVNULL,
        )
        for port, bus in ports
    ]  # fmt: skip
    try:
        nodes = [Redis(port=port, socket_timeout=2) for port, _ in ports]
        for node, first, last in zip(nodes, (0, 5461, 10923), (5460, 10922, 16383), strict=True):
            until(node.ping)
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            node.execute_command("CLUSTER", "MEET", "127.0.0.1", *ports[0])
        for node in nodes:
            until(lambda node=node: is_whole(node))  # type: ignore[misc]
        yield "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port, _ in ports)
    finally:
        for process in processes:
            process.kill()
            process.wait()


async def test_changes_and_ticks_of_every_node_reach_the_clients(  # noqa: PLR0917  fixtures
    start: Fixture, join: Fixture, open_till: Fixture, shared_document: Fixture, amqp_url: str,
    cluster_url: str,
) -> None:  # fmt: skip
    notifier = await start(REDIS_URL=cluster_url)
    fan = await join(notifier)
    events = [EventId(new_id()) for _ in range(9)]
    for event_id in events:
        await fan.subscribe(event_id)
    for event_id in events:
        async with open_till(amqp_url, event_id) as till:
            await till.change((1, "h"))
        update = await fan.hear("seat-update")
        assert (update["event_id"], update["version"]) == (event_id, 1)
    host, port = cluster_url.rpartition(",")[2].split(":")
    async with RedisCluster(host=host, port=int(port)) as client:
        for event_id in events:
            admission = msgspec.Raw(b'{"token":"t","expires_at":"x"}')
            status = msgspec.Raw(msgspec.json.encode(shared_document(event_id, "on_sale")))
            tick = Tick(event_id, status, [Admitted(UserId("fan"), admission)])
            await client.publish(tick_channel(event_id), msgspec.json.encode(tick))
            assert (await fan.hear("queue-enter"))["event_id"] == event_id
