"""Each service declares, locks and ships what it imports, and no driver of a store besides."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
SERVICES = ["booking", "gateway", "metrics", "notifier", "queue"]
DRIVERS = {"aio-pika": "amqp", "asyncpg": "postgres"}
"""What only some services need, by the extra of tiketi-shared that brings it."""

THROUGH_ANOTHER = {"aiormq": "aio-pika"}
"""Imports that come with a declared package, as its documented interface."""


def project(folder: Path) -> dict[str, list[Requirement]]:
    """The requirements of a package, by extra; "" for those of every install."""
    content = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    extras = {"": content["dependencies"], **content.get("optional-dependencies", {})}
    return {extra: [Requirement(line) for line in lines] for extra, lines in extras.items()}


def imported(source: Path) -> set[str]:
    """The distributions that the modules below `source` import, our own left out."""
    names = set[str]()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    others = {name for name in names - sys.stdlib_module_names if not name.startswith("tiketi_")}
    found = packages_distributions()
    distributions = {found[name][0].lower().replace("_", "-") for name in others}
    return {THROUGH_ANOTHER.get(name, name) for name in distributions}


def shared_modules(service: str) -> set[str]:
    """The modules of tiketi_shared that a service imports, and those that these import."""
    pattern = re.compile(r"^ *(?:from|import) tiketi_shared\.(\w+)", re.MULTILINE)
    seen = set[str]()
    waiting = [ROOT / f"services/{service}/src"]
    while waiting:
        source = waiting.pop()
        for path in source.rglob("*.py") if source.is_dir() else [source]:
            for name in set(pattern.findall(path.read_text())) - seen:
                seen.add(name)
                waiting.append(ROOT / f"shared/src/tiketi_shared/{name}.py")
    return seen


def locked(service: str) -> set[str]:
    text = (ROOT / f"services/{service}/requirements.txt").read_text()
    return set(re.findall(r"^([a-z0-9.-]+)==", text, re.MULTILINE))


@pytest.mark.parametrize("folder", ["shared", *(f"services/{name}" for name in SERVICES)])
def test_a_package_declares_what_it_imports(folder: str) -> None:
    needed = project(ROOT / folder)
    declared = {each.name for requirements in needed.values() for each in requirements}
    assert imported(ROOT / folder / "src") <= declared


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_asks_for_the_drivers_of_the_shared_modules_that_it_imports(
    service: str,
) -> None:
    needed = project(ROOT / f"services/{service}")[""]
    (shared,) = [each for each in needed if each.name == "tiketi-shared"]
    assert shared.extras == shared_modules(service) & set(DRIVERS.values())


@pytest.mark.parametrize("service", SERVICES)
def test_a_lock_holds_a_driver_exactly_where_the_service_asks_for_it(service: str) -> None:
    needed = project(ROOT / f"services/{service}")[""]
    (shared,) = [each for each in needed if each.name == "tiketi-shared"]
    asked = {driver for driver, extra in DRIVERS.items() if extra in shared.extras}
    assert locked(service) & set(DRIVERS) == asked
    others = {each.name for each in needed if not each.name.startswith("tiketi-")}
    assert others <= locked(service)


def test_locks_name_no_registry() -> None:
    for lock in [ROOT / "requirements.txt", *ROOT.glob("services/*/requirements.txt")]:
        assert "://" not in lock.read_text(), lock
        assert "--index-url" not in lock.read_text(), lock


def dockerfile(service: str) -> list[str]:
    """The Dockerfile's lines, with placeholders for the service's name and port."""
    text = (ROOT / f"services/{service}/Dockerfile").read_text()
    port = re.search(r"^EXPOSE (\d+)$", text, re.MULTILINE)
    assert port is not None
    return text.replace(service, "NAME").replace(port.group(1), "PORT").splitlines()


@pytest.mark.parametrize("service", ["booking", "metrics", "notifier"])
def test_images_differ_in_name_and_port_only(service: str) -> None:
    assert dockerfile(service) == dockerfile("queue")
