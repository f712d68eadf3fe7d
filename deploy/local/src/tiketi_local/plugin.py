"""Real stores for tests, as pytest fixtures; loaded by being installed.

Session-wide and shared, started only when a test asks: `redis_url`, `postgres_dsn`, `amqp_url`.
They are private and empty, or the ones that REDIS_URL, POSTGRES_DSN and AMQP_URL name (of the
Postgres named, a fresh database is made and dropped). Servers of a test's own, to be killed and
started again: `redis_server()`, `postgres_server()`, `rabbitmq_server()`.

Hypothesis runs with the profiles of `properties`.
"""

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import pytest

from tiketi_local import processes, properties
from tiketi_local.binaries import postgres_folder
from tiketi_local.stores import PostgresServer, RabbitServer, RedisServer

S = TypeVar("S", RedisServer, PostgresServer, RabbitServer)


@pytest.hookimpl(tryfirst=True)  # before Hypothesis takes the profile of --hypothesis-profile
def pytest_configure() -> None:
    properties.choose_profile()


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives ports on 127.0.0.1 that nothing uses."""
    return processes.free_port


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis; a test that needs it empty flushes it."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    with _running(server):
        yield server.url


@pytest.fixture(scope="session")
def postgres_dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database."""
    if dsn := os.environ.get("POSTGRES_DSN"):
        with _fresh_database(dsn) as fresh:
            yield fresh
        return
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), durable=False)
    with _running(server):
        yield server.dsn


@pytest.fixture(scope="session")
def amqp_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A RabbitMQ with nothing declared, or the virtual host that AMQP_URL names as it is."""
    if url := os.environ.get("AMQP_URL"):
        yield url
        return
    server = RabbitServer(tmp_path_factory.mktemp("rabbitmq"))
    with _running(server):
        yield server.url


@pytest.fixture
def redis_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], RedisServer]]:
    """Starts a Redis of the test's own."""
    with ExitStack() as stack:
        yield _starter(stack, lambda: RedisServer(tmp_path_factory.mktemp("redis")))


@pytest.fixture
def postgres_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], PostgresServer]]:
    """Starts a Postgres of the test's own."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp
        yield _starter(stack, lambda: PostgresServer(folder("postgres"), durable=False))


@pytest.fixture
def rabbitmq_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], RabbitServer]]:
    """Starts a RabbitMQ of the test's own."""
    with ExitStack() as stack:
        yield _starter(stack, lambda: RabbitServer(tmp_path_factory.mktemp("rabbitmq")))


def _starter(stack: ExitStack, make: Callable[[], S]) -> Callable[[], S]:
    def start() -> S:
        server = make()
        stack.enter_context(_running(server))
        return server

    return start


@contextmanager
def _running(server: S) -> Iterator[S]:
    """Started, and killed afterwards: nobody waits for what is thrown away."""
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def _fresh_database(dsn: str) -> Iterator[str]:
    name = f"tiketi_test_{secrets.token_hex(4)}"
    tools = postgres_folder()
    subprocess.run([tools / "createdb", f"--maintenance-db={dsn}", name], check=True)  # noqa: S603
    try:
        yield urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
    finally:
        drop = [str(tools / "dropdb"), "--force", f"--maintenance-db={dsn}", name]
        subprocess.run(drop, check=True)  # noqa: S603  the command is ours
