"""Traces are a component: every pod is told of the collector, and may reach it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

K8S = Path(__file__).resolve().parents[1]
FOLDERS = ("overlays/production", "components/tracing")


@pytest.fixture
def traced(tmp_path: Path, built: Callable[[str], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    overlay, component = (os.path.relpath(K8S / name, tmp_path) for name in FOLDERS)
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{overlay}]\ncomponents: [{component}]\n"
    )
    return built(os.path.relpath(tmp_path, K8S))


def test_every_service_sends_spans_to_a_collector_that_it_may_reach(
    traced: list[dict[str, Any]], of_kind: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    for deployment in of_kind(traced, "Deployment").values():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        told = {each["name"]: each.get("value") for each in container["env"]}
        assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector.observability:4318"
        assert told["OTEL_TRACES_SAMPLER"] == "parentbased_traceidratio"
    rule = of_kind(traced, "NetworkPolicy")["traces"]["spec"]
    (way,) = rule["egress"]
    assert rule["podSelector"] == {}
    assert way["ports"] == [{"port": 4318, "protocol": "TCP"}]
