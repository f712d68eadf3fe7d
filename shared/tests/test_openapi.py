import msgspec
from aiohttp import web
from openapi_spec_validator import validate

from tiketi_shared.openapi import document
from tiketi_shared.routes import Route


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
