"""The headers of the gateway's own on a request to a service."""

import secrets

from tiketi_gateway.http1.exchange import Exchange


class Forwarding:
    def __init__(self, *, https: bool) -> None:
        self._scheme = b"https" if https else b"http"
        self._trace_prefix = secrets.token_hex(8).encode()

    def headers(self, exchange: Exchange) -> bytes:
        """Encoded: request id, the client's address, the scheme and the trace."""
        trace = exchange.trace.encode() or b"00-%b%016x-%016x-00" % (
            self._trace_prefix, secrets.randbits(63) + 1, secrets.randbits(63) + 1,
        )  # fmt: skip
        return (
            b"X-Request-Id: %b\r\nX-Forwarded-For: %b\r\nX-Forwarded-Proto: %b\r\n"
            b"traceparent: %b\r\n"
        ) % (exchange.request_id.encode(), exchange.address.encode(), self._scheme, trace)
