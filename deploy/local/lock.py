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
        ours = {_name(package): package.as_uri() for package in packages}
        overrides = Path(folder, "overrides.txt")
        overrides.write_text("".join(f"{name} @ {uri}\n" for name, uri in ours.items()))
        options = [f"--override={overrides}", *(f"--no-emit-package={name}" for name in ours)]
        _compile([*options, *upgrade], [ROOT / "requirements.in", *packages], everything)
        for service in services:
            pins = f"--constraint={everything}"
            _compile([*options, pins], [service], service / "requirements.txt")


def _packages(parent: str) -> list[Path]:
    return sorted(path.parent for path in (ROOT / parent).glob("*/pyproject.toml"))


def _name(package: Path) -> str:
    name: str = tomllib.loads((package / "pyproject.toml").read_text())["project"]["name"]
    return name


def _compile(options: list[str], sources: list[Path], lock: Path) -> None:
    files = [str(path / "pyproject.toml" if path.is_dir() else path) for path in sources]
    command = [str(UV), "pip", "compile", *OPTIONS, *options, *files, f"--output-file={lock}"]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    main()
