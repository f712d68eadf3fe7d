"""A service with its instances: which one gets a request, and when it is sent again.

A request goes to the least busy instance that is healthy (`domain/breaker.py`), over a connection
that is kept (`instances.py`). Each instance has a bounded number of connections and a bounded
number of requests that wait for one, so that a slow service is refused early instead of collecting
requests. A request is sent again only where that is safe: nothing of it was sent, or repeating it
changes nothing.

Three loops run beside the requests. One enforces the deadlines of responses. One probes `/readyz`:
an instance that shuts down gets no more requests before it stops listening, and one that was taken
out of use is used again when it recovers. One resolves names every few seconds, so that instances
may come and go.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterable
from urllib.parse import urlsplit

from tiketi_gateway import metrics
from tiketi_gateway.adapters.instances import ConnectFailed, Instance
from tiketi_gateway.domain.breaker import choose
from tiketi_gateway.errors import OutcomeUnknown, ServiceUnavailable, UpstreamTimeout
from tiketi_gateway.http1.client_connection import HungUp, Incoming, TimedOut
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_shared.logs import get_logger
from tiketi_shared.loops import LoopKeeper, running

log = get_logger(__name__)

PROBE_SECONDS = 1.0
FIRST_PROBE_SECONDS = 0.25
RESOLVE_SECONDS = 5.0
SWEEP_SECONDS = 0.1
RESTART_SECONDS = 1.0
MAX_TRIES = 3
LAST_RESORT_SECONDS = 0.1


class Service:
    def __init__(self, name: str, urls: Iterable[str]) -> None:
        """Raises ValueError for a URL that is not `http://host:port`."""
        self.name = name
        self._addresses = [_host_port(url) for url in urls]
        self.instances = [Instance(name, host, port) for host, port in self._addresses]
        self._last_resort_after = 0.0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the loops while inside; then close all connections."""
        loops = LoopKeeper()
        async with running(
            loops.every(f"{self.name} sweep", RESTART_SECONDS, self._sweep),
            loops.every(f"{self.name} probe", RESTART_SECONDS, self._probe),
            loops.every(f"{self.name} names", RESTART_SECONDS, self._resolve),
        ):
            yield
        for instance in self.instances:
            instance.retire()

    async def send(self, request: Outgoing) -> Incoming:
        """The service's response, whatever its status.

        Raises ServiceUnavailable (no instance, or too many requests), OutcomeUnknown (the service
        hung up on a request that must not be sent twice), UpstreamTimeout.
        """
        deadline = asyncio.get_running_loop().time() + request.seconds
        tried: frozenset[int] = frozenset()
        hung_up = 0
        for _ in range(MAX_TRIES):
            chosen = self._choose(tried)
            if chosen is None:
                break
            if tried:
                metrics.count(metrics.RETRIES, self.name)
            instance = self.instances[chosen]
            tried |= {chosen}
            try:
                incoming = await instance.send(request, deadline)
            except ConnectFailed as error:
                log.debug("connection failed", service=self.name, error=str(error))
                instance.failed(refused=error.refused)
            except TimedOut as error:
                instance.failed(refused=False)
                raise UpstreamTimeout(f"{self.name} did not respond in time") from error
            except HungUp as error:
                instance.failed(refused=False)
                instance.drop_idle()
                hung_up += 1
                if not request.repeatable or hung_up > 1:
                    detail = f"{self.name} closed the connection before it responded"
                    raise OutcomeUnknown(detail, retry_after=1) from error
            else:
                instance.succeeded()
                return incoming
        metrics.count(metrics.SHED, self.name, "down")
        raise ServiceUnavailable(f"no instance of {self.name} responds", retry_after=2)

    def _choose(self, tried: frozenset[int]) -> int | None:
        chosen = choose([instance.candidate() for instance in self.instances], tried)
        return chosen if chosen is not None else self._last_resort()

    def _last_resort(self) -> int | None:
        """With every instance out of use, try one now and then in case it has recovered."""
        now = time.monotonic()
        if now < self._last_resort_after:
            return None
        self._last_resort_after = now + LAST_RESORT_SECONDS
        soonest = min(self.instances, key=lambda each: each.breaker.open_until)
        return self.instances.index(soonest)

    # --- loops

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for instance in self.instances:
                instance.sweep(loop.time())
                metrics.UPSTREAM_BUSY.labels(self.name, instance.name).set(len(instance.busy))

    async def _probe(self) -> None:
        while True:
            await asyncio.gather(*(self._probe_one(instance) for instance in self.instances))
            is_any_open = any(each.breaker.is_open for each in self.instances)
            await asyncio.sleep(FIRST_PROBE_SECONDS if is_any_open else PROBE_SECONDS)

    async def _probe_one(self, instance: Instance) -> None:
        """Request `/readyz`: a response closes the breaker, and its status tells readiness."""
        if instance.breaker.is_open and not instance.breaker.probe_is_due(time.monotonic()):
            return
        loop = asyncio.get_running_loop()
        request = Outgoing(b"GET", b"/readyz", b"", seconds=PROBE_SECONDS, streaming=True)
        try:
            incoming = await instance.send(request, loop.time() + PROBE_SECONDS)
        except ConnectFailed as error:
            instance.failed(refused=error.refused)
        except (TimedOut, HungUp):
            if instance.breaker.is_open:  # else its responses to clients tell more than a probe
                instance.failed(refused=False)
        else:
            incoming.close()
            instance.is_ready = incoming.status == 200
            if instance.breaker.is_open:
                log.info("instance back in use", service=self.name, instance=instance.name)
                instance.succeeded()

    async def _resolve(self) -> None:
        """Follow what the names resolve to; an address that has disappeared is retired."""
        names = [(host, port) for host, port in self._addresses if not _is_literal(host)]
        fixed = {(host, port) for host, port in self._addresses if _is_literal(host)}
        while True:
            found = {key for host, port in names for key in await _lookup(host, port)}
            if found:
                self._replace_instances(found | fixed)
            await asyncio.sleep(RESOLVE_SECONDS)

    def _replace_instances(self, addresses: set[tuple[str, int]]) -> None:
        kept = [each for each in self.instances if (each.host, each.port) in addresses]
        known = {(each.host, each.port) for each in kept}
        for instance in self.instances:
            if instance not in kept:
                instance.retire()
        new = [Instance(self.name, host, port) for host, port in sorted(addresses - known)]
        self.instances = kept + new


async def _lookup(host: str, port: int) -> set[tuple[str, int]]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        log.warning("name lookup failed", host=host, error=str(error))
        return set()
    return {(str(address[0]), port) for *_, address in found}


def _host_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise ValueError(f"{url!r} is not http://host:port")
    return parts.hostname, parts.port or 80


def _is_literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
