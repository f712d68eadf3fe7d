"""Each outcome of the front desk has its status, its body and its time to retry."""

import msgspec
import pytest
from services.queue.tests.harness import answered

from tiketi_queue.errors import LinePaused, NotInQueue, SoldOut
from tiketi_queue.usecases.visits import Outcome, PlaceFound, PlaceGivenUp
from tiketi_queue.web.answers import answer_of
from tiketi_shared.errors import TiketiError
from tiketi_shared.shapes import AdmissionGrant, Place

WAITS = Place(
    status="waiting", lane="general", number=4711, position=17, total=23, eta_seconds=None,
    chance=0.5, ticket="a ticket", poll_after_seconds=5, admission=None,
)  # fmt: skip
INSIDE = msgspec.structs.replace(
    WAITS, status="admitted", position=None, admission=AdmissionGrant("a token", "a time")
)


@pytest.mark.parametrize(
    ("outcome", "status", "retry_after"),
    [
        (PlaceFound(WAITS, joined=True), 202, None),
        (PlaceFound(WAITS, joined=False), 200, None),
        (PlaceFound(INSIDE, joined=True), 200, None),
        (PlaceFound(INSIDE, joined=False), 200, None),
        (PlaceFound(WAITS, joined=False, retry_after=3), 200, 3),
        (PlaceGivenUp(), 204, None),
    ],
)
def test_a_place_is_shown_and_a_new_one_is_accepted(
    outcome: Outcome, status: int, retry_after: int | None
) -> None:
    answer = answered(answer_of(outcome, "r1"))
    assert (answer.status, answer.retry_after) == (status, retry_after)
    if isinstance(outcome, PlaceFound):
        assert msgspec.convert(answer.body, Place) == outcome.place
    else:
        assert answer.body is None


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (NotInQueue(), 404, None),
        (SoldOut(), 409, None),
        (LinePaused("paused"), 503, 3),
        (LinePaused("paused", retry_after=5.4), 503, 6),
        (LinePaused("paused", retry_after=0.2), 503, 1),
    ],
)
def test_a_refusal_is_a_problem_that_names_its_request(
    error: TiketiError, status: int, retry_after: int | None
) -> None:
    answer = answered(answer_of(error, "r1"))
    assert (answer.status, answer.code, answer.retry_after) == (status, error.code, retry_after)
    assert answer.body["request_id"] == "r1"
