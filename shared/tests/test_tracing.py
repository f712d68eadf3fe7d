"""Trace context: what is passed on, and that nothing of it is loaded or sent while it is off."""

import subprocess
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

from tiketi_shared import tracing
from tiketi_shared.run import configure_tracing
from tiketi_shared.tracing import (
    NOTHING,
    Attributes,
    Kind,
    current_trace,
    span,
    trace_headers,
    trace_of,
    tracer,
    well_formed,
)

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("value", "is_well_formed"),
    [
        (TRACE, True),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", False),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
        ("not a trace", False),
        ("", False),
    ],
)
def test_only_a_well_formed_trace_is_passed_on(value: str, is_well_formed: bool) -> None:
    assert well_formed(value) == (value if is_well_formed else "")


def test_off_what_came_in_goes_on_and_no_further() -> None:
    assert tracer() is None
    with span("work", "server", TRACE):
        assert trace_headers() == {"traceparent": TRACE}
    with span("work", "server", "nonsense"):
        assert trace_headers() == {}
    assert current_trace() == ""


def test_a_message_without_a_trace_has_none() -> None:
    assert trace_of({"traceparent": TRACE}) == TRACE
    assert trace_of({}) == trace_of({"traceparent": 7}) == ""


def test_off_nothing_of_the_sdk_is_loaded() -> None:
    program = (
        "import sys\n"
        "from tiketi_shared.run import configure_tracing\n"
        "configure_tracing('tiketi-example')\n"
        "sys.exit(int('opentelemetry.sdk' in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, env={}).returncode == 0


class Begun:
    """A span of the test's own."""

    traceparent = TRACE.replace("4bf9", "4bfa")

    def __init__(self) -> None:
        self.ended: list[bool] = []

    def end(self, attributes: Attributes = NOTHING, *, failed: bool = False) -> None:
        self.ended.append(failed)


class OneSpan:
    """A tracer that notes down what it was asked to begin."""

    def __init__(self) -> None:
        self.span = Begun()
        self.asked: tuple[Any, ...] = ()

    def begin(
        self, name: str, kind: Kind, parent: str = "", links: Sequence[str] = (),
        attributes: Attributes = NOTHING,
    ) -> Begun:  # fmt: skip
        self.asked = (name, kind, parent, links, attributes)
        return self.span


def test_on_a_span_is_what_the_next_hop_hears_of(monkeypatch: pytest.MonkeyPatch) -> None:
    own = OneSpan()
    monkeypatch.setattr(tracing, "_tracer", own)
    assert tracer() is own
    with span("work", "client", TRACE, {"size": 3}, links=("link",)):
        assert trace_headers() == {"traceparent": Begun.traceparent}
        assert own.span.ended == []
    assert own.asked == ("work", "client", TRACE, ("link",), {"size": 3})
    assert own.span.ended == [False]
    assert current_trace() == ""


def test_spans_are_made_where_a_collector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exporter(OneSpan):
        def __init__(self, service: str) -> None:
            super().__init__()
            self.service = service

    sdk = ModuleType("tiketi_shared.tracing_export")
    monkeypatch.setattr(sdk, "Exporter", Exporter, raising=False)
    monkeypatch.setitem(sys.modules, "tiketi_shared.tracing_export", sdk)
    monkeypatch.setattr(tracing, "_tracer", None)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    configure_tracing("tiketi-example")
    assert tracer() is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    configure_tracing("tiketi-example")
    made = tracer()
    assert isinstance(made, Exporter)
    assert made.service == "tiketi-example"


def test_a_span_around_a_failure_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    own = OneSpan()
    monkeypatch.setattr(tracing, "_tracer", own)
    with pytest.raises(ValueError, match="as it happened"), span("work", "server", "nonsense"):
        raise ValueError("as it happened")
    assert own.asked == ("work", "server", "", (), NOTHING)
    assert own.span.ended == [True]


def test_a_span_within_another_gives_it_back() -> None:
    other = TRACE.replace("-01", "-00")
    with span("outer", "server", TRACE):
        with span("inner", "client", other):
            assert current_trace() == other
        assert current_trace() == TRACE
