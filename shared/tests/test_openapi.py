import msgspec
import pytest
from aiohttp import web
from openapi_spec_validator import validate

from tiketi_shared.openapi import PROBLEM, document
from tiketi_shared.routes import Access, Route


class Seat(msgspec.Struct):
    """A seat."""

    row: str


async def handler(request: web.Request) -> web.Response:
    """What it does."""
    return web.Response()


ROUTES = [
    Route(
        method="POST",
        path="/api/seats/{seat_id}",
        handler=handler,
        summary="Take a seat",
        body=Seat,
        answers={201: Seat},
        problems={409: ("seats_unavailable",)},
        headers={"Idempotency-Key": "Safe to repeat."},
    ),
    Route(method="GET", path="/internal/x", handler=handler, summary="Hidden", access="service"),
    Route(
        method="GET",
        path="/api/qr.svg",
        handler=handler,
        summary="A picture",
        access="anyone",
        answers={200: bytes},
        media_type="image/svg+xml",
    ),
]


def test_the_description_is_valid_and_holds_the_public_routes_only() -> None:
    described = document(ROUTES, version="1")
    validate(described)
    assert list(described["paths"]) == ["/api/qr.svg", "/api/seats/{seat_id}"]


def test_an_operation_names_its_shapes_headers_and_refusals() -> None:
    operation = document(ROUTES, version="1")["paths"]["/api/seats/{seat_id}"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Seat"}
    assert list(operation["responses"]) == ["201", "401", "409", "default"]
    assert [parameter["name"] for parameter in operation["parameters"]] == [
        "seat_id", "Idempotency-Key",
    ]  # fmt: skip
    assert operation["security"] == [{"cookie": []}, {"bearer": []}]


class Wish(msgspec.Struct):
    """A wish."""

    row: str
    count: int = 1


async def silent(request: web.Request) -> web.Response:
    return web.Response()


PLAIN = Route(
    method="GET",
    path="/api/events/{event_id}/rows/{row}",
    handler=silent,
    summary="Look at a row",
    access="anyone",
    answers={200: Seat, 204: None},
    query={"since": "Only what came later."},
    headers={"If-None-Match": "What is known."},
    tag="events",
)
MADE = Route(
    method="POST",
    path="/api/events/{event_id}/rows/{row}",
    handler=handler,
    summary="Wish for a row",
    access="staff",
    body=Wish,
    body_required=False,
    answers={201: Seat},
    problems={409: ("seats_taken", "sold_out"), 403: ("not_yours",)},
)
PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
ELSE = {
    "description": "Any other refusal: malformed, too many, or a part is down.",
    "content": PROBLEM_CONTENT,
}
SEAT = {"$ref": "#/components/schemas/Seat"}


def test_each_word_of_an_operation_is_exact() -> None:
    described = document([MADE, PLAIN, ROUTES[1]], version="7")
    (operations,) = described["paths"].values()
    text = {"type": "string"}
    path = [
        {"name": "event_id", "in": "path", "required": True, "schema": text},
        {"name": "row", "in": "path", "required": True, "schema": text},
    ]
    assert operations == {
        "get": {
            "operationId": "get_events_event_id_rows_row",
            "summary": "Look at a row",
            "tags": ["events"],
            "parameters": [
                *path,
                {"name": "since", "in": "query", "description": "Only what came later.",
                 "schema": text},
                {"name": "If-None-Match", "in": "header", "description": "What is known.",
                 "schema": text},
            ],
            "responses": {
                "200": {
                    "description": "Look at a row",
                    "content": {"application/json": {"schema": SEAT}},
                },
                "204": {"description": "Look at a row"},
                "default": ELSE,
            },
            "x-access": "anyone",
        },
        "post": {
            "operationId": "post_events_event_id_rows_row",
            "summary": "Wish for a row",
            "description": "What it does.",
            "parameters": path,
            "requestBody": {
                "required": False,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}
                },
            },
            "responses": {
                "201": {
                    "description": "Wish for a row",
                    "content": {"application/json": {"schema": SEAT}},
                },
                "401": {"description": "unauthenticated", "content": PROBLEM_CONTENT},
                "403": {"description": "not_yours", "content": PROBLEM_CONTENT},
                "409": {"description": "seats_taken, sold_out", "content": PROBLEM_CONTENT},
                "default": ELSE,
            },
            "security": [{"cookie": []}, {"bearer": []}],
            "x-access": "staff",
        },
    }  # fmt: skip


def test_the_document_around_the_operations_is_exact() -> None:
    described = document([PLAIN], version="7")
    assert described["openapi"] == "3.1.0"
    assert described["info"] == {
        "title": "Tiketi",
        "version": "7",
        "description": "A fair virtual waiting room and a booking engine that never sells a seat "
        "twice.",
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    assert described["servers"] == [{"url": "/"}]
    assert described["components"]["securitySchemes"] == {
        "cookie": {"type": "apiKey", "in": "cookie", "name": "tiketi_session"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    assert described["components"]["schemas"]["Problem"] == PROBLEM
    assert set(described["components"]["schemas"]) == {"Problem", "Seat"}


def test_a_file_has_its_own_media_type_and_no_shape() -> None:
    operation = document(ROUTES, version="1")["paths"]["/api/qr.svg"]["get"]
    assert operation["responses"]["200"]["content"] == {"image/svg+xml": {"schema": {}}}
    assert operation["operationId"] == "get_qr_svg"
    assert "parameters" not in operation
    assert "security" not in operation
    assert "requestBody" not in operation
    assert "tags" not in operation


@pytest.mark.parametrize(
    ("access", "refusals"),
    [("anyone", []), ("customer", ["401"]), ("staff", ["401", "403"]), ("admin", ["401", "403"])],
)
def test_who_may_call_says_who_is_refused(access: Access, refusals: list[str]) -> None:
    route = Route(method="GET", path="/api/x", handler=silent, summary="X", access=access)
    responses = document([route], version="1")["paths"]["/api/x"]["get"]["responses"]
    assert list(responses) == ["200", *refusals, "default"]
