"""Each service alone and each overlay against Kubernetes' own schemas, strictly, and KEDA's."""

import json
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


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_defined_twice(
    folder: str, built: Callable[[str], list[dict[str, Any]]]
) -> None:
    names = [(o["kind"], o["metadata"]["name"]) for o in built(folder)]
    assert len(names) == len(set(names))
