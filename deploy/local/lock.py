"""Pin every dependency with its hashes: `make lock`.

requirements.txt is for this checkout (all packages and the tools of requirements.in), and each
service's requirements.txt, a subset of the same pins, is for its image. Pins that still fit are
kept; `--upgrade` takes the newest.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
OPTIONS = [
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
]


def main() -> None:
    upgrade = [argument for argument in sys.argv[1:] if argument == "--upgrade"]
    services = _packages("services")
    packages = [ROOT / "shared", ROOT / "deploy/local", *services, *_packages("tests")]
    everything = ROOT / "requirements.txt"
    with tempfile.TemporaryDirectory() as folder:
        # Where our packages name each other, they mean the ones here, which no lock pins.
        ours = {_project(package)["name"]: package for package in packages}
        options = [f"--no-emit-package={name}" for name in ours]
        overrides = Path(folder, "overrides.txt")

        def lock(sources: list[Path], into: Path, *more: str) -> None:
            overrides.write_text(_overrides(ours, sources))
            _compile([f"--override={overrides}", *options, *more], sources, into)

        lock([ROOT / "requirements.in", *packages], everything, *upgrade)
        for service in services:
            lock([service], service / "requirements.txt", f"--constraint={everything}")


def _packages(parent: str) -> list[Path]:
    return sorted(path.parent for path in (ROOT / parent).glob("*/pyproject.toml"))


def _project(package: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    return project


def _overrides(ours: dict[str, Path], sources: list[Path]) -> str:
    """A line for each of our packages, with the extras that `sources` ask for: an override
    replaces a requirement whole, its extras too."""
    extras: dict[str, set[str]] = {name: set() for name in ours}
    for source in sources:
        if source.is_dir():
            for requirement in map(Requirement, _project(source).get("dependencies", [])):
                if requirement.name in extras:
                    extras[requirement.name] |= requirement.extras
    return "".join(
        f"{name}[{','.join(sorted(extras[name]))}] @ {package.as_uri()}\n"
        for name, package in ours.items()
    )


def _compile(options: list[str], sources: list[Path], lock: Path) -> None:
    files = [str(path / "pyproject.toml" if path.is_dir() else path) for path in sources]
    command = [str(UV), "pip", "compile", *OPTIONS, *options, *files, f"--output-file={lock}"]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    main()
