"""Setup installs or names what is missing, and says which step failed and why."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tiketi_local.binaries import MissingProgram


@pytest.fixture
def bootstrap() -> ModuleType:
    path = Path(__file__).parents[1] / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("bootstrap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def missing() -> Path:
    raise MissingProgram("redis-server is not on the PATH")


def test_who_may_not_install_is_told_what_to_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.binaries, "redis_server", missing)
    monkeypatch.setattr(bootstrap, "_become_root", lambda: None)
    with pytest.raises(bootstrap.StepFailed, match=r"apt-get install .*redis-server"):
        bootstrap.system_packages(tests=False)


def test_a_store_that_is_given_needs_no_program(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.binaries, "redis_server", missing)
    monkeypatch.setenv("REDIS_URL", "redis://redis.example/0")
    assert list(bootstrap._missing_packages(tests=False)) == []


def test_a_failing_step_says_which_and_why(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    why = pytest.raises(bootstrap.StepFailed, match=r"building failed:\n  \| no space left")
    with why, bootstrap._step("building"):
        bootstrap._run(["sh", "-c", "echo no space left; exit 1"])
    assert capsys.readouterr().err.startswith("setup: building ... ")


def test_a_changed_input_is_noticed(bootstrap: ModuleType) -> None:
    lock = bootstrap.ROOT / "requirements.txt"
    assert bootstrap._digest([lock]) == bootstrap._digest([lock])
    assert bootstrap._digest([lock]) != bootstrap._digest([lock], "another Python")
    with pytest.raises(bootstrap.StepFailed, match=r"no-such-file is missing from the checkout"):
        bootstrap._digest([bootstrap.ROOT / "no-such-file"])
