"""A start with ENVIRONMENT=production refuses every secret that the source knows."""

import dataclasses
import importlib
import os
import subprocess
import sys

import pytest

SERVICES = ("gateway", "queue", "booking", "notifier", "metrics")


@pytest.mark.parametrize("service", SERVICES)
def test_a_production_start_refuses_default_secrets(service: str) -> None:
    settings = importlib.import_module(f"tiketi_{service}.settings").Settings
    secrets = [
        field.name.upper() for field in dataclasses.fields(settings) if field.metadata["secret"]
    ]
    assert "IDENTITY_KEYS" in secrets
    started = subprocess.run(
        [sys.executable, "-m", f"tiketi_{service}"],
        env={"PATH": os.environ["PATH"], "ENVIRONMENT": "production", "PORT": "0"},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert started.returncode == 1
    for secret in secrets:
        assert f"{secret}: production needs a value of its own" in started.stderr
