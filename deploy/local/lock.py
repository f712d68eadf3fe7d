"""Pin every dependency with its hashes: `make lock`.

requirements.txt is for this checkout (all packages and the tools of requirements.in), and each
service's requirements.txt, a subset of the same pins, is for its image. Pins that still fit are
kept; `--upgrade` takes the newest.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UV = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--universal"]
OPTIONS = [
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
    "--no-emit-package=tiketi-shared",
]


def main() -> None:
    upgrade = [argument for argument in sys.argv[1:] if argument == "--upgrade"]
    services = sorted(path.parent for path in (ROOT / "services").glob("*/pyproject.toml"))
    everything = [ROOT / "requirements.in", ROOT / "shared", ROOT / "deploy/local", *services]
    with tempfile.TemporaryDirectory() as folder:
        ours = Path(folder, "overrides.txt")
        ours.write_text(f"tiketi-shared @ {(ROOT / 'shared').as_uri()}\n")
        options = [*OPTIONS, f"--override={ours}"]
        compile_lock([*options, *upgrade], everything, ROOT / "requirements.txt")
        pins = f"--constraint={ROOT / 'requirements.txt'}"
        for service in services:
            compile_lock([*options, pins], [service], service / "requirements.txt")


def compile_lock(options: list[str], sources: list[Path], lock: Path) -> None:
    files = [str(path / "pyproject.toml" if path.is_dir() else path) for path in sources]
    command = [*UV, *options, *files, f"--output-file={lock}"]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    main()
