"""The private stores keep their port and data, and end with the process that started them."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import aio_pika
import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from tiketi_local.processes import StartError, is_free
from tiketi_local.stores import PostgresServer, RabbitServer, RedisServer


async def test_redis_keeps_what_it_acknowledged_through_a_kill(
    redis_server: Callable[[], RedisServer],
) -> None:
    server = redis_server()
    async with Redis.from_url(server.url) as client:
        await client.set("place", "7")
    server.kill()
    assert is_free(server.port)
    server.start()
    async with Redis.from_url(server.url) as client:
        assert await client.get("place") == b"7"
        server.wipe()
        assert await client.get("place") is None


async def test_postgres_keeps_what_it_committed_through_a_kill(
    postgres_server: Callable[[], PostgresServer],
) -> None:
    server = postgres_server()
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("create table seats as select 1 as number")
    server.kill()
    server.start()
    connection = await asyncpg.connect(server.dsn)
    assert await connection.fetchval("select number from seats") == 1
    await connection.close()


async def test_rabbitmq_keeps_a_durable_message_through_a_restart(
    rabbitmq_server: Callable[[], RabbitServer],
) -> None:
    server = rabbitmq_server()
    async with await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("orders", durable=True)
        message = aio_pika.Message(b"paid", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "orders")
    server.stop()
    assert not server.running
    server.start()
    async with await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("orders")
        received = await queue.get()
        assert received.body == b"paid"


async def test_two_rabbitmqs_run_side_by_side(amqp_url: str, tmp_path: Path) -> None:
    other = RabbitServer(tmp_path, password="another")
    other.start()
    try:
        async with await aio_pika.connect(other.url), await aio_pika.connect(amqp_url):
            assert other.url != amqp_url
    finally:
        other.kill()


async def test_passwords_are_asked_for(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path / "redis", password="secret")
    postgres = PostgresServer(tmp_path / "postgres", password="secret", durable=False)
    redis.start()
    postgres.start()
    try:
        async with Redis.from_url(redis.url) as client:
            assert await client.ping()
        connection = await asyncpg.connect(postgres.dsn)
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.dsn.replace("secret", "guess"))
    finally:
        redis.kill()
        postgres.kill()


def test_a_store_does_not_take_the_port_of_another(tmp_path: Path) -> None:
    first = RedisServer(tmp_path / "first")
    first.start()
    try:
        second = RedisServer(tmp_path / "second", port=first.port, password="its own")
        with pytest.raises(StartError, match="already in use"):
            second.start()
    finally:
        first.kill()


def test_stores_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from tiketi_local.stores import PostgresServer, RabbitServer, RedisServer
        folder = Path(sys.argv[1])
        stores = (
            RedisServer(folder / "a"),
            PostgresServer(folder / "b", durable=False),
            RabbitServer(folder / "c"),
        )
        for store in stores:
            store.start()
        print("started", flush=True)
        time.sleep(600)
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "started\n"
    family = psutil.Process(parent.pid).children(recursive=True)
    assert len(family) >= 3
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    psutil.wait_procs(family, timeout=30)
    assert [process for process in family if process.is_running()] == []
