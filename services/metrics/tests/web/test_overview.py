"""The live page's document, from neighbours that answer and from neighbours that do not."""

from typing import Any

import msgspec

from tiketi_metrics.web.schemas import Overview


async def seen(service: Any) -> dict[str, Any]:
    async def known() -> bool:
        content = await service.overview()
        return all(source["age_seconds"] is not None for source in content["sources"])

    await service.until(known)
    content: dict[str, Any] = await service.overview()
    return content


async def test_it_shows_the_line_and_the_sale_of_an_event(service: Any, neighbours: Any) -> None:
    (event,) = (await seen(service))["events"]
    expected = {
        "name": "Han River Festival", "phase": "on_sale", "waiting": 0, "active": 12,
        "capacity": 1000, "pace": 42.0, "sold": 30, "held": 5, "left": 4965,
        "revenue": 3_000_000, "currency": "KRW", "conversion": 0.25, "drain_seconds": 0.0,
    }  # fmt: skip
    assert {name: event[name] for name in expected} == expected


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


async def test_an_instance_that_does_not_answer_is_counted_but_not_ready(service: Any) -> None:
    content = await seen(service)
    notifier = next(one for one in content["services"] if one["name"] == "notifier")
    assert (notifier["instances"], notifier["ready"]) == (2, 1)
    assert content["connections"] == 42


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
