"""The other services, polled over HTTP with this service's own signed identity."""

import asyncio
import time
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from tiketi_metrics.domain.board import Depth, Look, Takings
from tiketi_metrics.domain.exposition import Scrape, read_exposition
from tiketi_metrics.errors import SourceLost
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Sales
from tiketi_shared.service_client import Caller, CallFailed, ServiceClient

CALL_SECONDS = 1.0
"""For one instance to answer; another one is asked after that."""

SERVICE_SECONDS = 2.5
"""For all instances of a service together: the next round of polling must not wait for this one."""

T = TypeVar("T")


class Depths(msgspec.Struct, frozen=True):
    """`GET /internal/depths` of the queue."""

    events: dict[EventId, Depth]


class Stats(msgspec.Struct, frozen=True):
    """`GET /internal/stats` of booking."""

    events: dict[EventId, Takings]


class Services:
    """Implements `Upstreams`. `urls` maps a service's name to its base URLs."""

    def __init__(self, caller: Caller, urls: Mapping[str, tuple[str, ...]]) -> None:
        self._caller = caller
        self._urls = urls
        self._queue = ServiceClient(caller, urls["queue"], SERVICE_SECONDS)
        self._booking = ServiceClient(caller, urls["booking"], SERVICE_SECONDS)

    async def depths(self) -> Mapping[EventId, Depth]:
        return (await _fetch(self._queue, "/internal/depths", Depths)).events

    async def stats(self) -> Mapping[EventId, Takings]:
        return (await _fetch(self._booking, "/internal/stats", Stats)).events

    async def sales(self) -> Sales:
        return await _fetch(self._booking, "/internal/sales", Sales)

    async def instances(self, service: str) -> list[Look]:
        bases = [base for url in self._urls[service] for base in await _addresses(url)]
        return list(await asyncio.gather(*(self._look(base) for base in sorted(set(bases)))))

    async def _look(self, base: str) -> Look:
        ready, scrape = await asyncio.gather(self._ready(base), self._scrape(base))
        return Look(base, ready, scrape)

    async def _ready(self, base: str) -> bool:
        try:
            await self._caller.send("GET", f"{base}/readyz")
        except CallFailed:
            return False
        return True

    async def _scrape(self, base: str) -> Scrape | None:
        try:
            text = await self._caller.send("GET", f"{base}/metrics")
            return read_exposition(text.decode(), time.time())
        except (CallFailed, ValueError):
            return None


async def _fetch(service: ServiceClient, path: str, type_: type[T]) -> T:
    try:
        return await service.call("GET", path, msgspec.json.Decoder(type_).decode)
    except CallFailed as error:
        raise SourceLost(str(error)) from error


async def _addresses(url: str) -> list[str]:
    """`url` once for every IPv4 address (or, without one, IPv6 address) of its host's name.

    An https URL stays as it is: its certificate is for the name.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return [url]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, parts.port)
    except OSError:
        return [url]
    hosts = {address[0] for *_, address in found}
    four = {host for host in hosts if ":" not in str(host)}
    names = [str(host) for host in four] or [f"[{host}]" for host in hosts]
    return [parts._replace(netloc=f"{name}:{parts.port or 80}").geturl() for name in names]
