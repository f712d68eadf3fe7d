"""Sends outgoing webhooks, to addresses that strangers chose: nothing of ours may be reached so.

The name is resolved once, every address it has must be public, and the connection goes to what was
checked (no second look-up that could answer differently). Redirects are not followed, proxies not
used, time and answer are bounded.
"""

import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from tiketi_booking.domain.deliveries import NotDelivered
from tiketi_booking.domain.webhooks import SIGNATURE_HEADER, is_public, sign

TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
EXCERPT_BYTES = 512
"""How much of a refusal is read and kept."""


class _Forbidden(OSError):
    """The address does not belong to the public internet."""


class WebhookSender:
    def __init__(self, session: aiohttp.ClientSession, *, private_allowed: bool) -> None:
        self._session = session
        self._private_allowed = private_allowed

    async def send(self, url: str, secret: str, delivery_id: str, body: bytes) -> None:
        """Tries once. Raises NotDelivered."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tiketi-Webhooks/1",
            "Tiketi-Delivery": delivery_id,
            SIGNATURE_HEADER: sign(secret, body, int(time.time())),
        }
        try:
            if not self._private_allowed:
                _check_literal(URL(url).host or "")
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                if not 200 <= response.status < 300:
                    excerpt = await response.content.read(EXCERPT_BYTES)
                    raise NotDelivered(f"{response.status} {_readable(excerpt)}".strip())
        except TimeoutError as error:
            raise NotDelivered(f"no answer within {TIMEOUT.total:g} s") from error
        except aiohttp.ClientConnectorError as error:
            forbidden = isinstance(error.os_error, _Forbidden)
            raise NotDelivered(f"not reached: {error.os_error}", final=forbidden) from error
        except (aiohttp.ClientError, ValueError, _Forbidden) as error:
            final = isinstance(error, ValueError | _Forbidden)
            raise NotDelivered(f"not reached: {error}", final=final) from error


@asynccontextmanager
async def open_webhook_sender(*, private_allowed: bool) -> AsyncIterator[WebhookSender]:
    """`private_allowed` is for development and tests, where receivers are on this machine."""
    resolver = ThreadedResolver() if private_allowed else _PublicResolver()
    connector = aiohttp.TCPConnector(resolver=resolver, force_close=True, use_dns_cache=False)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=TIMEOUT,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    ) as session:
        yield WebhookSender(session, private_allowed=private_allowed)


class _PublicResolver(AbstractResolver):
    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._resolver.resolve(host, port, family)
        for result in results:
            _check(result["host"])
        return results

    async def close(self) -> None:
        await self._resolver.close()


def _check_literal(host: str) -> None:
    """Checks numeric hosts here, because no resolver is asked for them."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return
    _check(host)


def _check(address: str) -> None:
    if not is_public(address):
        raise _Forbidden(f"{address} is not a public address")


def _readable(excerpt: bytes) -> str:
    return "".join(c for c in excerpt.decode("utf-8", "replace") if c.isprintable())
