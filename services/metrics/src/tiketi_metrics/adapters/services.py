"""The other services, asked over HTTP with this service's own signed identity."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from tiketi_metrics.domain.board import Depth, Look, Takings
from tiketi_metrics.domain.exposition import Scrape, read_exposition
from tiketi_metrics.errors import SourceLost
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Sales
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import IDENTITY_HEADER

TRY_SECONDS = 1.0
"""For one instance; another one is asked after that."""

ANSWER_SECONDS = 2.5
"""For all of them: the next look must not wait for this one."""

T = TypeVar("T")


class Depths(msgspec.Struct, frozen=True):
    """`GET /internal/depths` of the queue."""

    events: dict[EventId, Depth]


class Stats(msgspec.Struct, frozen=True):
    """`GET /internal/stats` of booking."""

    events: dict[EventId, Takings]


class Services:
    """Implements `Upstreams`. `urls` maps a service's name to its base URLs."""

    def __init__(
        self, session: ClientSession, keys: KeyRing, urls: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._session = session
        self._keys = keys
        self._urls = urls

    async def depths(self) -> Mapping[EventId, Depth]:
        return (await self._any("queue", "/internal/depths", Depths)).events

    async def stats(self) -> Mapping[EventId, Takings]:
        return (await self._any("booking", "/internal/stats", Stats)).events

    async def sales(self) -> Sales:
        return await self._any("booking", "/internal/sales", Sales)

    async def instances(self, service: str) -> list[Look]:
        bases = [base for url in self._urls[service] for base in await _addresses(url)]
        return list(await asyncio.gather(*(self._look(base) for base in sorted(set(bases)))))

    async def _any(self, service: str, path: str, type_: type[T]) -> T:
        """The first answer among the instances, in the order of their list."""
        last = "no instance is configured"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                for url in self._urls[service]:
                    try:
                        return msgspec.json.decode(await self._get(url + path), type=type_)
                    except (SourceLost, msgspec.DecodeError) as error:
                        last = f"{url}: {error}"
        except TimeoutError:
            last = f"no answer within {ANSWER_SECONDS} s"
        raise SourceLost(f"{service}{path}: {last}")

    async def _look(self, base: str) -> Look:
        ready, scrape = await asyncio.gather(self._ready(base), self._scrape(base))
        return Look(base, ready, scrape)

    async def _ready(self, base: str) -> bool:
        try:
            await self._get(f"{base}/readyz")
        except SourceLost:
            return False
        return True

    async def _scrape(self, base: str) -> Scrape | None:
        try:
            text = await self._get(f"{base}/metrics")
            return read_exposition(text.decode(), time.time())
        except (SourceLost, ValueError):
            return None

    async def _get(self, url: str) -> bytes:
        """The body of a 200. Raises SourceLost for anything else."""
        identity = Identity.of_service("metrics", time.time())
        headers = {IDENTITY_HEADER: self._keys.sign(identity)}
        try:
            async with (
                asyncio.timeout(TRY_SECONDS),
                self._session.get(url, headers=headers, allow_redirects=False) as response,
            ):
                body = await response.read()
        except TimeoutError as error:
            raise SourceLost(f"no answer within {TRY_SECONDS} s") from error
        except (ClientError, OSError) as error:
            raise SourceLost(str(error) or type(error).__name__) from error
        if response.status != 200:
            raise SourceLost(f"status {response.status}")
        return body


@asynccontextmanager
async def open_services(
    keys: KeyRing, urls: Mapping[str, tuple[str, ...]]
) -> AsyncIterator[Services]:
    async with ClientSession(
        connector=TCPConnector(limit=0, force_close=False),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None),
    ) as session:
        yield Services(session, keys, urls)


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
