"""What the board makes of the answers it remembers."""

from collections.abc import Mapping

import pytest

from tiketi_metrics.domain.board import (
    LOAD_SECONDS,
    STALE_SECONDS,
    Board,
    Depth,
    Fleet,
    Look,
    Source,
    Takings,
)
from tiketi_metrics.domain.exposition import Scrape
from tiketi_shared.ids import EventId

NOW = 1_000.0
CONCERT, OPERA = EventId("concert"), EventId("opera")


def depths_of(depths: Mapping[EventId, Depth]) -> Source[Mapping[EventId, Depth]]:
    return Source("queue", depths, at=NOW)


def stats_of(stats: Mapping[EventId, Takings]) -> Source[Mapping[EventId, Takings]]:
    return Source("booking stats", stats, at=NOW)


def depth(*, waiting: int, lobby: int, admitted: int = 31) -> Depth:
    return Depth(
        phase="on_sale", waiting=waiting, lobby=lobby, active=41, capacity=43, per_second=1.5,
        pace=2.5, admitted_total=admitted, passed_over=47, no_shows_total=53,
        oldest_wait_seconds=59.0,
    )  # fmt: skip


def takings(*, used: int) -> Takings:
    return Takings(
        name="A show", currency="EUR", seats_total=101, sold=61, held=7, left=33, revenue=67,
        orders=71, refunds=3, admissions_used=used, sold_last_hour=13,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "age", "stale"),
    [
        (None, None, True),
        (NOW - STALE_SECONDS - 1, 16.0, True),
        (NOW - STALE_SECONDS, 15.0, False),
        (NOW - STALE_SECONDS + 1, 14.0, False),
        (NOW - 0.5, 0.5, False),
        (NOW + 2, 0.0, False),
    ],
)
def test_an_answer_is_old_after_fifteen_seconds(
    at: float | None, age: float | None, stale: bool
) -> None:
    source = Source("queue", None, at=at)
    assert source.age(NOW) == age
    assert source.stale(NOW) is stale


def test_people_in_every_line_count_once_whether_in_the_lobby_or_not() -> None:
    depths = {CONCERT: depth(waiting=11, lobby=5), OPERA: depth(waiting=302, lobby=300)}
    board = Board(depths=depths_of(depths))
    assert board.people_in_line(NOW) == 313
    assert board.people_in_line(NOW + STALE_SECONDS + 1) is None
    assert Board().people_in_line(NOW) is None


def test_people_who_are_inside_are_not_in_line() -> None:
    board = Board(depths=depths_of({CONCERT: depth(waiting=0, lobby=0)}))
    assert board.people_in_line(NOW) == 0


@pytest.mark.parametrize(
    ("used", "admitted", "conversion"),
    [(3, 12, 0.25), (1, 1, 1.0), (13, 12, 1.0), (3, 0, None), (0, 12, 0.0)],
)
def test_the_conversion_is_the_share_of_the_admitted_who_bought(
    used: int, admitted: int, conversion: float | None
) -> None:
    board = Board(
        depths=depths_of({CONCERT: depth(waiting=1, lobby=2, admitted=admitted)}),
        stats=stats_of({CONCERT: takings(used=used)}),
    )
    assert board.conversion(CONCERT) == conversion


def test_the_conversion_is_unknown_while_one_of_the_two_services_has_not_told() -> None:
    depths = depths_of({CONCERT: depth(waiting=1, lobby=2)})
    stats = stats_of({CONCERT: takings(used=3)})
    assert Board(depths=depths).conversion(CONCERT) is None
    assert Board(stats=stats).conversion(CONCERT) is None
    assert Board(depths=depths, stats=stats).conversion(OPERA) is None


def test_each_source_of_the_board_is_listed() -> None:
    assert [source.name for source in Board().sources] == [
        "queue", "booking stats", "booking sales",
    ]  # fmt: skip


def look(address: str, at: float, cpu: float, connections: float = 7.0) -> Look:
    return Look(address, ready=True, scrape=Scrape(at=at, cpu_seconds=cpu, connections=connections))


def test_a_load_spans_the_scrapes_of_the_last_minute() -> None:
    fleet = Fleet()
    for at, cpu in [(100, 3), (110, 4), (130, 10), (160, 13), (170, 25)]:
        fleet.see([look("a", at, cpu)], now=at)
    assert [scrape.at for scrape in fleet.scrapes["a"]] == [110, 130, 160, 170]
    (load,) = fleet.loads()
    assert (load.seconds, load.cpu_cores) == (LOAD_SECONDS, 21 / 60)


@pytest.mark.parametrize("before", [(5.0, 6.0), (0.25, 6.0)], ids=["old", "young"])
def test_a_restarted_instance_begins_its_minute_anew(before: tuple[float, float]) -> None:
    fleet = Fleet()
    for at, cpu in [(100, before[0]), (103, before[1]), (106, 1), (109, 1), (112, 4)]:
        fleet.see([look("a", at, cpu)], now=at)
    assert [scrape.at for scrape in fleet.scrapes["a"]] == [106, 109, 112]
    (load,) = fleet.loads()
    assert (load.seconds, load.cpu_cores) == (6, 0.5)


def test_an_instance_that_left_is_forgotten_and_a_silent_one_is_not() -> None:
    fleet = Fleet()
    fleet.see([look("a", 100, 5), look("b", 100, 5)], now=100)
    fleet.see([Look("a", ready=False, scrape=None), look("c", 103, 1)], now=103)
    assert {address: len(kept) for address, kept in fleet.scrapes.items()} == {"a": 1, "c": 1}
    assert [each.address for each in fleet.looks] == ["a", "c"]


def test_an_instance_scraped_once_has_no_load() -> None:
    fleet = Fleet()
    assert fleet.loads() == []
    fleet.see([look("a", 100, 5)], now=100)
    assert fleet.loads() == []
    fleet.see([look("a", 102, 8), look("b", 102, 5)], now=102)
    assert [load.cpu_cores for load in fleet.loads()] == [1.5]


def test_instances_are_ready_and_connected_by_what_they_said_just_now() -> None:
    fleet = Fleet()
    assert (fleet.ready, fleet.connections()) == (0, None)
    fleet.see([Look("a", ready=True, scrape=None)], now=99)
    assert (fleet.ready, fleet.connections()) == (1, None)
    fleet.see(
        [look("a", 100, 5, 3), look("b", 100, 5, 8), Look("c", ready=False, scrape=None)], now=100
    )
    assert (fleet.ready, fleet.connections()) == (2, 11)
