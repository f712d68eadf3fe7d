"""The queue and booking services, asked over HTTP as the service `notifier`.

Questions about places that come within a tick travel in one call. Instances are taken in turn; a
call that fails is tried once at the next.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch, LineRequest
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.tracing import trace_headers
from tiketi_shared.web import IDENTITY_HEADER

_TICK_SECONDS = 0.01
_TIMEOUT_SECONDS = 3.0
_PRESENT_AT_ONCE = 1000

_answers = msgspec.msgpack.Decoder(Answers)


class _Statuses(msgspec.Struct, frozen=True):
    statuses: dict[EventId, msgspec.Raw]


class Service:
    """One service behind one or several base URLs."""

    def __init__(
        self, name: str, urls: tuple[str, ...], session: aiohttp.ClientSession, keys: KeyRing
    ) -> None:
        self._name = name
        self._tries = min(2, len(urls))
        self._urls = itertools.cycle(urls)
        self._session = session
        self._keys = keys

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a 2xx answer. Raises Unavailable."""
        why: Exception | None = None
        for _ in range(self._tries):
            try:
                headers = {
                    IDENTITY_HEADER: self._keys.sign(Identity.of_service("notifier", time.time())),
                    "Content-Type": content_type,
                    **trace_headers(),
                }
                async with self._session.request(
                    method, next(self._urls) + path, headers=headers, data=body, params=query
                ) as response:
                    response.raise_for_status()
                    return await response.read()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                why = error
        raise Unavailable(f"the {self._name} service does not answer") from why


class QueueService:
    """`Line`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._asked: list[tuple[LineRequest, asyncio.Future[Answer]]] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def place(self, event_id: EventId, user_id: UserId) -> Answer:
        if not self._asked:
            call = asyncio.create_task(self._ask_together())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.append((LineRequest("place", event_id, user_id, new_id()), answer))
        return await answer

    async def statuses(self) -> dict[EventId, msgspec.Raw]:
        body = await self._service.call("GET", "/internal/statuses")
        return msgspec.json.decode(body, type=_Statuses).statuses

    async def present(self, users: dict[EventId, list[UserId]]) -> None:
        for event_id, people in users.items():
            for start in range(0, len(people), _PRESENT_AT_ONCE):
                some = people[start : start + _PRESENT_AT_ONCE]
                body = msgspec.json.encode({"users": {event_id: some}})
                await self._service.call("POST", "/internal/presence", body=body)

    async def _ask_together(self) -> None:
        await asyncio.sleep(_TICK_SECONDS)
        asked, self._asked = self._asked, []
        batches = [asked[start : start + MAX_BATCH] for start in range(0, len(asked), MAX_BATCH)]
        await asyncio.gather(*(self._ask(batch) for batch in batches))

    async def _ask(self, batch: list[tuple[LineRequest, asyncio.Future[Answer]]]) -> None:
        body = msgspec.msgpack.encode(Batch([request for request, _ in batch]))
        try:
            answer = await self._service.call(
                "POST", "/internal/line", body=body, content_type="application/msgpack"
            )
        except Unavailable as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), one in zip(batch, _answers.decode(answer).answers, strict=True):
            if not future.done():
                future.set_result(one)


class BookingService:
    """`Holds`."""

    def __init__(self, service: Service, at_once: int = 32) -> None:
        self._service = service
        self._turns = asyncio.Semaphore(at_once)

    async def live(self, event_id: EventId, user_id: UserId) -> msgspec.Raw:
        async with self._turns:
            query = {"event_id": event_id, "user_id": user_id}
            return msgspec.Raw(await self._service.call("GET", "/internal/holds", query=query))


@asynccontextmanager
async def open_session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS, sock_connect=1),
    ) as session:
        yield session
