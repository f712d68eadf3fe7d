"""One instance of a service: its connections, its health, and the requests that wait for it."""

import asyncio
import time
from collections import deque

from tiketi_gateway import metrics
from tiketi_gateway.domain.breaker import CLOSED, Candidate
from tiketi_gateway.errors import ServiceUnavailable
from tiketi_gateway.http1.client_connection import ClientConnection, Incoming, TimedOut
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_shared.logs import get_logger

log = get_logger(__name__)

CONNECTIONS = 64
"""Open to one instance at the most, apart from tunnels and endless responses."""

WAITING = 512
"""Requests that may wait for a connection to one instance; one more is refused."""

CONNECT_SECONDS = 1.0
IDLE_SECONDS = 15.0
"""Shorter than any service keeps an idle connection, so that the gateway closes it first."""


class ConnectFailed(Exception):
    """No connection, so nothing was sent. `refused` tells a refusal from a timeout."""

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


class Instance:
    def __init__(self, service: str, host: str, port: int) -> None:
        self.service, self.host, self.port = service, host, port
        self.name = f"{host}:{port}"
        self.busy: set[ClientConnection] = set()
        self.live: set[ClientConnection] = set()
        """Tunnels and endless responses, and probes while they last."""
        self.is_ready = True
        self.is_retired = False
        self.breaker = CLOSED
        self._host_header = b"Host: %b\r\n" % self.name.encode()
        self._idle: list[ClientConnection] = []
        self._count = 0
        self._waiting: deque[asyncio.Future[ClientConnection | None]] = deque()
        self._up = metrics.UPSTREAM_UP.labels(service, self.name)
        self._up.set(1)

    def candidate(self) -> Candidate:
        outstanding = len(self.busy) + len(self._waiting) + len(self.live)
        return Candidate(self.breaker.is_open, self.is_ready, outstanding)

    async def send(self, request: Outgoing, deadline: float) -> Incoming:
        """Raises ConnectFailed, HungUp, TimedOut, or ServiceUnavailable when too many wait."""
        if request.streaming:
            connection = await self._connect(is_pooled=False)
        else:
            connection = await self._acquire(deadline)
        return await connection.send(request, self._host_header, deadline)

    # --- connections

    async def _acquire(self, deadline: float) -> ClientConnection:
        """A connection without a request on it."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed and not connection.transport.is_closing():
                return connection
        if self._count < CONNECTIONS:
            return await self._connect(is_pooled=True)
        if len(self._waiting) >= WAITING:
            metrics.count(metrics.SHED, self.service, "line_full")
            raise ServiceUnavailable(f"{self.service} is overloaded", retry_after=1)
        return await self._wait_for_connection(deadline)

    async def _connect(self, *, is_pooled: bool) -> ClientConnection:
        loop = asyncio.get_running_loop()
        self._count += is_pooled
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(
                    lambda: ClientConnection(self, is_pooled=is_pooled), self.host, self.port
                )
        except (OSError, TimeoutError) as error:
            self._count -= is_pooled
            self._wake_one(None)
            refused = not isinstance(error, TimeoutError)
            raise ConnectFailed(f"{self.name}: {error}", refused=refused) from error
        except asyncio.CancelledError:
            self._count -= is_pooled
            raise
        if not is_pooled:
            self.live.add(connection)
        return connection

    async def _wait_for_connection(self, deadline: float) -> ClientConnection:
        turn: asyncio.Future[ClientConnection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                connection = await turn
        except TimeoutError as error:
            raise TimedOut from error
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)
        return connection if connection is not None else await self._acquire(deadline)

    def free(self, connection: ClientConnection) -> None:
        self.busy.discard(connection)
        if not connection.is_pooled or self.is_retired:
            connection.transport.close()
        elif not connection.transport.is_closing():
            connection.idle_since = time.monotonic()
            if not self._wake_one(connection):
                self._idle.append(connection)

    def lost(self, connection: ClientConnection) -> None:
        self.busy.discard(connection)
        self.live.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.is_pooled:
            connection.is_pooled = False
            self._count -= 1
            self._wake_one(None)

    def _wake_one(self, connection: ClientConnection | None) -> bool:
        """Give the connection, or the room for a new one, to the request that waits longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    def sweep(self, now: float) -> None:
        """Expire what is past its deadline, and close what has been idle for too long."""
        for connection in [each for each in self.busy if each.deadline < now]:
            connection.expire()
        oldest = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0].idle_since < oldest:
            self._idle.pop(0).transport.close()

    def drop_idle(self) -> None:
        """One kept connection was dead, so the others probably are too."""
        for connection in self._idle:
            connection.transport.close()

    def retire(self) -> None:
        """Idle connections close now, the others after their response."""
        self.is_retired = True
        self.drop_idle()

    # --- health

    def succeeded(self) -> None:
        if self.breaker.failures:
            self.breaker = CLOSED
            self._up.set(1)

    def failed(self, *, refused: bool) -> None:
        was_open = self.breaker.is_open
        self.breaker = self.breaker.failed(time.monotonic(), refused=refused)
        if self.breaker.is_open and not was_open:
            log.warning("instance taken out of use", service=self.service, instance=self.name)
            self._up.set(0)
