"""The manifests as they would be applied."""

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

Manifest = dict[str, Any]

K8S = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def built() -> Callable[[str], list[Manifest]]:
    """The objects that `kubectl apply -k deploy/k8s/<folder>` would send."""

    @cache
    def build(folder: str) -> list[Manifest]:
        kubectl = shutil.which("kubectl")
        if kubectl is None:
            pytest.fail(
                "kubectl is missing; it needs no cluster: https://kubernetes.io/docs/tasks/tools/"
            )
        done = subprocess.run(
            [kubectl, "kustomize", str(K8S / folder)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    return build


@pytest.fixture(scope="session")
def production(built: Callable[[str], list[Manifest]]) -> list[Manifest]:
    return built("overlays/production")


@pytest.fixture(scope="session")
def development(built: Callable[[str], list[Manifest]]) -> list[Manifest]:
    return built("overlays/development")


@pytest.fixture(scope="session")
def of_kind() -> Callable[[list[Manifest], str], dict[str, Manifest]]:
    """The objects of a kind, by name."""

    def of_kind(objects: list[Manifest], kind: str) -> dict[str, Manifest]:
        return {o["metadata"]["name"]: o for o in objects if o["kind"] == kind}

    return of_kind
