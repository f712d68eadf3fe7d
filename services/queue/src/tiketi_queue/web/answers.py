"""Outcomes of the front desk as HTTP answers."""

from collections.abc import Sequence

import msgspec

from tiketi_queue import metrics
from tiketi_queue.usecases.visits import FrontDesk, Outcome, PlaceFound
from tiketi_shared.batches import Answer, LineRequest
from tiketi_shared.errors import TiketiError

_encode = msgspec.json.Encoder().encode


async def serve(desk: FrontDesk, requests: Sequence[LineRequest]) -> list[Answer]:
    """Return one answer for each request, in their order."""
    outcomes = await desk.serve(requests)
    return [
        answer_of(outcome, request.request_id)
        for request, outcome in zip(requests, outcomes, strict=True)
    ]


def answer_of(outcome: Outcome, request_id: str) -> Answer:
    """200 shows a place, 202 a new place in line, 204 nothing, anything else a problem."""
    if isinstance(outcome, PlaceFound):
        waits = outcome.joined and outcome.place.admission is None
        return Answer(202 if waits else 200, _encode(outcome.place), outcome.retry_after)
    if isinstance(outcome, TiketiError):
        metrics.REFUSED.labels(outcome.code).inc()
        body = _encode(outcome.problem(request_id))
        return Answer(outcome.status, body, outcome.retry_after_header)
    return Answer(204)
