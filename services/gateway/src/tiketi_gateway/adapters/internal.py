"""Calls of the gateway's own to the services (docs/internal.md)."""

import time

from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_shared.tokens import Identity, KeyRing

RENEW_SECONDS = 30
"""A signed identity is used for this long."""


class Internal:
    """Makes calls with the identity of the service `gateway`."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._header = b""
        self._until = 0.0

    async def call(  # noqa: PLR0913  as many parts as a request has, most have defaults
        self, service: Service, method: bytes, path: bytes, body: bytes = b"", *,
        media_type: bytes = b"application/json", seconds: float = 5.0, repeatable: bool = False,
        trace: str = "",
    ) -> tuple[int, bytes]:  # fmt: skip
        """Status and body; `trace` is a traceparent. Raises what `Service.send` raises."""
        headers = self._identity_header()
        if body:
            headers += b"Content-Type: %b\r\n" % media_type
        if trace:
            headers += b"traceparent: %b\r\n" % trace.encode()
        incoming = await service.send(
            Outgoing(method, path, headers, body, repeatable=repeatable, seconds=seconds)
        )
        return incoming.status, await incoming.read()

    def _identity_header(self) -> bytes:
        now = time.time()
        if now >= self._until:
            self._until = now + RENEW_SECONDS
            identity = Identity.of_service("gateway", now)
            self._header = b"X-Tiketi-Identity: %b\r\n" % self._keys.sign(identity).encode()
        return self._header
