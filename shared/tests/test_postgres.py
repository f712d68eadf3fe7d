"""Postgres becomes unavailable and comes back; the same pool goes on without a restart."""

import asyncio
import time
from collections.abc import Callable

import pytest
from asyncpg.exceptions import InterfaceError, PostgresError
from shared.tests.waiting import eventually

from tiketi_local.stores import PostgresServer
from tiketi_shared.postgres import open_postgres

POSTGRES_GONE = (OSError, PostgresError, InterfaceError, TimeoutError)


async def test_a_statement_that_hangs_is_given_up_in_time(postgres_dsn: str) -> None:
    async with open_postgres(postgres_dsn, timeout=0.7) as pool, asyncio.timeout(20):
        assert await pool.fetchval("select 3 from pg_sleep(0.1)") == 3
        with pytest.raises(POSTGRES_GONE):
            await pool.fetchval("select 3 from pg_sleep(60)")


async def test_postgres_that_comes_back_is_used_again(
    postgres_server: Callable[[], PostgresServer],
) -> None:
    server = postgres_server()
    async with open_postgres(server.dsn, timeout=1) as pool:
        assert await pool.fetchval("select 1") == 1
        server.kill()
        with pytest.raises(POSTGRES_GONE):
            await pool.fetchval("select 1")
        server.start()
        await eventually(lambda: pool.fetchval("select 1"))


async def test_a_silent_host_of_several_takes_its_share_of_the_time_once(
    postgres_server: Callable[[], PostgresServer], free_port: Callable[[], int]
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


async def test_a_standby_alone_counts_as_gone(
    postgres_server: Callable[[], PostgresServer],
) -> None:
    server = postgres_server()
    async with open_postgres(f"{server.dsn}?target_session_attrs=standby", timeout=1) as pool:
        with pytest.raises(OSError, match=r"127\.0\.0\.1"):
            await pool.fetchval("select 1")


async def test_postgres_need_not_be_there_at_the_start(free_port: Callable[[], int]) -> None:
    async with open_postgres(f"postgresql://nobody@127.0.0.1:{free_port()}/none") as pool:
        with pytest.raises(OSError, match="Connect"):
            await pool.fetchval("select 1")
