"""What Prometheus is told."""

import math
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from services.metrics.tests.harness import Figures, Neighbours, Service, Start

from tiketi_local.stores import RedisServer

NOBODY = "http://127.0.0.1:9"
EVENT = '{event_id="01hzx3k9e2q8v5w7y4m6"}'


async def told(service: Service, name: str) -> dict[str, float]:
    async def known() -> bool:
        return name in await service.metrics()

    await service.until(known)
    metrics: dict[str, float] = await service.metrics()
    return metrics


LINE_METRICS = {
    "tiketi_queue_waiting": "waiting",
    "tiketi_queue_lobby": "lobby",
    "tiketi_queue_active": "active",
    "tiketi_queue_capacity": "capacity",
    "tiketi_queue_pace": "pace",
    "tiketi_queue_passed_over": "passed_over",
    "tiketi_queue_oldest_wait_seconds": "oldest_wait_seconds",
    "tiketi_queue_admitted_total": "admitted_total",
    "tiketi_queue_no_shows_total": "no_shows_total",
}
SALES_METRICS = {
    "tiketi_sales_seats": "seats_total",
    "tiketi_sales_seats_sold": "sold",
    "tiketi_sales_seats_held": "held",
    "tiketi_sales_seats_left": "left",
    "tiketi_sales_orders": "orders",
    "tiketi_sales_refunds": "refunds",
    "tiketi_sales_last_hour": "sold_last_hour",
}


async def test_each_line_and_each_sale_has_its_gauges(
    service: Service, neighbours: Neighbours, other_line: dict[str, Figures]
) -> None:
    neighbours.lines |= other_line
    (other,) = other_line
    metrics = await told(service, f'tiketi_queue_waiting{{event_id="{other}"}}')
    for event_id, line in neighbours.lines.items():
        shown = {name: metrics[f'{name}{{event_id="{event_id}"}}'] for name in LINE_METRICS}
        assert shown == {name: line[figure] for name, figure in LINE_METRICS.items()}
    for event_id, sale in neighbours.sales.items():
        shown = {name: metrics[f'{name}{{event_id="{event_id}"}}'] for name in SALES_METRICS}
        assert shown == {name: sale[figure] for name, figure in SALES_METRICS.items()}
        revenue = f'tiketi_sales_revenue{{currency="{sale["currency"]}",event_id="{event_id}"}}'
        assert metrics[revenue] == sale["revenue"]
    assert metrics[f"tiketi_sales_conversion_ratio{EVENT}"] == 0.25


async def test_the_till_and_the_fleets_have_their_gauges(service: Service) -> None:
    async def seen() -> bool:
        metrics = await service.metrics()
        fleet = metrics['tiketi_service_instances{service="notifier"}']
        return fleet == 2 and "tiketi_till_error_ratio" in metrics

    await service.until(seen)
    metrics = await service.metrics()
    assert metrics["tiketi_till_hold_p95_seconds"] == 0.02
    assert metrics["tiketi_till_checkout_p95_seconds"] == 0.3
    assert metrics["tiketi_till_error_ratio"] == 0.04
    assert metrics['tiketi_service_ready{service="notifier"}'] == 1


async def test_the_desired_replicas_follow_the_line(
    service: Service, neighbours: Neighbours
) -> None:
    metrics = await told(service, "tiketi_scaling_desired_replicas")
    assert metrics["tiketi_scaling_desired_replicas"] == 2
    (event_id,) = neighbours.lines
    neighbours.lines[event_id].update(waiting=25_000)

    async def grown() -> bool:
        return bool((await service.metrics())["tiketi_scaling_desired_replicas"] == 7)

    await service.until(grown)


@pytest.mark.parametrize(
    "line",
    [
        {"phase": "on_sale", "waiting": 4_990, "active": 6_000, "passed_over": 5_500},
        {"phase": "lobby", "waiting": 4_990, "lobby": 4_990, "active": 0},
        {"phase": "paused", "waiting": 4_990, "active": 9_000},
    ],
    ids=lambda line: str(line["phase"]),
)
async def test_who_is_inside_or_in_a_lobby_does_not_scale_twice(
    service: Service, neighbours: Neighbours, line: Figures
) -> None:
    """Ten people fewer than the first step waits for: whoever is counted twice, or is not waiting
    at all, would take it."""
    await told(service, "tiketi_scaling_desired_replicas")
    (event_id,) = neighbours.lines
    neighbours.lines[event_id].update(line)

    async def decided() -> bool:
        return bool((await service.overview())["scaling"]["waiting"] == 4_990)

    await service.until(decided)
    decided_at = (await service.metrics())["tiketi_scaling_decided_timestamp_seconds"]

    async def decided_again() -> bool:
        metrics = await service.metrics()
        return bool(metrics["tiketi_scaling_decided_timestamp_seconds"] > decided_at)

    await service.until(decided_again)
    assert (await service.metrics())["tiketi_scaling_desired_replicas"] == 2


async def test_a_lost_source_is_marked_and_its_age_told(
    service: Service, neighbours: Neighbours
) -> None:
    await told(service, 'tiketi_source_age_seconds{source="queue"}')
    neighbours.queue_lost = True

    async def marked() -> bool:
        return bool((await service.metrics())['tiketi_source_lost{source="queue"}'] == 1)

    await service.until(marked)
    metrics = await service.metrics()
    assert metrics[f"tiketi_queue_active{EVENT}"] == 12
    assert 0 < metrics['tiketi_source_age_seconds{source="queue"}'] < math.inf


async def test_one_queue_that_answers_is_enough(
    start_service: Start, neighbours: Neighbours
) -> None:
    service = await start_service(queue_urls=(NOBODY, neighbours.url))
    metrics = await told(service, f"tiketi_queue_active{EVENT}")
    assert metrics['tiketi_source_lost{source="queue"}'] == 0
    assert metrics[f"tiketi_queue_active{EVENT}"] == 12


async def test_without_redis_nobody_claims_to_decide_and_the_number_stays(
    start_service: Start, neighbours: Neighbours, redis_server: Callable[[], RedisServer]
) -> None:
    redis = redis_server()
    service = await start_service(redis_url=redis.url)
    (event_id,) = neighbours.lines
    neighbours.lines[event_id].update(waiting=6_000)

    async def grown() -> bool:
        metrics = await service.metrics()
        return bool(metrics.get("tiketi_scaling_desired_replicas") == 4)

    await service.until(grown)
    assert (await service.metrics())["tiketi_scaling_leading"] == 1
    redis.kill()

    async def leaderless() -> bool:
        return bool((await service.metrics())["tiketi_scaling_leading"] == 0)

    await service.until(leaderless)
    assert (await service.metrics())["tiketi_scaling_desired_replicas"] == 4


async def test_an_event_that_ended_is_no_longer_told(
    service: Service, neighbours: Neighbours
) -> None:
    await told(service, f"tiketi_queue_waiting{EVENT}")
    neighbours.lines.clear()

    async def gone() -> bool:
        return f"tiketi_queue_waiting{EVENT}" not in await service.metrics()

    await service.until(gone)


async def test_every_name_follows_the_conventions(service: Service) -> None:
    await told(service, "tiketi_scaling_desired_replicas")
    text = await (await service.client.get("/metrics")).text()
    families = [
        family for family in text_string_to_metric_families(text) if family.name != "python"
    ]
    own = [family for family in families if family.name.startswith("tiketi_")]
    assert len(own) > 20
    assert all(family.documentation for family in own)
    counters = [family for family in own if family.type == "counter"]
    assert all(
        sample.name.endswith(("_total", "_created"))
        for family in counters
        for sample in family.samples
    )
