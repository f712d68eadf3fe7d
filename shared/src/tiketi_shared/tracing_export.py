"""Spans of OpenTelemetry's SDK, sent to a collector over OTLP/HTTP by a thread of its own.

What OTEL_* variables say (endpoint, headers, sampler, resource, batching) is read by the SDK.
"""

import atexit
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)

from tiketi_shared.tracing import NOTHING, Attributes, Kind

_KINDS = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class Exporter:
    """`tracing.Tracer`. What is still to be sent at the end of the process is sent then."""

    def __init__(self, service: str) -> None:
        named = Resource.create().merge(Resource({"service.namespace": "tiketi"}))
        if named.attributes.get("service.name", "unknown_service").startswith("unknown_service"):  # type: ignore[union-attr]  # a name is text
            named = named.merge(Resource({"service.name": service}))
        provider = TracerProvider(resource=named, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        atexit.register(provider.shutdown)
        self._tracer = provider.get_tracer("tiketi")

    def begin(
        self, name: str, kind: Kind, parent: str = "", links: Sequence[str] = (),
        attributes: Attributes = NOTHING,
    ) -> "ExportedSpan":  # fmt: skip
        context = trace.set_span_in_context(NonRecordingSpan(_context(parent))) if parent else None
        linked = [Link(_context(link)) for link in links if link]
        return ExportedSpan(
            self._tracer.start_span(name, context, _KINDS[kind], dict(attributes), linked)
        )


class ExportedSpan:
    """`tracing.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.traceparent = (
            f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        )

    def end(self, attributes: Attributes = NOTHING, *, failed: bool = False) -> None:
        self._span.set_attributes(dict(attributes))
        if failed:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


def _context(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
