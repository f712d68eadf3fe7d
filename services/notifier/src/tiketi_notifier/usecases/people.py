"""The clients that are connected to this process, and their limits."""

import asyncio
from dataclasses import dataclass

from tiketi_notifier import metrics
from tiketi_notifier.domain.frames import TOO_MANY, TRY_LATER
from tiketi_notifier.ports import Client
from tiketi_shared.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """The most connections in all, of one person, and from one address."""

    connections: int
    per_person: int
    per_address: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a connection is refused, as a close code and a reason."""

    code: int
    reason: str


class People:
    """The connected clients. `empty` is set while there are none."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._everyone: set[Client] = set()
        self._by_user: dict[UserId, list[Client]] = {}
        self._by_address: dict[str, int] = {}
        self.empty = asyncio.Event()
        self.empty.set()

    def everyone(self) -> list[Client]:
        return list(self._everyone)

    def connections_of(self, user_id: UserId) -> list[Client]:
        return self._by_user.get(user_id, [])

    def add(self, client: Client) -> Refusal | None:
        """Add `client`, or return why it is refused."""
        refusal = self._refusal(client)
        if refusal is None:
            self._everyone.add(client)
            self._by_user.setdefault(client.user_id, []).append(client)
            self._by_address[client.address] = self._by_address.get(client.address, 0) + 1
            self.empty.clear()
            metrics.CONNECTIONS.inc()
        return refusal

    def remove(self, client: Client) -> bool:
        """Remove `client`; whether it was connected."""
        if client not in self._everyone:
            return False
        self._everyone.discard(client)
        theirs = self._by_user[client.user_id]
        theirs.remove(client)
        if not theirs:
            del self._by_user[client.user_id]
        self._by_address[client.address] -= 1
        if not self._by_address[client.address]:
            del self._by_address[client.address]
        if not self._everyone:
            self.empty.set()
        metrics.CONNECTIONS.dec()
        return True

    def _refusal(self, client: Client) -> Refusal | None:
        if len(self._everyone) >= self._limits.connections:
            return Refusal(TRY_LATER, "this instance is full")
        if len(self.connections_of(client.user_id)) >= self._limits.per_person:
            return Refusal(TOO_MANY, "too many connections of one person")
        if self._by_address.get(client.address, 0) >= self._limits.per_address:
            return Refusal(TOO_MANY, "too many connections from one address")
        return None
