"""Calls to the other services over HTTP, in this service's own name (docs/internal.md).

Every request carries the signed identity of the calling service and the trace of the work in hand.
Only calls that are safe to repeat belong here: a call that one instance does not answer is sent to
the next.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal, TypeVar

import aiohttp

from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.tracing import trace_headers
from tiketi_shared.web import IDENTITY_HEADER

CONNECT_SECONDS = 1.0

Method = Literal["GET", "POST"]
T = TypeVar("T")


class CallFailed(Exception):
    """No instance gave a usable answer; the message names the instance and the reason."""


class NotThere(CallFailed):
    """The service answered 404."""


class Caller:
    """Sends single requests as the service `name`; `seconds` bounds each of them."""

    def __init__(
        self, name: str, keys: KeyRing, session: aiohttp.ClientSession, seconds: float
    ) -> None:
        self._name = name
        self._keys = keys
        self._session = session
        self._seconds = seconds

    async def send(
        self,
        method: Method,
        url: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a 2xx answer. Raises CallFailed."""
        identity = Identity.of_service(self._name, time.time())
        headers = {
            IDENTITY_HEADER: self._keys.sign(identity),
            "Content-Type": content_type,
            **trace_headers(),
        }
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._session.request(
                    method, url, data=body, headers=headers, params=query, allow_redirects=False
                ) as response,
            ):
                content = await response.read()
        except TimeoutError as error:
            raise CallFailed(f"no answer within {self._seconds} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise CallFailed(str(error) or type(error).__name__) from error
        if response.status == 404:
            raise NotThere("status 404")
        if not 200 <= response.status < 300:
            raise CallFailed(f"status {response.status}")
        return content


class ServiceClient:
    """One service behind one or several base URLs.

    A call goes to the instance that answered last, and to the next one when that fails, until
    every instance was asked or `seconds` have passed.
    """

    def __init__(self, caller: Caller, urls: Sequence[str], seconds: float) -> None:
        self._caller = caller
        self._urls = list(urls)
        self._seconds = seconds

    async def call(  # noqa: PLR0913  as many sides as a request has, most have defaults
        self,
        method: Method,
        path: str,
        decode: Callable[[bytes], T],
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> T:
        """The decoded answer; one that `decode` refuses with ValueError counts as none.

        Raises CallFailed, or NotThere as soon as an instance answers 404.
        """
        failure = "no instance is configured"
        try:
            async with asyncio.timeout(self._seconds):
                for url in list(self._urls):
                    try:
                        return decode(
                            await self._caller.send(
                                method,
                                url + path,
                                body=body,
                                content_type=content_type,
                                query=query,
                            )
                        )
                    except NotThere as error:
                        raise NotThere(f"{url}{path}: {error}") from error
                    except (CallFailed, ValueError) as error:
                        failure = f"{url}: {error}"
                        self._ask_last(url)
        except TimeoutError as error:
            raise CallFailed(f"{path}: no answer within {self._seconds} s") from error
        raise CallFailed(f"{path}: {failure}")

    def _ask_last(self, url: str) -> None:
        self._urls.remove(url)
        self._urls.append(url)


@asynccontextmanager
async def open_caller(name: str, keys: KeyRing, *, seconds: float) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
    ) as session:
        yield Caller(name, keys, session, seconds)
