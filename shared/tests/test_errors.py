"""What a client is told of a failure."""

from typing import Any

import pytest

from tiketi_shared.errors import (
    Conflict,
    Invalid,
    NotFound,
    TiketiError,
    TooManyRequests,
    Unavailable,
    problem,
)


def test_a_problem_document_has_each_of_its_members() -> None:
    failure = Conflict("somebody was quicker", unavailable=["s3"])
    assert failure.problem("request-7") == {
        "unavailable": ["s3"],
        "type": "urn:tiketi:problem:conflict",
        "title": "Conflict",
        "status": 409,
        "detail": "somebody was quicker",
        "code": "conflict",
        "request_id": "request-7",
    }
    assert str(failure) == failure.detail == "somebody was quicker"


def test_a_failure_without_a_sentence_gets_that_of_its_status() -> None:
    assert NotFound().problem("r")["detail"] == "Nothing matches the given URI"
    assert problem(500, "internal", "", "r") == {
        "type": "urn:tiketi:problem:internal",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Server got itself in trouble",
        "code": "internal",
        "request_id": "r",
    }


def test_further_members_never_take_the_place_of_the_document_s_own() -> None:
    assert problem(404, "not_found", "gone", "r", {"status": 200, "x": 1})["status"] == 404


def test_invalid_fields_are_listed_with_what_is_wrong() -> None:
    invalid = Invalid(errors={"name": "is needed", "price": "is 0 or more"})
    assert invalid.detail == "the request has invalid fields"
    assert invalid.extra == {
        "errors": [
            {"field": "name", "message": "is needed"},
            {"field": "price", "message": "is 0 or more"},
        ]
    }
    assert Invalid("not so").extra == {"errors": []}
    assert Invalid("not so").detail == "not so"


@pytest.mark.parametrize(
    ("kind", "arguments", "seconds"),
    [
        (Unavailable, {}, 2),
        (Unavailable, {"retry_after": 7}, 7),
        (TiketiError, {}, None),
        (TiketiError, {"retry_after": 3}, 3),
    ],
)
def test_a_failure_says_when_to_try_again(
    kind: type[TiketiError], arguments: dict[str, Any], seconds: float | None
) -> None:
    assert kind(**arguments).retry_after == seconds


def test_an_unavailable_part_is_named() -> None:
    failure = Unavailable("the store is away", part="redis")
    assert (failure.detail, failure.extra) == ("the store is away", {"part": "redis"})
    assert Unavailable().detail == ""


@pytest.mark.parametrize(
    ("kind", "is_fault"),
    [(TiketiError, True), (Unavailable, True), (Conflict, False), (TooManyRequests, False)],
)
def test_a_fault_is_what_the_service_failed_at_and_no_refusal(
    kind: type[TiketiError], is_fault: bool
) -> None:
    """Faults slow the line and wake operators; refusals do neither."""
    assert kind().is_fault is is_fault
