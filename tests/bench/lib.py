"""What every benchmark here needs: a floor, a load, and the CPU that the servers spent on it.

A figure is CPU microseconds per operation, added up over all server processes (user and system
time from /proc, all threads), never the time of the client. Each is printed beside its floor: a
bare aiohttp low-level server, measured in the same run on the same machine under the same load, so
that a slow day of the machine is seen in both.

    with floor_server() as floor:
        load = await drive(floor.port, [get(floor.port, "/")], seconds=2)
"""

import asyncio
import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

CONNECTIONS = 64
"""Connections a load keeps busy, one request at a time on each."""

_TICKS = os.sysconf("SC_CLK_TCK")
_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: *(\d+)")
_NO_BODY = {204, 304}


@dataclass(frozen=True, slots=True)
class Server:
    """One server process under measurement."""

    port: int
    pid: int


@dataclass(slots=True)
class Load:
    """What one load did: `latencies` in seconds, unsorted; `cpu_us` is per request."""

    requests: int = 0
    seconds: float = 0.0
    cpu_us: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds within which `share` (0 to 1) of the requests were answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `bound` is the most that `value` may be, None when it has none."""

    name: str
    value: float
    floor: float | None = None
    bound: float | None = None
    unit: str = "us"

    @property
    def kept(self) -> bool:
        return self.bound is None or self.value <= self.bound


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have spent so far, all threads, 10 ms exact."""
    return sum(_cpu_ticks(pid) for pid in pids) / _TICKS


def with_children(pid: int) -> list[int]:
    """The process and all its descendants, such as the back ends of a Postgres."""
    found = [pid]
    for parent in found:
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in path.read_text().split()]
    return found


async def drive(
    port: int,
    requests: Iterable[bytes],
    *,
    pids: Callable[[], Iterable[int]] = list,
    connections: int = CONNECTIONS,
    seconds: float | None = None,
    host: str = "127.0.0.1",
    per_second: float | None = None,
) -> Load:
    """Send `requests` (encoded, see `get` and `post`) until they end or `seconds` have passed.

    Each connection sends its next request when the last one is answered, or, with `per_second`,
    when its turn has come too. `pids` names the processes whose CPU counts; it is asked at the
    start and at the end, and a process that came in between counts whole.
    """
    load = Load()
    source = iter(requests)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds if seconds is not None else float("inf")
    pace = _Pace(per_second) if per_second else None
    clients = []
    for _ in range(connections):
        client = _Client(load, source, deadline, pace)
        await loop.create_connection(lambda client=client: client, host, port)  # type: ignore[misc]
        clients.append(client)
    before = {pid: _cpu_ticks(pid) for pid in pids()}
    started = time.perf_counter()
    for client in clients:
        client.send_next()
    await asyncio.gather(*(client.done for client in clients))
    load.seconds = time.perf_counter() - started
    spent = sum(_cpu_ticks(pid) - before.get(pid, 0) for pid in pids())
    load.cpu_us = spent / _TICKS * 1e6 / max(1, load.requests)
    return load


def get(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    return _request("GET", path, headers, None)


def post(path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A JSON POST."""
    return _request("POST", path, {"Content-Type": "application/json", **(headers or {})}, body)


def forever(*requests: bytes) -> Iterator[bytes]:
    return itertools.cycle(requests)


@contextlib.contextmanager
def floor_server(body_bytes: int = 300) -> Iterator[Server]:
    """A bare aiohttp low-level server on uvloop that answers everything with a fixed JSON body."""
    with server_process(["-m", "tests.bench.floor", str(body_bytes)], {}) as server:
        yield server


@contextlib.contextmanager
def server_process(
    arguments: list[str], environ: Mapping[str, object], *, port: int | None = None
) -> Iterator[Server]:
    """Run `python ARGUMENTS` with PORT set (a free one unless given) until the block ends."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={
            **os.environ, "PORT": str(port), "LOG_LEVEL": "warning",
            **{name: str(value) for name, value in environ.items()},
        },
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table, with whether each bound was kept."""
    rows = ["| figure | value | floor | bound | kept |", "| --- | ---: | ---: | ---: | --- |"]
    for figure in figures:
        floor = f"{figure.floor:.1f}" if figure.floor is not None else ""
        bound = f"{figure.bound:.1f}" if figure.bound is not None else ""
        kept = "" if figure.bound is None else ("yes" if figure.kept else "NO")
        value = f"{figure.value:.1f} {figure.unit}"
        rows.append(f"| {figure.name} | {value} | {floor} | {bound} | {kept} |")
    return "\n".join(rows)


def main(measure: Callable[[], Awaitable[list[Figure]]]) -> None:
    """The body of a benchmark's `__main__`: prints the table, exits 1 when a bound is broken."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(_collected(measure))
    print(table(figures))
    sys.exit(0 if all(figure.kept for figure in figures) else 1)


async def _collected(measure: Callable[[], Awaitable[list[Figure]]]) -> list[Figure]:
    return await measure()


def _request(
    method: str, path: str, headers: Mapping[str, str] | None, body: bytes | None
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def _cpu_ticks(pid: int) -> int:
    """0 for a process that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen")


class _Pace:
    """Gives out start times, evenly spaced over all connections."""

    def __init__(self, per_second: float) -> None:
        self._step = 1 / per_second
        self._next = asyncio.get_running_loop().time()

    def turn(self) -> float:
        self._next += self._step
        return self._next


class _Client(asyncio.Protocol):
    """One connection of a load. Reads answers that have a length; chunked ones are refused."""

    def __init__(
        self, load: Load, source: Iterator[bytes], deadline: float, pace: _Pace | None
    ) -> None:
        self._load, self._source, self._deadline, self._pace = load, source, deadline, pace
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def send_next(self) -> None:
        request = next(self._source, None) if self._loop.time() < self._deadline else None
        assert self._transport is not None
        if request is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
        elif self._pace is None:
            self._send(request)
        else:
            # Time spent waiting for a free connection counts as latency.
            self._loop.call_at(self._pace.turn(), self._send, request)

    def _send(self, request: bytes) -> None:
        assert self._transport is not None
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        status = int(head[9:12])
        length = _LENGTH.search(head)
        if length is None and status not in _NO_BODY:
            self.done.set_exception(RuntimeError(f"an answer without a length: {head!r}"))
            return
        if len(rest) < (int(length[1]) if length else 0):
            return
        self._buffer = b""
        self._load.requests += 1
        self._load.statuses[status] += 1
        self._load.latencies.append(time.perf_counter() - self._sent)
        self.send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("the server hung up"))
