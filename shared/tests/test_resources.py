"""Each store goes away and comes back; the same client goes on without a restart."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aio_pika
import pytest
from asyncpg.exceptions import InterfaceError, PostgresError
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import TimeoutError as RedisSilent

from tiketi_shared.resources import open_amqp, open_postgres, open_redis

POSTGRES_GONE = (OSError, PostgresError, InterfaceError, TimeoutError)


async def eventually(attempt: Callable[[], Awaitable[Any]], *, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while True:
            try:
                await attempt()
            except Exception:  # noqa: BLE001  whatever it is, it may pass
                await asyncio.sleep(0.1)
            else:
                return


async def test_redis_that_comes_back_is_used_again(redis_server: Callable[[], Any]) -> None:
    server = redis_server()
    async with open_redis(server.url, timeout=0.5) as client:
        assert await client.set("key", "value")
        server.kill()
        with pytest.raises((RedisGone, RedisSilent)):
            await client.get("key")
        server.start()
        await eventually(client.ping)


async def test_redis_that_hangs_is_given_up_in_time(redis_server: Callable[[], Any]) -> None:
    """It takes connections and answers nothing."""
    server = redis_server()
    async with open_redis(server.url) as client:
        await client.client_pause(60_000)
    async with open_redis(server.url, timeout=0.3) as client:
        started = time.monotonic()
        async with asyncio.timeout(20):
            with pytest.raises((RedisGone, RedisSilent)):
                await client.get("key")
        assert time.monotonic() - started > 0.25


async def test_a_statement_that_hangs_is_given_up_in_time(postgres_dsn: str) -> None:
    async with open_postgres(postgres_dsn, timeout=0.7) as pool, asyncio.timeout(20):
        assert await pool.fetchval("select 3 from pg_sleep(0.1)") == 3
        with pytest.raises(POSTGRES_GONE):
            await pool.fetchval("select 3 from pg_sleep(60)")


async def test_a_hundred_commands_share_the_pool_without_an_error(redis_url: str) -> None:
    async with open_redis(redis_url, connections=4) as client:
        await asyncio.gather(*(client.incr("shared-count") for _ in range(100)))
        assert await client.get("shared-count") == b"100"


async def test_postgres_that_comes_back_is_used_again(postgres_server: Callable[[], Any]) -> None:
    server = postgres_server()
    async with open_postgres(server.dsn, timeout=1) as pool:
        assert await pool.fetchval("select 1") == 1
        server.kill()
        with pytest.raises(POSTGRES_GONE):
            await pool.fetchval("select 1")
        server.start()
        await eventually(lambda: pool.fetchval("select 1"))


async def test_a_silent_host_of_several_takes_its_share_of_the_time_once(
    postgres_server: Callable[[], Any], free_port: Callable[[], int]
) -> None:
    primary = postgres_server()
    silent = await asyncio.start_server(lambda _, __: None, "127.0.0.1", free_port())
    port = silent.sockets[0].getsockname()[1]
    hosts = f"127.0.0.1:{port},127.0.0.1:{primary.port}"
    dsn = f"postgresql://tiketi@{hosts}/tiketi?target_session_attrs=read-write"
    async with silent, open_postgres(dsn, timeout=2) as pool:
        started = time.monotonic()
        async with asyncio.timeout(2):
            assert await pool.fetchval("select 1") == 1
        assert time.monotonic() - started > 0.9
        async with pool.acquire(timeout=0.9), pool.acquire(timeout=0.9) as second:
            assert await second.fetchval("select 1") == 1


async def test_a_standby_alone_counts_as_gone(postgres_server: Callable[[], Any]) -> None:
    server = postgres_server()
    async with open_postgres(f"{server.dsn}?target_session_attrs=standby", timeout=1) as pool:
        with pytest.raises(OSError, match=r"127\.0\.0\.1"):
            await pool.fetchval("select 1")


async def test_postgres_need_not_be_there_at_the_start(free_port: Callable[[], int]) -> None:
    async with open_postgres(f"postgresql://nobody@127.0.0.1:{free_port()}/none") as pool:
        with pytest.raises(OSError, match="Connect"):
            await pool.fetchval("select 1")


async def test_a_broker_that_is_not_there_is_an_error_at_once(free_port: Callable[[], int]) -> None:
    with pytest.raises(ConnectionError):
        async with open_amqp(f"amqp://127.0.0.1:{free_port()}/", timeout=1):
            pass


async def test_an_open_broker_connection_carries_messages(amqp_url: str) -> None:
    async with open_amqp(amqp_url) as connection, connection.channel() as channel:
        queue = await channel.declare_queue(exclusive=True)
        await channel.default_exchange.publish(aio_pika.Message(b"hello"), queue.name)
        async with asyncio.timeout(5):
            message = await queue.get()
        assert message is not None
        assert message.body == b"hello"
