"""Organisers who change the same event at the same moment: both changes are there, or one of the
two was told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import asyncpg
import pytest

CALLS: dict[str, tuple[str, Any, Any]] = {
    "name": ("", "Spring Song", "Autumn Song"),
    "venue": ("", "Red Hall", "Green Hall"),
    "starts_at": ("", "2031-05-01T10:00:00Z", "2031-05-02T11:00:00Z"),
    "sale_opens_at": ("", "2026-01-02T10:00:00Z", "2026-01-03T11:00:00Z"),
    "sale_closes_at": ("", "2031-03-01T10:00:00Z", "2031-03-02T11:00:00Z"),
    "max_per_user": ("", 3, 5),
    "cancelled": ("", True, True),
    "R.price": ("", 71_000, 82_000),
    "R.name": ("", "Royal", "Regular"),
    "Standing.capacity": ("", 31, 42),
    "queue.paused": ("/queue", True, False),
    "queue.per_second": ("/queue", 13.5, 17.25),
    "queue.capacity": ("/queue", 210, 340),
    "queue.policy": ("/queue", "first_come", "open"),
    "queue.invite_codes": ("/queue", ["gold"], ["silver"]),
}
"""By the field that is changed: where the change goes, and two values to change it to."""

PAIRS = list(combinations(CALLS, 2))


@dataclass
class Show:
    """An event, and two organisers who are on an instance each."""

    event: Any
    organisers: list[Any]
    dsn: str

    async def change(self, organiser: int, field: str, value: Any, **headers: str) -> Any:
        body = self._body(field, value)
        path = f"/api/admin/events/{self.event['id']}{CALLS[field][0]}"
        return await self.organisers[organiser].call("PATCH", path, body, **headers)

    async def value(self, field: str) -> Any:
        """What is there now."""
        path = f"/api/admin/events/{self.event['id']}"
        found = (await self.organisers[0].call("GET", path)).body
        name, _, column = field.rpartition(".")
        if name == "queue":
            return found["queue"][column]
        return found[field] if not name else found["ticket_types"][self._place(name)][column]

    async def becomes(self, field: str, value: Any) -> None:
        """Waits until that is there: what one instance writes the other sees within a second."""
        async with asyncio.timeout(5):
            while await self.value(field) != value:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.02)

    async def version(self) -> dict[str, str]:
        """The header of whoever has seen the event as it is now."""
        path = f"/api/admin/events/{self.event['id']}"
        answer = await self.organisers[0].call("GET", path)
        return {"If_Match": answer.headers["ETag"]}

    @asynccontextmanager
    async def gate(self, waiting: int) -> AsyncIterator[None]:
        """Nobody can write the event inside; left once so many changes wait to."""
        connection = await asyncpg.connect(self.dsn)
        try:
            async with connection.transaction():
                await connection.execute(
                    "SELECT FROM events WHERE id = $1 FOR UPDATE", self.event["id"]
                )
                yield
                async with asyncio.timeout(20):
                    while await connection.fetchval(_BLOCKED) < waiting:  # noqa: ASYNC110  as above
                        await asyncio.sleep(0.005)
        finally:
            await connection.close()

    def _body(self, field: str, value: Any) -> dict[str, Any]:
        name, _, column = field.rpartition(".")
        if name in ("", "queue"):
            return {column: value}
        kind = self.event["ticket_types"][self._place(name)]
        return {"ticket_types": [{"id": kind["id"], column: value}]}

    @staticmethod
    def _place(name: str) -> int:
        return ("R", "Standing").index(name)


_BLOCKED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


@pytest.fixture
async def instances(start: Any, settings: Any) -> list[Any]:
    return [await start(settings), await start(settings)]


async def a_show(instances: list[Any], settings: Any) -> Show:
    event = await instances[0].event()
    organisers = [(await instance.known(1))[0] for instance in instances]
    for organiser in organisers:
        organiser.role = "admin"
    return Show(event, organisers, settings.postgres_dsn)


async def both(show: Show, one: tuple[str, Any], other: tuple[str, Any], **headers: str) -> Any:
    """The answers of two changes that wait for the event together."""
    async with asyncio.TaskGroup() as group, show.gate(2):
        changes = [
            group.create_task(show.change(organiser, *change, **headers))
            for organiser, change in enumerate((one, other))
        ]
    return [change.result() for change in changes]


@pytest.mark.parametrize("seen", [False, True], ids=["without If-Match", "with If-Match"])
@pytest.mark.parametrize("first", list(CALLS)[:-1])
async def test_changes_of_different_fields_are_both_there(
    instances: list[Any], settings: Any, first: str, seen: bool
) -> None:
    show = await a_show(instances, settings)
    headers = await show.version() if seen else {}
    for round_, (one, other) in enumerate(pair for pair in PAIRS if pair[0] == first):
        wanted = {field: CALLS[field][1 + round_ % 2] for field in (one, other)}
        seen_first = {} if round_ else headers
        answers = await both(show, (one, wanted[one]), (other, wanted[other]), **seen_first)
        assert [answer.status for answer in answers] == [200, 200], (wanted, answers)
        for field, value in wanted.items():
            await show.becomes(field, value)


@pytest.mark.parametrize("field", [field for field in CALLS if field != "cancelled"])
async def test_of_two_changes_of_one_field_one_is_told_with_both_values(
    instances: list[Any], settings: Any, field: str
) -> None:
    show = await a_show(instances, settings)
    wanted = CALLS[field][1:]
    answers = await both(show, (field, wanted[0]), (field, wanted[1]), **await show.version())
    assert sorted(answer.status for answer in answers) == [200, 412]
    lost = next(place for place, answer in enumerate(answers) if answer.status == 412)
    [conflict] = answers[lost].body["conflicts"]
    assert answers[lost].body["code"] == "changed_meanwhile"
    assert (conflict["yours"], conflict["theirs"]) == (wanted[lost], wanted[1 - lost])
    await show.becomes(field, wanted[1 - lost])


@pytest.mark.parametrize("other", [field for field in CALLS if field != "cancelled"])
async def test_cancelling_wins_over_every_other_change(
    instances: list[Any], settings: Any, other: str
) -> None:
    show = await a_show(instances, settings)
    stale = await show.version()
    assert (await show.change(1, "venue", "Red Hall")).status == 200
    [cancelled, changed] = await both(show, ("cancelled", True), (other, CALLS[other][1]), **stale)
    assert cancelled.status == 200
    assert changed.status == 200
    again = await show.change(1, other, CALLS[other][2])
    assert again.status == 200
    await show.becomes("cancelled", True)
    assert (await show.change(0, "cancelled", False)).status == 422


async def test_a_sale_that_is_moved_from_both_ends_never_closes_before_it_opens(
    instances: list[Any], settings: Any
) -> None:
    show = await a_show(instances, settings)
    answers = await both(
        show, ("sale_opens_at", "2030-03-02T10:00:00Z"), ("sale_closes_at", "2030-03-01T10:00:00Z")
    )
    assert sorted(answer.status for answer in answers) in ([200, 422], [422, 422])
    assert await show.value("sale_opens_at") < await show.value("sale_closes_at")


async def test_seats_are_blocked_beside_any_change(instances: list[Any], settings: Any) -> None:
    show = await a_show(instances, settings)
    path = f"/api/admin/events/{show.event['id']}/block"
    for place, field in enumerate(CALLS):
        change, blocked = await asyncio.gather(
            show.change(0, field, CALLS[field][1]),
            show.organisers[1].call("POST", path, {"seat_ids": [f"s{place}"]}),
        )
        assert (change.status, blocked.status) == (200, 204)
        await show.becomes(field, CALLS[field][1])
    answer = await instances[0].call("GET", f"/api/events/{show.event['id']}/availability")
    assert answer.body["states"].startswith("x" * len(CALLS) + "a")


async def test_a_version_that_is_no_etag_of_ours_is_malformed(
    instances: list[Any], settings: Any
) -> None:
    show = await a_show(instances, settings)
    for tag in ("7", '"7', 'W/"7"', '"x"', '""', '"-1"', f'"{10**18}"', "\x80"):
        answer = await show.change(0, "venue", "V", If_Match=tag)
        assert (tag, answer.status) == (tag, 400)
        assert "If-Match" in answer.body["detail"]
