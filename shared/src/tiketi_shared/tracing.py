"""Trace context through every hop (W3C Trace Context), and spans where somebody collects them.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set: then no span is made, nothing of OpenTelemetry's SDK
is loaded, and a `traceparent` that came in is passed on as it is. On, spans go to that collector
over OTLP/HTTP; all OTEL_* variables of the SDK apply (`tracing_export`).

    with span("line", kind="server", parent=request.headers.get(TRACEPARENT, "")):
        ...     # `current_trace()` is the span's traceparent, for the next hop
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Literal, Protocol

TRACEPARENT = "traceparent"

Kind = Literal["server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int]
NOTHING: Attributes = MappingProxyType({})

_WELL_FORMED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_current: ContextVar[str] = ContextVar("traceparent", default="")


class Span(Protocol):
    """A piece of work that has begun."""

    @property
    def traceparent(self) -> str: ...

    def end(self, attributes: Attributes = NOTHING, *, failed: bool = False) -> None: ...


class Tracer(Protocol):
    def begin(
        self, name: str, kind: Kind, parent: str = "", links: Sequence[str] = (),
        attributes: Attributes = NOTHING,
    ) -> Span:  # fmt: skip
        """`parent` and `links` are traceparents; "" for none."""


_tracer: Tracer | None = None


def use_tracer(tracer: Tracer | None) -> None:
    """Record the spans of this process with `tracer`; None turns tracing off."""
    global _tracer  # noqa: PLW0603  a process has one, as it has one way of logging
    _tracer = tracer


def tracer() -> Tracer | None:
    """None while tracing is off."""
    return _tracer


def well_formed(traceparent: str) -> str:
    """It, or "" where it is none."""
    return traceparent if _WELL_FORMED.fullmatch(traceparent) else ""


def current_trace() -> str:
    """The traceparent of the work in hand, "" where there is none."""
    return _current.get()


def trace_headers() -> dict[str, str]:
    """What a call to the next hop carries."""
    trace = _current.get()
    return {TRACEPARENT: trace} if trace else {}


def trace_of(headers: Mapping[str, object]) -> str:
    """The traceparent among a message's headers, "" where there is none."""
    trace = headers.get(TRACEPARENT)
    return trace if isinstance(trace, str) else ""


@contextmanager
def span(
    name: str,
    kind: Kind,
    parent: str,
    attributes: Attributes = NOTHING,
    *,
    links: Sequence[str] = (),
) -> Iterator[None]:
    """A span around a block; with tracing off, only `parent` is passed on."""
    parent = well_formed(parent)
    begun = _tracer.begin(name, kind, parent, links, attributes) if _tracer else None
    before = _current.set(begun.traceparent if begun else parent)
    failed = True
    try:
        yield
        failed = False
    finally:
        _current.reset(before)
        if begun:
            begun.end(failed=failed)
