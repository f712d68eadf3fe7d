"""The queue and booking services, asked over HTTP as the service `notifier`.

Questions about places that come within a tick travel in one call.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch, LineRequest
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.service_client import CallFailed, ServiceClient

CALL_SECONDS = 3.0
"""For one instance to answer."""

SERVICE_SECONDS = 6.0
"""For all instances of a service together."""

_TICK_SECONDS = 0.01
_PRESENT_AT_ONCE = 1000

_answers = msgspec.msgpack.Decoder(Answers)


class _Statuses(msgspec.Struct, frozen=True):
    statuses: dict[EventId, msgspec.Raw]


_statuses = msgspec.json.Decoder(_Statuses)


class QueueService:
    """`Line`."""

    def __init__(self, service: ServiceClient) -> None:
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
        with _unavailable("queue"):
            answer = await self._service.call("GET", "/internal/statuses", _statuses.decode)
        return answer.statuses

    async def present(self, users: dict[EventId, list[UserId]]) -> None:
        for event_id, people in users.items():
            for start in range(0, len(people), _PRESENT_AT_ONCE):
                some = people[start : start + _PRESENT_AT_ONCE]
                body = msgspec.json.encode({"users": {event_id: some}})
                with _unavailable("queue"):
                    await self._service.call("POST", "/internal/presence", bytes, body=body)

    async def _ask_together(self) -> None:
        await asyncio.sleep(_TICK_SECONDS)
        asked, self._asked = self._asked, []
        batches = [asked[start : start + MAX_BATCH] for start in range(0, len(asked), MAX_BATCH)]
        await asyncio.gather(*(self._ask(batch) for batch in batches))

    async def _ask(self, batch: list[tuple[LineRequest, asyncio.Future[Answer]]]) -> None:
        body = msgspec.msgpack.encode(Batch([request for request, _ in batch]))
        try:
            with _unavailable("queue"):
                answer = await self._service.call(
                    "POST", "/internal/line", _answers.decode,
                    body=body, content_type="application/msgpack",
                )  # fmt: skip
        except Unavailable as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), one in zip(batch, answer.answers, strict=True):
            if not future.done():
                future.set_result(one)


class BookingService:
    """`Holds`."""

    def __init__(self, service: ServiceClient, at_once: int = 32) -> None:
        self._service = service
        self._turns = asyncio.Semaphore(at_once)

    async def live(self, event_id: EventId, user_id: UserId) -> msgspec.Raw:
        query = {"event_id": event_id, "user_id": user_id}
        async with self._turns:
            with _unavailable("booking"):
                return await self._service.call("GET", "/internal/holds", msgspec.Raw, query=query)


@contextmanager
def _unavailable(service: str) -> Iterator[None]:
    """What went wrong stays in the traceback: clients are told the service's name only."""
    try:
        yield
    except CallFailed as error:
        raise Unavailable(f"the {service} service does not answer") from error
