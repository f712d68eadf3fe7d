"""Requests of one tick travel together (`tiketi_shared.batches`).

`add` takes a request and a callback; what is added until the next turn of the event loop leaves
in one call, what is added while a call is under way forms the next (`domain/batching.py`).
Callbacks get the service's `Answer`, or the `TiketiError` to answer with. A call that failed half
way is repeated only for the requests that may be.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

import msgspec

from tiketi_gateway import metrics
from tiketi_gateway.adapters.internal import Internal
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.domain.batching import MAX_CALLS, PATIENCE, may_leave
from tiketi_gateway.errors import OutcomeUnknown, ServiceUnavailable
from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch
from tiketi_shared.errors import TiketiError
from tiketi_shared.logs import get_logger
from tiketi_shared.tracing import current_trace, span

R = TypeVar("R")
Callback = Callable[[Answer | TiketiError], None]
_Waiting = tuple[R, Callback, str]

MSGPACK = b"application/msgpack"
MAX_PENDING = 16 * MAX_BATCH
"""Requests waiting for a call at the most; one more is refused."""

log = get_logger(__name__)


class Batcher(Generic[R]):
    """One kind of batch. `may_repeat` says which requests may be carried out twice."""

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

    def add(self, request: R, callback: Callback, trace: str = "") -> None:
        """`trace` is the traceparent of the request. Raises ServiceUnavailable when too many wait
        already."""
        if len(self._pending) >= MAX_PENDING:
            metrics.count(metrics.SHED, self._service.name, "batch_full")
            raise ServiceUnavailable(f"{self._service.name} is busy", retry_after=1)
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
        self._leave()
        if self._pending and self._calls < MAX_CALLS:
            self._wait_for_patience()

    def _leave(self) -> None:
        loop = asyncio.get_running_loop()
        while may_leave(
            pending=len(self._pending), largest=MAX_BATCH, calls=self._calls,
            waited=loop.time() - self._oldest,
        ):  # fmt: skip
            leaving, self._pending = self._pending[:MAX_BATCH], self._pending[MAX_BATCH:]
            self._calls += 1
            task = loop.create_task(self._call(leaving))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, leaving: list[_Waiting[R]]) -> None:
        self._sizes.observe(len(leaving))
        try:
            with self._traced([trace for _, _, trace in leaving]):
                await self._answered(leaving, repeated=False)
        finally:
            self._calls -= 1
            self._leave()

    def _traced(self, traces: list[str]) -> AbstractContextManager[None]:
        """The batch belongs to its first request's trace; the others' are linked to."""
        attributes = {"tiketi.batch.size": len(traces)}
        return span(self._name, "client", traces[0], attributes, links=traces[1:])

    async def _answered(self, leaving: list[_Waiting[R]], *, repeated: bool) -> None:
        try:
            answers = await self._ask([request for request, _, _ in leaving])
        except OutcomeUnknown as error:
            again = [each for each in leaving if self._may_repeat(each[0]) and not repeated]
            _tell([each for each in leaving if each not in again], error)
            if again:
                await self._answered(again, repeated=True)
        except TiketiError as error:
            _tell(leaving, error)
        except Exception:
            log.exception("a batch failed", path=self._path.decode())
            _tell(leaving, TiketiError())
        else:
            for (_, callback, _), answer in zip(leaving, answers, strict=True):
                callback(answer)

    async def _ask(self, requests: list[R]) -> list[Answer]:
        body = self._encoder.encode(Batch(requests))
        status, answer = await self._internal.call(
            self._service, b"POST", self._path, body,
            media_type=MSGPACK, seconds=self._seconds, trace=current_trace(),
        )  # fmt: skip
        if status != 200:
            log.error("a batch was refused", path=self._path.decode(), status=status)
            raise ServiceUnavailable(f"{self._service.name} cannot answer now")
        answers = self._decoder.decode(answer).answers
        if len(answers) != len(requests):
            raise ValueError(f"{len(requests)} requests, {len(answers)} answers")
        return answers


def _tell(leaving: list[_Waiting[R]], error: TiketiError) -> None:
    for _, callback, _ in leaving:
        callback(error)
