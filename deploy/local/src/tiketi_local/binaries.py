"""Where the stores' programs are: on the PATH, or where Debian puts them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_POSTGRES_TOOLS = ("initdb", "postgres", "pg_ctl", "pg_isready", "createdb")


class MissingProgram(Exception):
    """A store's programs are not installed; the message says which package has them."""


def redis_server() -> Path:
    path = shutil.which("redis-server")
    if path is None:
        raise MissingProgram("redis-server is not on the PATH: install the package redis-server")
    return Path(path)


def postgres_folder() -> Path:
    """The folder of a complete installation that runs, the PATH's before Debian's, newest first."""
    for folder in _postgres_candidates():
        if all((folder / tool).is_file() for tool in _POSTGRES_TOOLS) and _runs(folder):
            return folder
    raise MissingProgram(
        f"no folder has all of {', '.join(_POSTGRES_TOOLS)}: install the package postgresql"
    )


def _postgres_candidates() -> Iterator[Path]:
    for folder in os.get_exec_path():
        tool = Path(folder, "initdb")
        if tool.exists():
            yield tool.resolve().parent
    yield from sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True
    )


def _runs(folder: Path) -> bool:
    command = [str(folder / "postgres"), "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def rabbitmq_server() -> Path:
    """RabbitMQ's own start script; Debian's on the PATH insists on its system user and folders."""
    debian = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if debian.is_file():
        return debian
    path = shutil.which("rabbitmq-server")
    if path is None:
        raise MissingProgram(
            "rabbitmq-server is not on the PATH: install the package rabbitmq-server"
        )
    return Path(path)


def libfaketime() -> Path | None:
    """The library that answers in the place of the kernel's clock."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def chromium() -> str | None:
    """Where a Chromium is."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
