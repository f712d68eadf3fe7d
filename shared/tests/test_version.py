"""One version for the whole of Tiketi, told by every service."""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from tiketi_shared.version import version_of

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("gateway", "queue", "booking", "notifier", "metrics")


def declared(pyproject: Path) -> str:
    version: str = tomllib.loads(pyproject.read_text())["project"]["version"]
    return version


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_prints_the_version_of_its_pyproject(service: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", f"tiketi_{service}", "--version"],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    version = declared(ROOT / f"services/{service}/pyproject.toml")
    assert shown.stdout == f"tiketi-{service} {version}\n"


def test_all_packages_and_the_public_documents_have_the_same_version() -> None:
    folders = ("shared", "deploy/local", "services/*", "tests/*")
    found = {
        str(path.relative_to(ROOT)): declared(path)
        for folder in folders
        for path in ROOT.glob(f"{folder}/pyproject.toml")
    }
    documents = ROOT / "services/gateway/src/tiketi_gateway"
    for document in ("openapi.json", "asyncapi.json"):
        found[document] = json.loads((documents / document).read_text())["info"]["version"]
    cdk = json.loads((ROOT / "deploy/aws/cdk.json").read_text())
    found["deploy/aws/cdk.json"] = cdk["context"]["tiketi:version"]
    assert len(found) > 10
    assert set(found.values()) == {version_of("tiketi-gateway")}, found


def test_the_changelog_has_notes_for_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"\n## {version_of('tiketi-gateway')} - 20" in changelog


def test_an_image_finds_the_version_in_the_pyproject_beside_its_sources(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[project]\nname = "tiketi-example"\nversion = "7.8.9"\n')
    assert version_of("tiketi-example", pyproject) == "7.8.9"


def test_a_package_that_nothing_describes_has_no_version(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    with pytest.raises(PackageNotFoundError):
        version_of("tiketi-example", pyproject)
    pyproject.write_text('[project]\nname = "tiketi-other"\nversion = "7.8.9"\n')
    with pytest.raises(PackageNotFoundError):
        version_of("tiketi-example", pyproject)


@pytest.mark.parametrize("service", SERVICES)
def test_every_image_holds_its_services_pyproject(service: str) -> None:
    dockerfile = (ROOT / f"services/{service}/Dockerfile").read_text()
    assert f"COPY services/{service}/pyproject.toml /app/\n" in dockerfile
    assert "!services/*/pyproject.toml\n" in (ROOT / ".dockerignore").read_text()
