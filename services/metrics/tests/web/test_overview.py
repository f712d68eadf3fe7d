"""The live page's document, from neighbours that answer and from neighbours that do not."""

from importlib.resources import files
from typing import Any

import msgspec
import pytest

from tiketi_metrics.domain.board import Board, Look
from tiketi_metrics.domain.exposition import Scrape
from tiketi_metrics.domain.policy import parse_policy
from tiketi_metrics.web.overview import overview
from tiketi_metrics.web.schemas import Overview


async def seen(service: Any) -> dict[str, Any]:
    async def known() -> bool:
        content = await service.overview()
        known = all(source["age_seconds"] is not None for source in content["sources"])
        return known and bool(content["series"]["at"])

    await service.until(known)
    content: dict[str, Any] = await service.overview()
    return content


async def test_it_shows_the_line_and_the_sale_of_an_event(service: Any, neighbours: Any) -> None:
    """Every figure that the queue and booking have told, under the name that they gave it."""
    (event,) = (await seen(service))["events"]
    (line,), (sale,) = neighbours.lines.values(), neighbours.sales.values()
    told = {**line, **{name: value for name, value in sale.items() if name != "admissions_used"}}
    assert {name: event[name] for name in told} == told
    assert event["conversion"] == 0.25


async def test_whoever_waits_is_counted_once_over_all_events(
    service: Any, neighbours: Any, other_line: Any
) -> None:
    """640 in one line and 230 in another's lobby: 870, wherever people who wait are shown."""
    await seen(service)
    neighbours.lines |= other_line

    async def both() -> bool:
        return len((await service.overview())["events"]) == 2

    await service.until(both)

    async def drawn() -> bool:
        return bool((await service.overview())["series"]["waiting"][-1] == 870)

    await service.until(drawn)
    content = await service.overview()
    assert content["scaling"]["waiting"] == 870
    assert sum(event["waiting"] for event in content["events"]) == 870
    assert sum(event["series"]["waiting"][-1] for event in content["events"]) == 870
    assert [event["lobby"] for event in content["events"]] == [0, 230]
    assert content["series"]["active"][-1] == 12 + 2


async def test_it_has_the_shape_that_is_published(service: Any) -> None:
    msgspec.convert(await seen(service), Overview, strict=False)


async def test_it_measures_the_pace_and_says_when_the_line_will_be_empty(
    service: Any, neighbours: Any
) -> None:
    await seen(service)
    (event_id,) = neighbours.lines
    neighbours.lines[event_id]["waiting"] = 500

    async def draining() -> bool:
        neighbours.lines[event_id]["admitted_total"] += 5
        (event,) = (await service.overview())["events"]
        return bool(event["drain_seconds"])

    await service.until(draining)
    (event,) = (await service.overview())["events"]
    assert event["drain_seconds"] == 500 / event["admitted_per_second"]


async def test_it_takes_latency_errors_and_load_from_what_the_instances_expose(
    service: Any, neighbours: Any
) -> None:
    async def measured() -> bool:
        neighbours.totals["cpu"] += 0.01
        neighbours.totals["good"] += 9
        neighbours.totals["bad"] += 1
        api = (await service.overview())["api"]
        return bool(api["requests_per_second"])

    await service.until(measured)
    content = await service.overview()
    assert content["api"]["error_share"] == 0.1
    assert 0.09 < content["api"]["p95_seconds"] <= 0.1
    gateway = content["services"][0]
    assert (gateway["name"], gateway["instances"], gateway["ready"]) == ("gateway", 1, 1)
    assert gateway["cpu"] > 0
    assert gateway["loop_lag_p99_seconds"] <= 0.01


def test_the_busiest_instance_is_shown_beside_the_mean_of_all() -> None:
    board = Board()
    cores = {"a": 0.125, "b": 0.875, "c": 0.25}
    for at in (0.0, 8.0):
        looks = [
            Look(address, ready=True, scrape=Scrape(at=at, cpu_seconds=at * used))
            for address, used in cores.items()
        ]
        board.fleets["queue"].see(looks, at)
    policy = parse_policy(files("tiketi_metrics").joinpath("scaling.toml").read_text())
    services = {service.name: service for service in overview(board, policy, 8.0).services}
    assert services["queue"].cpu == 0.875
    assert services["queue"].cpu_mean == pytest.approx(1.25 / 3)
    assert (services["booking"].cpu, services["booking"].cpu_mean) == (None, None)


async def test_an_instance_that_does_not_answer_is_counted_but_not_ready(service: Any) -> None:
    content = await seen(service)
    notifier = next(one for one in content["services"] if one["name"] == "notifier")
    assert (notifier["instances"], notifier["ready"]) == (2, 1)
    assert content["connections"] == 42


async def test_a_gateway_that_is_not_ready_does_not_count_as_running(
    service: Any, neighbours: Any
) -> None:
    assert (await seen(service))["scaling"]["running"] == 1
    neighbours.ready = False

    async def noticed() -> bool:
        return bool((await service.overview())["services"][0]["ready"] == 0)

    await service.until(noticed)
    content = await service.overview()
    assert content["services"][0]["instances"] == 1
    assert content["scaling"]["running"] == 0


async def test_a_lost_queue_leaves_its_last_answer_and_is_named(
    service: Any, neighbours: Any
) -> None:
    await seen(service)
    neighbours.queue_lost = True

    async def noticed() -> bool:
        return bool((await service.overview())["sources"][0]["error"])

    await service.until(noticed)
    content = await service.overview()
    assert "status 503" in content["sources"][0]["error"]
    assert content["events"][0]["active"] == 12


async def test_it_draws_the_last_minutes(service: Any) -> None:
    async def drawn() -> bool:
        """The latest column may be empty, where a source did not answer in time."""
        content = await seen(service)
        series, (event,) = content["series"], content["events"]
        lengths = {len(column) for column in [*series.values(), *event["series"].values()]}
        assert lengths == {len(series["at"])}
        return bool(event["series"]["sold"][-1:] == [30])

    await service.until(drawn)


async def test_only_an_admin_sees_it(service: Any) -> None:
    from_nobody = await service.client.get("/api/admin/overview")
    assert from_nobody.status == 401
