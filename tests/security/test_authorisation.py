"""Every public operation against every role and against someone else's ids.

Generated from the OpenAPI description that the running gateway serves: a new endpoint is covered
by being there. Whoever may not call is refused before the body is looked at. What was seen is
written to `.run/authorisation.md`, an operation a row.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import Json, NewEvent, NewFan, NewStaff, NewVisitor, Person

Operation = tuple[str, str, str]
"""Method, path with `{parameters}`, and who may call."""

PAYMENT = {"payment": {"provider": "sandbox", "token": "tok_ok"}}
OWNED = {"holds", "orders", "tickets"}
REFUSALS = {"anyone": {}, "customer": {"nobody": 401}}
REFUSALS["staff"] = {"nobody": 401, "customer": 403}
REFUSALS["admin"] = {"nobody": 401, "customer": 403, "staff": 403}


MATRIX = Path(__file__).parents[2] / ".run/authorisation.md"
COLUMNS = ("nobody", "customer", "staff", "admin", "someone else's")
Seen = dict[str, dict[str, int]]
"""By operation and column: the status of the refusal; nothing where the call is allowed."""


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """The statuses of refusals by operation and column, written to a file at the end."""
    rows: Seen = defaultdict(dict)
    yield rows
    lines = [
        f"| {' | '.join(('operation', *COLUMNS))} |",
        f"| --- {'| --- ' * len(COLUMNS)}|",
        *(
            f"| `{operation}` | {' | '.join(_cell(given, column) for column in COLUMNS)} |"
            for operation, given in sorted(rows.items())
        ),
    ]
    MATRIX.parent.mkdir(exist_ok=True)
    MATRIX.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(given: dict[str, int], column: str) -> str:
    if column in given:
        return str(given[column])
    return "" if column == COLUMNS[-1] else "allowed"


async def operations_of(person: Person) -> list[Operation]:
    described = await person.call("GET", "/api/openapi.json")
    assert described.status == 200, described
    return [
        (method.upper(), path, operation["x-access"])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if not _is_stream(operation)
    ]


def _is_stream(operation: Json) -> bool:
    """Streams are left out: every session may open them, and they do not end."""
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


async def status_of(person: Person, method: str, path: str, body: object = None) -> int:
    """Return the status of the answer, or 0 if no complete answer came."""
    try:
        async with asyncio.timeout(10):
            answer = await person.call(method, path, body)
    except TimeoutError:
        return 0
    return answer.status


def filled(path: str, ids: dict[str, str]) -> str:
    """Fill each parameter of the path with the id for its collection."""

    def value(match: re.Match[str]) -> str:
        return "/" + match[1] + "/" + ids.get(match[1], "unknown")

    return re.sub(r"/([\w-]+)/{\w+}", value, path)


@pytest.fixture
async def owned(fan: NewFan, new_event: NewEvent) -> dict[str, str]:
    """The ids of a person's event, order, ticket and live hold."""
    owner, event = await fan(), await new_event()
    admission = await owner.enter(event["id"])
    seats = await owner.seats(event["id"])
    held, bought = [
        await owner.hold(event["id"], admission, {"seat_ids": [seat["id"]]}) for seat in seats[:2]
    ]
    assert held.status == 201, held
    paid = await owner.pay(bought["hold"]["id"])
    assert paid.status == 201, paid
    return {
        "events": event["id"],
        "holds": held["hold"]["id"],
        "orders": paid["order"]["id"],
        "tickets": paid["order"]["tickets"][0]["id"],
    }


async def test_each_operation_refuses_who_may_not_call_it(
    visitor: NewVisitor,
    fan: NewFan,
    staff: NewStaff,
    owned: dict[str, str],
    seen: Seen,
) -> None:
    people = {"nobody": visitor(), "customer": await fan(), "staff": await staff()}
    wrong = []
    for method, path, access in await operations_of(visitor()):
        row = seen[f"{method} {path}"]
        for role, status in REFUSALS[access].items():
            body: dict[str, str] | None = {} if method in {"POST", "PATCH"} else None
            given = row[role] = await status_of(people[role], method, filled(path, owned), body)
            if given != status:
                wrong.append(f"{role}: {method} {path} gave {given}, not {status}")
    assert not wrong, "\n".join(wrong)


async def test_someone_elses_things_are_not_there(
    visitor: NewVisitor,
    fan: NewFan,
    owned: dict[str, str],
    seen: Seen,
) -> None:
    stranger = await fan()
    wrong = []
    for method, path, access in await operations_of(visitor()):
        collections = set(re.findall(r"/([\w-]+)/{\w+}", path))
        if access != "customer" or not collections & OWNED:
            continue
        body = PAYMENT if path.endswith("/checkout") else {} if method == "POST" else None
        given = await status_of(stranger, method, filled(path, owned), body)
        seen[f"{method} {path}"]["someone else's"] = given
        if given != 404:
            wrong.append(f"{method} {path} gave {given}")
    assert not wrong, "\n".join(wrong)


async def test_unknown_ids_are_not_there_and_break_nothing(
    visitor: NewVisitor, fan: NewFan
) -> None:
    person = await fan()
    wrong = []
    for method, path, access in await operations_of(visitor()):
        if access not in {"anyone", "customer"} or "{" not in path:
            continue
        for odd in ("unknown", "0" * 20, "%00", "..%2f..", "'; drop table seats; --", "x" * 2000):
            target = re.sub(r"{\w+}", odd, path)
            given = await status_of(person, method, target, {} if method == "POST" else None)
            if not 400 <= given < 500:
                wrong.append(f"{method} {target[:80]} gave {given}")
    assert not wrong, "\n".join(wrong)
