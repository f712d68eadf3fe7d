"""What Prometheus is told."""

import math
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

EVENT = '{event_id="01hzx3k9e2q8v5w7y4m6"}'


async def told(service: Any, name: str) -> dict[str, float]:
    async def known() -> bool:
        return name in await service.metrics()

    await service.until(known)
    metrics: dict[str, float] = await service.metrics()
    return metrics


async def test_each_line_and_each_sale_has_its_gauges(service: Any) -> None:
    metrics = await told(service, f"tiketi_sales_seats_sold{EVENT}")
    assert metrics[f"tiketi_queue_waiting{EVENT}"] == 0
    assert metrics[f"tiketi_queue_active{EVENT}"] == 12
    assert metrics[f"tiketi_queue_admitted_total{EVENT}"] == 100
    assert metrics[f"tiketi_queue_oldest_wait_seconds{EVENT}"] == 7.5
    assert metrics[f"tiketi_sales_conversion_ratio{EVENT}"] == 0.25


async def test_the_desired_replicas_follow_the_line(service: Any, neighbours: Any) -> None:
    metrics = await told(service, "tiketi_scaling_desired_replicas")
    assert metrics["tiketi_scaling_desired_replicas"] == 2
    (event_id,) = neighbours.lines
    neighbours.lines[event_id].update(lobby=20_000, waiting=5_000)

    async def grown() -> bool:
        return bool((await service.metrics())["tiketi_scaling_desired_replicas"] == 7)

    await service.until(grown)


async def test_a_lost_source_is_marked_and_its_age_told(service: Any, neighbours: Any) -> None:
    await told(service, 'tiketi_source_age_seconds{source="queue"}')
    neighbours.queue_lost = True

    async def marked() -> bool:
        return bool((await service.metrics())['tiketi_source_lost{source="queue"}'] == 1)

    await service.until(marked)
    metrics = await service.metrics()
    assert metrics[f"tiketi_queue_active{EVENT}"] == 12
    assert 0 < metrics['tiketi_source_age_seconds{source="queue"}'] < math.inf


async def test_an_event_that_ended_is_no_longer_told(service: Any, neighbours: Any) -> None:
    await told(service, f"tiketi_queue_waiting{EVENT}")
    neighbours.lines.clear()

    async def gone() -> bool:
        return f"tiketi_queue_waiting{EVENT}" not in await service.metrics()

    await service.until(gone)


async def test_every_name_follows_the_conventions(service: Any) -> None:
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
