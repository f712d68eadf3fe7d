"""Settings that the gateway refuses to start with; each test starts a process."""

import os
import subprocess
import sys

import pytest

PRODUCTION = {"ENVIRONMENT": "production", "IDENTITY_KEYS": "own:a-secret-of-this-deployment"}


def refusal_of(**environ: str) -> str:
    """What a gateway that must not start prints."""
    ended = subprocess.run(
        [sys.executable, "-m", "tiketi_gateway"],
        env={**os.environ, "PORT": "0", "METRICS_PORT": "0", **environ},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_production_refuses_to_go_without_limits() -> None:
    assert "LIMITS: production refuses 'off'" in refusal_of(**PRODUCTION, LIMITS="off")


def test_production_refuses_the_development_keys() -> None:
    assert "IDENTITY_KEYS: production needs" in refusal_of(ENVIRONMENT="production")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "tiketi.example"),
        ("TRUSTED_PROXIES", "the balancer"),
        ("QUEUE_URLS", "https://queue:8081"),
        ("IDENTITY_KEYS", "short:key"),
        ("MAX_CONNECTIONS", "1"),
    ],
)
def test_an_unusable_setting_is_named(name: str, value: str) -> None:
    assert name in refusal_of(**{name: value})
