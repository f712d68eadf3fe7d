"""That Kubernetes runs exactly as many instances as the metrics service asks for.

`follow` is the arithmetic of the HorizontalPodAutoscaler for an average value of an external
metric, tolerance included (pkg/controller/podautoscaler/replica_calculator.go).
"""

from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tiketi_metrics.adapters.policy_file import load_policy

TOLERANCE = 0.1
RULES = Path(__file__).parents[2] / "monitoring/prometheus/rules/recording.yml"

Objects = list[dict[str, Any]]
Named = dict[str, dict[str, Any]]


def followed(wanted: int) -> float:
    """The value of the recording rule that both alternatives follow."""
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    (expression,) = (
        rule["expr"] for rule in rules
        if rule["record"] == "tiketi:scaling_desired_replicas:followed"
    )  # fmt: skip
    source, _, less = expression.partition(" - ")
    assert source == "max(tiketi_scaling_desired_replicas)"
    return wanted - float(less)


def follow(running: int, metric: float, average: float) -> int:
    if abs(metric / (average * running) - 1) <= TOLERANCE:
        return running
    return ceil(metric / average)


@pytest.mark.parametrize("wanted", range(2, 11))
@pytest.mark.parametrize("running", range(2, 11))
def test_any_number_is_reached_from_any_other(running: int, wanted: int) -> None:
    assert follow(running, followed(wanted), 1.0) == wanted


def test_following_the_number_as_it_is_would_stay_at_ten() -> None:
    assert follow(10, 9.0, 1.0) == 10


def test_keda_and_the_plain_autoscaler_follow_it_alike(
    production: Objects, built: Callable[[str], Objects], of_kind: Callable[..., Named]
) -> None:
    scaled = of_kind(production, "ScaledObject")
    plain = of_kind(built("overlays/production-hpa"), "HorizontalPodAutoscaler")
    assert scaled.keys() == plain.keys()
    policy = load_policy("")
    for name, manifest in scaled.items():
        keda, hpa = manifest["spec"], plain[name]["spec"]
        (trigger,) = keda["triggers"]
        (metric,) = hpa["metrics"]
        assert trigger["metadata"]["query"] == "tiketi:scaling_desired_replicas:followed"
        assert float(trigger["metadata"]["threshold"]) == 1
        assert metric["external"]["target"] == {"type": "AverageValue", "averageValue": "1"}
        assert (keda["minReplicaCount"], keda["maxReplicaCount"]) == (
            hpa["minReplicas"], hpa["maxReplicas"],
        ) == (policy.minimum, policy.maximum)  # fmt: skip
        behaviour = keda["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert behaviour == hpa["behavior"]
        for direction in behaviour.values():
            assert direction["stabilizationWindowSeconds"] == 0
            assert max(rule["value"] for rule in direction["policies"]) >= policy.maximum


def test_each_service_is_scaled_by_its_own_autoscaler_soon(
    production: Objects, built: Callable[[str], Objects], of_kind: Callable[..., Named]
) -> None:
    scaled = of_kind(production, "ScaledObject")
    plain = of_kind(built("overlays/production-hpa"), "HorizontalPodAutoscaler")
    assert scaled.keys() == plain.keys() == {"gateway", "queue", "booking", "notifier"}
    for name in scaled:
        for autoscaler in (scaled[name], plain[name]):
            target = autoscaler["spec"]["scaleTargetRef"]
            assert target["name"] == name
            assert target.get("kind", "Deployment") == "Deployment"
        assert scaled[name]["spec"]["pollingInterval"] <= 15


def test_the_adapter_gives_the_plain_autoscaler_the_same_figure(
    built: Callable[[str], Objects], of_kind: Callable[..., Named]
) -> None:
    values = Path(__file__).parents[1] / "components/hpa/adapter-values.yaml"
    (rule,) = yaml.safe_load(values.read_text())["rules"]["external"]
    assert rule["metricsQuery"] == "tiketi:scaling_desired_replicas:followed"
    for autoscaler in of_kind(built("overlays/production-hpa"), "HorizontalPodAutoscaler").values():
        (metric,) = autoscaler["spec"]["metrics"]
        assert metric["external"]["metric"]["name"] == rule["name"]["as"]


def test_applying_again_leaves_the_number_to_the_autoscaler(
    production: Objects, of_kind: Callable[..., Named]
) -> None:
    deployments = of_kind(production, "Deployment")
    assert "replicas" not in deployments["gateway"]["spec"]
    assert deployments["metrics"]["spec"]["replicas"] == 2


def test_a_lost_prometheus_changes_nothing(
    production: Objects, of_kind: Callable[..., Named]
) -> None:
    for manifest in of_kind(production, "ScaledObject").values():
        assert manifest["spec"]["fallback"]["behavior"] == "currentReplicas"
        (trigger,) = manifest["spec"]["triggers"]
        assert trigger["metadata"]["ignoreNullValues"] == "false"
