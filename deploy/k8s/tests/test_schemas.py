"""Each service alone and each overlay against Kubernetes' own schemas, strictly, and KEDA's."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest

FOLDERS = [
    "gateway", "queue", "booking", "notifier", "metrics",
    "overlays/development", "overlays/production", "overlays/production-hpa",
]  # fmt: skip
KEDA = Path(__file__).with_name("keda")
OURS = {"ScaledObject": "scaledobject.schema.json", "PodMonitor": None}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_object_is_valid(folder: str, built: Callable[[str], list[dict[str, Any]]]) -> None:
    for manifest in built(folder):
        if manifest["kind"] not in OURS:
            kubernetes_validate.validate(manifest, "1.33", strict=True)


def test_the_scaled_objects_are_valid(
    production: list[dict[str, Any]], of_kind: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    schema = json.loads(Path(__file__).with_name("scaledobject.schema.json").read_text())
    scaled = of_kind(production, "ScaledObject")
    assert scaled.keys() == {"gateway", "queue", "booking", "notifier"}
    for manifest in scaled.values():
        jsonschema.Draft202012Validator(schema).validate(manifest)
    assert faults_by_keda(list(scaled.values())) == ""


def test_kedas_schema_finds_faults(
    production: list[dict[str, Any]], of_kind: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    (scaled, *_) = of_kind(production, "ScaledObject").values()
    spec = {**scaled["spec"], "triggers": "none"}
    assert "triggers must be array" in faults_by_keda([{**scaled, "spec": spec}])


def faults_by_keda(manifests: list[dict[str, Any]]) -> str:
    """What KEDA's own schema has against them, made from its Go types."""
    if not (KEDA / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=KEDA, check=True, timeout=120)
    done = subprocess.run(
        ["node", "validate.js"], cwd=KEDA, input=json.dumps(manifests),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stderr


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_defined_twice(
    folder: str, built: Callable[[str], list[dict[str, Any]]]
) -> None:
    names = [(o["kind"], o["metadata"]["name"]) for o in built(folder)]
    assert len(names) == len(set(names))
