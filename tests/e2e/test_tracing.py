"""A hold's trace, from the gateway to the live update, as an OTLP collector receives it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.harness import NewEvent, NewFan

from tiketi_local.deployment import Deployment, private_stores
from tiketi_local.keys import Keys

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Collector:
    """An OTLP collector. It keeps (service, span) in order of arrival."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[tuple[str, Span]] = []

    async def take(self, request: web.Request) -> web.Response:
        for resource in ExportTraceServiceRequest.FromString(await request.read()).resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [(named["service.name"], span) for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")

    async def span(self, service: str, name: str, trace_id: str) -> Span:
        """Wait for the span and return it."""
        async with asyncio.timeout(20):
            while True:
                for who, span in self.spans:
                    if (who, span.name, span.trace_id.hex()) == (service, name, trace_id):
                        return span
                await asyncio.sleep(0.05)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield collector
    await runner.cleanup()


@pytest.fixture
async def gateway_urls(
    collector: Collector, keys: Keys, tmp_path: Path
) -> AsyncIterator[list[str]]:
    """The gateways of a deployment that sends its spans to the collector."""
    stores = private_stores(tmp_path, keys.store_password, logs=tmp_path, durable=False)
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    deployment = Deployment(stores, keys, logs=tmp_path, environ=environ)
    try:
        await asyncio.to_thread(deployment.start)
        yield deployment.gateway_urls
    finally:
        await asyncio.to_thread(deployment.stop)


async def test_one_trace_from_the_edge_to_the_live_update(
    collector: Collector,
    fan: NewFan,
    new_event: NewEvent,
) -> None:
    event, person = await new_event(), await fan()
    admission = await person.enter(event["id"])
    seat = (await person.seats(event["id"]))[0]["id"]
    _, trace_id, parent, _ = GIVEN.split("-")
    person.headers["traceparent"] = GIVEN
    held = await person.hold(event["id"], admission, {"seat_ids": [seat]})
    assert held.status == 201, held
    edge = await collector.span("tiketi-gateway", "POST /api/events/{id}/holds", trace_id)
    batch = await collector.span("tiketi-gateway", "batch /internal/holds", trace_id)
    booking = await collector.span("tiketi-booking", "POST /internal/holds", trace_id)
    relay = await collector.span("tiketi-notifier", "relay", trace_id)
    assert edge.parent_span_id.hex() == parent
    assert batch.parent_span_id == edge.span_id
    assert booking.parent_span_id == batch.span_id
    assert relay.parent_span_id == booking.span_id


async def test_requests_that_travel_together_are_linked_to(
    collector: Collector,
    fan: NewFan,
    new_event: NewEvent,
) -> None:
    event = await new_event()
    people = [await fan() for _ in range(12)]
    for number, person in enumerate(people, 1):
        person.headers["traceparent"] = f"00-{number:032x}-{number:016x}-01"
    await asyncio.gather(*(person.join(event["id"]) for person in people))
    edges = [
        await collector.span("tiketi-gateway", "POST /api/events/{id}/queue", f"{number:032x}")
        for number in range(1, len(people) + 1)
    ]
    batches = [span for _, span in collector.spans if span.name == "batch /internal/line"]
    reached = {span.parent_span_id for span in batches}
    reached |= {link.span_id for span in batches for link in span.links}
    assert {edge.span_id for edge in edges} <= reached
