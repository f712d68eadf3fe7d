"""The clients' connections: how many there may be, and which are past their deadline."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from tiketi_gateway import metrics
from tiketi_gateway.domain.headers import Network, is_in
from tiketi_shared import errors
from tiketi_shared.addresses import counted_address

SWEEP_SECONDS = 0.5
LOOKED_AT = 64
"""Connections that are looked at to make room for another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What connections may take; see the settings of the same names."""

    max_connections: int
    max_connections_per_address: int
    max_header_bytes: int
    header_seconds: float
    body_seconds: float
    idle_seconds: float
    trusted_proxies: tuple[Network, ...] = ()


class Registered(Protocol):
    """`due` is when the connection must have left its state; then `expire` is called."""

    peer: str
    due: float

    @property
    def is_waiting(self) -> bool:
        """Whether no request is being handled on it."""

    def expire(self) -> None: ...

    def close_if_idle(self) -> None: ...

    def abort(self) -> None: ...


class ConnectionRegistry:
    """Counts connections, tunnels included, and enforces their deadlines.

    One sweep looks at all connections twice a second, which costs less than a timer each.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.connections: set[Registered] = set()
        self._bounds = bounds
        self._count = 0
        self._per_address: Counter[str] = Counter()
        """By `_counted_as`."""

    def admit(self, connection: Registered) -> errors.TiketiError | None:
        """Count the connection; returns the refusal when there are too many."""
        if self._count >= self._bounds.max_connections and not self._make_room(connection.peer):
            return errors.Unavailable("too many connections", retry_after=5)
        client = self._counted_as(connection.peer)
        is_at_limit = self._per_address[client] >= self._bounds.max_connections_per_address
        if is_at_limit and not self._is_proxy(connection.peer):
            return errors.TooManyRequests("too many connections from your address", retry_after=5)
        self.connections.add(connection)
        self._count += 1
        self._per_address[client] += 1
        metrics.connections.inc()
        return None

    def _make_room(self, peer: str) -> bool:
        """Close a connection without a request, if its address has more of them than `peer` will
        have: so a few addresses cannot keep everyone else out by holding idle connections."""
        waiting = [each for each in islice(self.connections, LOOKED_AT) if each.is_waiting]
        if not waiting:
            return False
        victim = max(waiting, key=lambda each: self._open_from(each.peer))
        if self._open_from(victim.peer) <= self._open_from(peer) + 1:
            return False
        if self._is_proxy(victim.peer):
            return False  # a proxy's connections are those of many clients
        self.forget(victim)
        victim.abort()
        metrics.count(metrics.REFUSED, "made_room")
        return True

    def forget(self, connection: Registered) -> None:
        """The connection is closed; harmless for one that was not admitted."""
        if connection in self.connections:
            self.connections.discard(connection)
            self._uncount(connection.peer)

    def release(self, connection: Registered) -> Callable[[], None]:
        """The connection becomes a tunnel: it counts until the callable returned is called."""
        self.connections.discard(connection)
        return lambda: self._uncount(connection.peer)

    def _uncount(self, peer: str) -> None:
        self._count -= 1
        metrics.connections.dec()
        client = self._counted_as(peer)
        self._per_address[client] -= 1
        if self._per_address[client] <= 0:
            del self._per_address[client]

    def _open_from(self, peer: str) -> int:
        return self._per_address[self._counted_as(peer)]

    def _counted_as(self, peer: str) -> str:
        """A proxy counts alone: clients of its own network must not pay for its connections."""
        return peer if self._is_proxy(peer) else counted_address(peer)

    def _is_proxy(self, peer: str) -> bool:
        return is_in(peer, self._bounds.trusted_proxies)

    async def keep_sweeping(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = loop.time()
            for connection in [each for each in self.connections if each.due < now]:
                connection.expire()

    def close_idle(self) -> None:
        for connection in list(self.connections):
            connection.close_if_idle()

    def abort_all(self) -> None:
        for connection in list(self.connections):
            connection.abort()
