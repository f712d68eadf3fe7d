"""Private Redis, Postgres and RabbitMQ instances, each with its data in a folder; they listen on
127.0.0.1 unless they are given another place.

A server keeps its port and its data through `stop`, `kill` and `start`. `start` returns once the
server answers, or raises `StartError` with the tail of its log. All calls block.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from tiketi_local import binaries
from tiketi_local.processes import HERE, Child, Place, StartError, free_port, is_free

_USER = "tiketi"


class _Server:
    """What the three have in common."""

    port: int
    place: Place
    child: Child

    @property
    def running(self) -> bool:
        return self.child.running

    def _start(self, answers: Callable[[], bool], timeout: float) -> None:
        if self.place.is_here and not self.running and not is_free(self.port):
            raise StartError(f"{self.child.name}: port {self.port} is already in use")
        self.child.start()
        self.child.wait_until(answers, timeout)

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        """As a power cut would: no goodbye, nothing flushed."""
        self.child.kill()


class RedisServer(_Server):
    """One Redis; every acknowledged write survives `kill` (it is in the kernel's hands by then)."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        password: str = "",
        log: Path | None = None,
        place: Place = HERE,
    ) -> None:
        self.port = port or free_port()
        self.place = place
        self._folder = folder
        self._password = password
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "redis.conf"
        self.child = Child(
            "redis", [str(binaries.redis_server()), str(config)],
            log=log or folder / "redis.log", death_signal=signal.SIGTERM, within=place.within,
        )  # fmt: skip
        _write_private(
            config,
            [
                f"bind {place.host}",
                f"protected-mode {'yes' if place.is_here else 'no'}",
                f"port {self.port}",
                f"dir {folder.resolve()}",
                "appendonly yes",
                'save ""',
                *([f"requirepass {password}"] if password else []),
            ],
        )

    @property
    def url(self) -> str:
        credentials = f":{self._password}@" if self._password else ""
        return f"redis://{credentials}{self.place.host}:{self.port}/0"

    def start(self, timeout: float = 20) -> None:
        self._start(lambda: self._answers(b"PING", b"+PONG"), timeout)

    def wipe(self) -> None:
        """Forget everything, as a lost primary without a replica would. Raises StartError."""
        if not self._answers(b"FLUSHALL", b"+OK"):
            raise StartError(f"redis did not forget its data{self.child.tail()}")

    def _answers(self, command: bytes, expected: bytes) -> bool:
        login = f"AUTH {self._password}\r\n".encode() if self._password else b""
        answer = _ask(self.place.host, self.port, login + command + b"\r\nQUIT\r\n", until=expected)
        return expected in answer


