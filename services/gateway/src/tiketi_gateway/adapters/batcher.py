"""Sends requests that arrive together in one call (`tiketi_shared.batches`).

Requests that are added until the next iteration of the event loop are sent in one call; requests
that are added while a call is in progress form the next one (`domain/batching.py`). A callback
gets the service's `Answer`, or the `TiketiError` to answer with. When the outcome of a call is
unknown, only the requests that may be repeated are sent again.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

import msgspec

from tiketi_gateway import metrics
from tiketi_gateway.adapters.internal import Internal
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.domain.batching import MAX_CALLS, PATIENCE, may_send
from tiketi_gateway.errors import OutcomeUnknown, ServiceUnavailable
from tiketi_gateway.ports import AnswerCallback
from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch
from tiketi_shared.errors import TiketiError
from tiketi_shared.logs import get_logger
from tiketi_shared.tracing import current_trace, span

R = TypeVar("R")
_Waiting = tuple[R, AnswerCallback, str]

MSGPACK = b"application/msgpack"
MAX_PENDING = 16 * MAX_BATCH
"""Requests that may wait for a call; one more is refused."""

log = get_logger(__name__)


class Batcher(Generic[R]):
    """One kind of batch. `may_repeat` says which requests may be carried out twice. See
    `ports.Batcher` for the contract."""

    def __init__(
        self, internal: Internal, service: Service, path: bytes, *,
        may_repeat: Callable[[R], bool], seconds: float,
    ) -> None:  # fmt: skip
        self._internal, self._service, self._path = internal, service, path
        self._may_repeat = may_repeat
        self._seconds = seconds
        self._pending: list[_Waiting[R]] = []
        self._oldest = 0.0
        self._calls = 0
        self._scheduled = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Answers)
        self._name = f"batch {path.decode()}"
        self._sizes = metrics.BATCH_SIZE.labels(path.decode())

    def add(self, request: R, callback: AnswerCallback, trace: str = "") -> None:
        if len(self._pending) >= MAX_PENDING:
            metrics.count(metrics.SHED, self._service.name, "batch_full")
            raise ServiceUnavailable(f"{self._service.name} is overloaded", retry_after=1)
        loop = asyncio.get_running_loop()
        if not self._pending:
            self._oldest = loop.time()
        self._pending.append((request, callback, trace))
        if self._scheduled:
            return
        if self._calls == 0:
            self._scheduled = True
            loop.call_soon(self._on_time)
        else:
            self._wait_for_patience()

    def _wait_for_patience(self) -> None:
        self._scheduled = True
        asyncio.get_running_loop().call_at(self._oldest + PATIENCE, self._on_time)

    def _on_time(self) -> None:
        self._scheduled = False
        self._send()
        if self._pending and self._calls < MAX_CALLS:
            self._wait_for_patience()

    def _send(self) -> None:
        loop = asyncio.get_running_loop()
        while may_send(
            pending=len(self._pending), largest=MAX_BATCH, calls=self._calls,
            waited=loop.time() - self._oldest,
        ):  # fmt: skip
            batch, self._pending = self._pending[:MAX_BATCH], self._pending[MAX_BATCH:]
            self._calls += 1
            task = loop.create_task(self._call(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, batch: list[_Waiting[R]]) -> None:
        self._sizes.observe(len(batch))
        try:
            with self._traced([trace for _, _, trace in batch]):
                await self._answer(batch, repeated=False)
        finally:
            self._calls -= 1
            self._send()

    def _traced(self, traces: list[str]) -> AbstractContextManager[None]:
        """The batch belongs to the trace of its first request, and links to the others."""
        attributes = {"tiketi.batch.size": len(traces)}
        return span(self._name, "client", traces[0], attributes, links=traces[1:])

    async def _answer(self, batch: list[_Waiting[R]], *, repeated: bool) -> None:
        try:
            answers = await self._call_service([request for request, _, _ in batch])
        except OutcomeUnknown as error:
            again = [each for each in batch if self._may_repeat(each[0]) and not repeated]
            _fail([each for each in batch if each not in again], error)
            if again:
                await self._answer(again, repeated=True)
        except TiketiError as error:
            _fail(batch, error)
        except Exception:
            log.exception("batch failed", path=self._path.decode())
            _fail(batch, TiketiError())
        else:
            for (_, callback, _), answer in zip(batch, answers, strict=True):
                callback(answer)

    async def _call_service(self, requests: list[R]) -> list[Answer]:
        body = self._encoder.encode(Batch(requests))
        status, answer = await self._internal.call(
            self._service, b"POST", self._path, body,
            media_type=MSGPACK, seconds=self._seconds, trace=current_trace(),
        )  # fmt: skip
        if status != 200:
            log.error("batch refused", path=self._path.decode(), status=status)
            raise ServiceUnavailable(f"{self._service.name} cannot answer at the moment")
        answers = self._decoder.decode(answer).answers
        if len(answers) != len(requests):
            raise ValueError(f"{len(requests)} requests, {len(answers)} answers")
        return answers


def _fail(batch: list[_Waiting[R]], error: TiketiError) -> None:
    for _, callback, _ in batch:
        callback(error)
