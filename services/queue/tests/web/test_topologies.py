"""The same service on Redis Cluster and on Sentinel, each started from the installed packages."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError
from services.queue.tests.harness import FakeBooking, StartQueue, until

from tiketi_local.binaries import redis_server as redis_program
from tiketi_shared.ids import EventId, new_id
from tiketi_shared.messages import tick_channel

FreePort = Callable[[], int]


class Node:
    """One redis-server process of a test's own."""

    def __init__(self, folder: Path, port: int, *options: str, config: str = "") -> None:
        folder.mkdir(parents=True)
        self.port = port
        file = folder / "redis.conf"
        file.write_text(f"bind 127.0.0.1\nport {port}\ndir {folder}\nsave ''\n{config}\n")
        self.process = subprocess.Popen(
            [str(redis_program()), str(file), *options],
            stdout=(folder / "log").open("w"),
            stderr=subprocess.STDOUT,
        )
        self.client = Redis(port=port, socket_timeout=2)
        wait_for(self.client.ping)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def nodes() -> Iterator[Callable[..., Node]]:
    with ExitStack() as stack:

        def start(folder: Path, port: int, *options: str, config: str = "") -> Node:
            node = Node(folder, port, *options, config=config)
            stack.callback(node.kill)
            return node

        yield start


def wait_for(question: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := question():
                return answer
        except RedisError:
            pass
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path, free_port: FreePort) -> Iterator[list[Node]]:
    """Three primaries that share the slots."""
    with nodes() as start:
        found, buses = [], []
        for index in range(3):
            buses.append(free_port())
            found.append(
                start(
                    tmp_path / str(index), free_port(),
                    config=f"cluster-enabled yes\ncluster-port {buses[-1]}",
                )
            )  # fmt: skip
        edges = [0, 5461, 10923, 16384]
        for index, node in enumerate(found):
            node.client.execute_command(
                "CLUSTER", "ADDSLOTSRANGE", edges[index], edges[index + 1] - 1
            )
            node.client.execute_command("CLUSTER", "MEET", "127.0.0.1", found[0].port, buses[0])
        for node in found:
            wait_for(partial(is_whole, node))
        yield found


def info(node: Node, section: str) -> Any:
    return node.client.info(section)


def is_whole(node: Node) -> bool:
    """Whether this node sees all three and that every slot is served."""
    told: bytes = node.client.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in told and b"cluster_known_nodes:3" in told


async def test_lines_run_on_a_cluster_each_on_the_node_of_its_slot(
    cluster: list[Node], start_queue: StartQueue, booking: FakeBooking
) -> None:
    url = "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in cluster)
    queue = await start_queue(redis_url=url)
    events = [booking.put_on_sale(capacity=2, policy="first_come") for _ in range(8)]
    for event in events:
        await queue.knows(event)
        users = [new_id() for _ in range(4)]
        joined = await queue.ask_all("join", event, users)
        assert [answer.body["status"] for answer in joined] == ["admitted"] * 2 + ["waiting"] * 2
        await queue.ask("leave", event, users[0])

        async def third_is_in(event: EventId = event, user: str = users[2]) -> bool:
            answer = await queue.ask("place", event, user)
            return bool(answer.body["status"] == "admitted")

        await until(third_is_in)
    used = [node.client.dbsize() for node in cluster]
    assert sum(1 for size in used if size) >= 2, used


async def test_ticks_of_a_cluster_reach_a_subscriber_on_any_node(
    cluster: list[Node], start_queue: StartQueue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(capacity=1, policy="first_come")
    subscribers = [node.client.pubsub() for node in cluster]
    for subscriber in subscribers:
        subscriber.subscribe(tick_channel(event))
        subscriber.get_message(timeout=1)
    queue = await start_queue(redis_url=f"redis+cluster://127.0.0.1:{cluster[0].port}")
    await queue.knows(event)
    await queue.ask("join", event, new_id())
    for subscriber in subscribers:
        message = await asyncio.to_thread(subscriber.get_message, timeout=5)
        assert message["channel"] == tick_channel(event).encode()
        subscriber.close()


@pytest.fixture
def sentinels(tmp_path: Path, free_port: FreePort) -> Iterator[tuple[str, Node, Node]]:
    """A primary, a replica, and three sentinels that watch them: their URL and the two."""
    with nodes() as start:
        primary = start(tmp_path / "primary", free_port())
        replica = start(
            tmp_path / "replica", free_port(),
            config=f"replicaof 127.0.0.1 {primary.port}\nrepl-diskless-sync-delay 0",
        )  # fmt: skip
        wait_for(lambda: info(replica, "replication")["master_link_status"] == "up")
        watchers = [
            start(
                tmp_path / f"sentinel-{index}", free_port(), "--sentinel",
                config=f"sentinel monitor line 127.0.0.1 {primary.port} 2\n"
                "sentinel down-after-milliseconds line 600\n"
                "sentinel failover-timeout line 3000",
            )
            for index in range(3)
        ]  # fmt: skip
        for watcher in watchers:
            wait_for(partial(knows_all, watcher))
        hosts = ",".join(f"127.0.0.1:{watcher.port}" for watcher in watchers)
        yield f"redis+sentinel://{hosts}/line", primary, replica


def knows_all(watcher: Node) -> bool:
    masters: Any = watcher.client.sentinel_masters()
    master = masters["line"]
    return bool(master["num-slaves"] == 1 and master["num-other-sentinels"] == 2)


async def test_after_a_fail_over_everyone_has_the_old_number_and_the_line_goes_on(
    sentinels: tuple[str, Node, Node], start_queue: StartQueue, booking: FakeBooking
) -> None:
    url, primary, replica = sentinels
    queue = await start_queue(redis_url=url, redis_timeout=0.5, recovery_seconds=1)
    event = booking.put_on_sale(capacity=20, per_second=200.0, policy="first_come")
    await queue.knows(event)
    users = [new_id() for _ in range(1000)]
    await queue.ask_all("join", event, users)
    await queue.holds(event, active=20, waiting=980)
    places = [answer.body for answer in await queue.ask_all("place", event, users)]

    await asyncio.to_thread(primary.kill)
    killed_at = time.monotonic()

    async def answers_again() -> bool:
        answer = await queue.ask("place", event, users[-1])
        return bool(answer.status != 503)

    await until(answers_again, seconds=30)
    print(f"answers again {time.monotonic() - killed_at:.1f} s after the primary was killed")
    assert info(replica, "replication")["role"] == "master"
    newcomer = await queue.ask("join", event, new_id())
    assert newcomer.body["number"] > max(place["number"] for place in places)
    tickets = [{"ticket": place["ticket"]} for place in places]
    back = [answer.body for answer in await queue.ask_all("join", event, users, tickets)]
    assert [place["number"] for place in back] == [place["number"] for place in places]
    await queue.holds(event, active=20)
    inside = [
        user for user, place in zip(users, back, strict=True) if place["status"] == "admitted"
    ]
    await queue.ask_all("leave", event, inside)
    await queue.holds(event, active=20, waiting=961)