class PostgresServer(_Server):
    """One Postgres, with a user and a database named tiketi.

    `durable=False` gives up safety from power cuts, not from `kill`, for the speed of tests.
    Postgres refuses to run as root: then it runs as `postgres` or `nobody`, which owns the data
    and may pass through whatever folders lead there.
    """

    def __init__(  # noqa: PLR0913  what a server is has this many sides, most have defaults
        self,
        folder: Path,
        *,
        port: int | None = None,
        password: str = "",
        durable: bool = True,
        log: Path | None = None,
        place: Place = HERE,
    ) -> None:
        self.port = port or free_port()
        self.place = place
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._password = password
        self._durable = durable
        self._programs = binaries.postgres_folder()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._setpriv = _unprivileged(self._folder)
        options = {
            "port": str(self.port),
            "listen_addresses": place.host,
            "unix_socket_directories": "",
            "max_connections": "200",
            **({} if durable else {"fsync": "off", "full_page_writes": "off"}),
        }
        self.child = Child(
            "postgres",
            [
                str(self._programs / "postgres"),
                *("-D", str(self._data)),
                *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
            ],
            log=log or folder / "postgres.log",
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # end open sessions, then shut down
            death_signal=signal.SIGINT,
            user_options=self._setpriv,
            within=place.within,
        )

    @property
    def dsn(self) -> str:
        return self.dsn_of(_USER)

    def dsn_of(self, database: str) -> str:
        credentials = f"{_USER}:{self._password}" if self._password else _USER
        return f"postgresql://{credentials}@{self.place.host}:{self.port}/{database}"

    def start(self, timeout: float = 60) -> None:
        fresh = not (self._data / "PG_VERSION").exists()
        if fresh:
            self._initialise()
        self._start(self.accepts, timeout)
        if fresh:
            self.create_database(_USER)

    def copy_from(self, primary: "PostgresServer") -> None:
        """Make this, not yet started, a streaming standby of `primary`, which runs."""
        if self._setpriv:
            owner = _unprivileged_user()
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._run(
            "pg_basebackup", *primary._address(),  # noqa: SLF001  another of the same kind
            f"--pgdata={self._data}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip

    def await_standby(self) -> None:
        """From now on, nothing counts as committed before a standby has it."""
        for statement in (
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
            "SELECT pg_reload_conf()",
        ):
            self._run("psql", *self._address(), "--dbname=postgres", f"--command={statement}")

    def promote(self) -> None:
        """Make this standby a primary."""
        self._run("pg_ctl", "promote", f"--pgdata={self._data}", "--wait")

    def create_database(self, name: str) -> str:
        """The DSN of a fresh, empty database."""
        self._run("createdb", *self._address(), name)
        return self.dsn_of(name)

    def accepts(self) -> bool:
        """Whether it takes connections, within a second."""
        command = [str(self._programs / "pg_isready"), "-q", "-t", "1", *self._address()]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603

    def _address(self) -> list[str]:
        return ["-h", self.place.host, "-p", str(self.port), "-U", _USER]

    def _initialise(self) -> None:
        """Make the data folder in one step, so that an interruption leaves no half of one."""
        making = self._folder / "making"
        if making.exists():
            shutil.rmtree(making)
        making.mkdir(mode=0o700)
        secret = self._folder / "password"
        _write_private(secret, [self._password])
        if self._setpriv:
            owner = _unprivileged_user()
            for path in (self._folder, making, secret):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        method = "scram-sha-256" if self._password else "trust"
        how = [f"--auth={method}", *([f"--pwfile={secret}"] if self._password else [])]
        self._run(
            "initdb", f"--pgdata={making}", f"--username={_USER}", "--encoding=UTF8",
            "--locale=C.UTF-8", *how, *([] if self._durable else ["--no-sync"]),
        )  # fmt: skip
        if not self.place.is_here:
            with (making / "pg_hba.conf").open("a", encoding="utf-8") as rules:
                rules.writelines(
                    f"host {which} all 0.0.0.0/0 {method}\n" for which in ("all", "replication")
                )
        secret.unlink()
        making.rename(self._data)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = ["setpriv", *self._setpriv] if self._setpriv else []
        done = subprocess.run(  # noqa: S603  the command is ours
            [*as_user, self._programs / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "PGPASSWORD": self._password},
        )
        if done.returncode != 0:
            raise StartError(f"{program} failed:\n{done.stderr.strip()}")


class RabbitServer(_Server):
    """One RabbitMQ. It listens for other nodes on a port of its own and needs no epmd."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        password: str = "guest",  # noqa: S107  for tests; RabbitMQ itself has this default
        log: Path | None = None,
        place: Place = HERE,
    ) -> None:
        self.port = port or free_port()
        self.place = place
        self._folder = folder.resolve()
        self._password = password
        self._taken = _TakenPort()
        self._write_configuration()
        self.child = Child(
            "rabbitmq", [str(binaries.rabbitmq_server())],
            log=log or folder / "rabbitmq.log",
            environ=self._environ(),
            cwd=self._folder,
            death_signal=signal.SIGTERM,
            within=place.within,
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"amqp://{_USER}:{self._password}@{self.place.host}:{self.port}/"

    def start(self, timeout: float = 90) -> None:
        self._taken.take()
        self._start(self._accepts, timeout)

    def stop(self) -> None:
        super().stop()
        self._taken.give_back()

    def kill(self) -> None:
        super().kill()
        self._taken.give_back()

    def _accepts(self) -> bool:
        """Whether it answers the protocol's greeting with its first frame, a method's."""
        greeting = b"AMQP\x00\x00\x09\x01"
        return _ask(self.place.host, self.port, greeting, until=b"\x01").startswith(b"\x01")

    def _write_configuration(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        cookie = self._folder / ".erlang.cookie"
        if not cookie.exists():
            _write_private(cookie, [os.urandom(16).hex()], mode=0o400)
        _write_private(
            self._folder / "rabbitmq.conf",
            [
                f"listeners.tcp.1 = {self.place.host}:{self.port}",
                f"default_user = {_USER}",
                f"default_pass = {self._password}",
                "log.file = false",
                "log.console = true",
                "log.console.level = warning",
                "disk_free_limit.absolute = 50MB",
                # A log is held in memory until it is this long: half a gigabyte, left alone.
                "raft.wal_max_size_bytes = 16777216",
            ],
        )
        (self._folder / "rabbitmq-env.conf").write_text("")
        # Names are looked up in this file alone, for which Erlang needs no process of its own.
        (self._folder / "inetrc").write_text(
            '{host, {127,0,0,1}, ["localhost"]}.\n{lookup, [file]}.\n'
        )
        (self._folder / "enabled_plugins").write_text("[].\n")

    def _environ(self) -> dict[str, str]:
        node, distribution = "tiketi@localhost", free_port()
        return {
            "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            # Nobody answers there, and the epmd that RabbitMQ starts once a minute finds it taken.
            "ERL_EPMD_PORT": str(self._taken.port),
            "ERL_INETRC": str(self._folder / "inetrc"),
            "RABBITMQ_NODENAME": node,
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_ALLOW_INPUT": "1",  # the script then becomes the server instead of its parent
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": " ".join(
                (
                    "-noinput",
                    f"-sname {node} -start_epmd false -erl_epmd_port {distribution}",
                    "-kernel inet_dist_use_interface {127,0,0,1}",
                    "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",  # no busy waiting
                )
            ),
        }


class _TakenPort:
    """A port at which connections are refused and nothing else can listen, while it is taken."""

    def __init__(self) -> None:
        self.port = free_port()
        self._socket: socket.socket | None = None

    def take(self) -> None:
        if self._socket is None:
            self._socket = socket.socket()
            self._socket.bind(("127.0.0.1", self.port))

    def give_back(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _ask(host: str, port: int, request: bytes, *, until: bytes) -> bytes:
    """What a server answers, up to `until` or its end; nothing when it is not there."""
    answer = b""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(request)
            while until not in answer and (more := connection.recv(4096)):
                answer += more
    except OSError:
        return b""
    return answer


def _write_private(path: Path, lines: list[str], *, mode: int = 0o600) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


def _unprivileged(folder: Path) -> list[str]:
    """setpriv's options to run as an unprivileged user; none when we are not root.

    Where that user may not enter `folder`, a capability lets it pass.
    """
    if os.geteuid() != 0:
        return []
    user = _unprivileged_user()
    options = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    entering = ["setpriv", *options, "test", "-x", str(folder)]
    if subprocess.run(entering, check=False).returncode != 0:  # noqa: S603  the command is ours
        options += ["--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override"]
    return options


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
