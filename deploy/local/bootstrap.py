"""Make this checkout able to run: system packages, the virtual environment, the web app.

Only the standard library is used, since nothing else is there yet. Each step is skipped when what
it makes is up to date, says what it does, and when it fails, says which step failed and why.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = ROOT / ".venv"
FRONTEND = ROOT / "services/gateway/frontend"
NODE = HERE / "node"

sys.path.insert(0, str(HERE / "src"))

from tiketi_local import binaries  # noqa: E402  found through the line above, before installing

PYTHON_NEEDED = (3, 11)
NODE_NEEDED = (20, 19)  # what the web app's build tool asks for

INSTALL = """
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then  # we start private instances: the system's own services stay down
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "$@"
"""


class StepFailed(Exception):
    """Why a step could not be done, and what would help."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tests", action="store_true", help="also what only the tests need")
    parser.add_argument("--npm", metavar="SCRIPT", help="run a script of the web app instead")
    arguments = parser.parse_args()
    try:
        if arguments.npm:
            sys.exit(npm_script(arguments.npm))
        with _alone():
            bootstrap(tests=arguments.tests)
    except StepFailed as failure:
        sys.exit(f"setup: {failure}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; it goes on from here the next time")


def bootstrap(*, tests: bool) -> None:
    if sys.version_info < PYTHON_NEEDED:
        raise StepFailed(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed")
    system_packages(tests=tests)
    environment()
    web_app()


def system_packages(*, tests: bool) -> None:
    """Install what is missing, as far as this user may."""
    missing = sorted(set(_missing_packages(tests=tests)))
    if not missing:
        return
    names = " ".join(missing)
    become_root = _become_root()
    if become_root is None or not shutil.which("apt-get"):
        raise StepFailed(f"these are missing; install them and try again:\n  {_advice(names)}")
    with _step(f"installing system packages: {names}"):
        _run([*become_root, "sh", "-c", INSTALL, "sh", *missing])
    if "python3-venv" in missing:  # which may have brought a newer build of this very Python
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  # nosec B606


def _missing_packages(*, tests: bool) -> Iterator[str]:
    probes: list[tuple[str, str, Callable[[], object]]] = [
        ("REDIS_URL", "redis-server", binaries.redis_server),
        ("POSTGRES_DSN", "postgresql", binaries.postgres_folder),
        ("AMQP_URL", "rabbitmq-server", binaries.rabbitmq_server),
    ]
    for variable, package, find in probes:
        if tests or not os.environ.get(variable):
            try:
                find()
            except binaries.MissingProgram:
                yield package
    if not (VENV / "bin/python").exists() and importlib.util.find_spec("ensurepip") is None:
        yield "python3-venv"
    if not shutil.which("node"):
        yield "nodejs"
    if not shutil.which("npm"):
        yield "npm"
    if tests:
        yield from _missing_for_tests()


def _missing_for_tests() -> Iterator[str]:
    if not binaries.chromium():
        yield "chromium"
    if not any(Path("/usr/share/fonts").glob("**/NotoSansCJK*")):
        yield "fonts-noto-cjk"
    if not binaries.libfaketime():
        yield "libfaketime"
    if not shutil.which("ip"):
        yield "iproute2"


def _become_root() -> list[str] | None:
    """The words that make a command run as root; None when this user may not."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if shutil.which("sudo"):
        allowed = subprocess.run([*sudo, "true"], capture_output=True, check=False)  # noqa: S603
        if allowed.returncode == 0:
            return sudo
    return None


def _advice(names: str) -> str:
    if shutil.which("apt-get"):
        return f"sudo apt-get install --no-install-recommends {names}"
    return f"{names} (named as in Debian)"


def environment() -> None:
    """`.venv` with every dependency at its pinned hash and our packages as they are here."""
    packages = [ROOT / "shared", HERE]
    for parent in ("services", "tests"):
        packages += sorted(path.parent for path in (ROOT / parent).glob("*/pyproject.toml"))
    requirements = ROOT / "requirements.txt"
    python = f"{sys.version}\n{ROOT}\n"
    inputs = [requirements, *(folder / "pyproject.toml" for folder in packages)]
    stamp = VENV / ".tiketi-stamp"
    wanted = _digest(inputs, python)
    if _read(stamp) == wanted:
        return
    if _read(VENV / ".tiketi-python") != python or not (VENV / "bin/pip").exists():
        with _step("making the virtual environment .venv"):
            _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
            (VENV / ".tiketi-python").write_text(python)
    pip = [str(VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    with _step("installing the pinned Python packages"):
        _run([*pip, "install", "-qq", "--require-hashes", "-r", str(requirements)])
    with _step("installing Tiketi's own packages"):
        editable = [word for folder in packages for word in ("-e", str(folder))]
        _run([*pip, "install", "-qq", "--no-deps", "--no-build-isolation", *editable])
    stamp.write_text(wanted)


def web_app() -> None:
    """`services/gateway/frontend/dist`, which the gateway serves."""
    lock = FRONTEND / "package-lock.json"
    modules = FRONTEND / "node_modules"
    installed, built = modules / ".tiketi-installed", modules / ".tiketi-built"
    packages = _digest([FRONTEND / "package.json", lock])
    if _read(installed) != packages:
        environ = _node_environ()
        with _step("installing the web app's packages"):
            _run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FRONTEND, environ=environ)
            installed.write_text(packages)
    sources = _digest(_sources(FRONTEND))
    if _read(built) != sources or not (FRONTEND / "dist/index.html").exists():
        environ = _node_environ()
        with _step("building the web app"):
            _run(["npm", "run", "build"], cwd=FRONTEND, environ=environ)
            built.write_text(sources)


def npm_script(name: str) -> int:
    """Run a script of the web app's package.json with a Node.js that is new enough."""
    command = ["npm", "run", "--silent", name]
    return subprocess.run(command, cwd=FRONTEND, env=_node_environ(), check=False).returncode  # noqa: S603


def _node_environ() -> dict[str, str]:
    """The environment in which `node` is new enough: the machine's, or one from npm."""
    node = shutil.which("node") or "node"
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if version and (int(version[1]), int(version[2])) >= NODE_NEEDED:
        return dict(os.environ)
    found = next((NODE / "node_modules").glob("node-*/bin/node"), None)
    if found is None:
        with _step(f"installing a newer Node.js than {answer.stdout.strip() or 'none'}, from npm"):
            _run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE)
        found = next((NODE / "node_modules").glob("node-*/bin/node"), None)
    if found is None:
        needed = ".".join(map(str, NODE_NEEDED))
        raise StepFailed(f"Node.js {needed} or newer is needed, and npm has none for this machine")
    return {**os.environ, "PATH": f"{found.parent}:{os.environ['PATH']}"}


def _sources(folder: Path) -> Iterator[Path]:
    """The files below `folder` that are no results."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - {"node_modules", "dist", "coverage"})
        yield from (Path(parent, name) for name in sorted(names))


def _digest(files: Iterable[Path], extra: str = "") -> str:
    digest = hashlib.sha256(extra.encode())
    for path in files:
        if not path.exists():
            raise StepFailed(f"{path.relative_to(ROOT)} is missing from the checkout")
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _read(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.exists() else None


def _run(
    command: Sequence[str], *, cwd: Path = ROOT, environ: Mapping[str, str] | None = None
) -> None:
    """Run quietly. Raises StepFailed with the end of its output."""
    done = subprocess.run(  # noqa: S603  the commands are ours
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed("\n  | ".join(["failed:", *done.stdout.splitlines()[-30:]]))


@contextmanager
def _step(what: str) -> Iterator[None]:
    sys.stderr.write(f"setup: {what} ... ")
    sys.stderr.flush()
    started = time.monotonic()
    try:
        yield
    except StepFailed as failure:
        sys.stderr.write("\n")
        raise StepFailed(f"{what} {failure}") from failure
    sys.stderr.write(f"{time.monotonic() - started:.0f} s\n")


@contextmanager
def _alone() -> Iterator[None]:
    """Two setups of one checkout wait for each other."""
    with Path(__file__).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("setup: waiting for another setup of this checkout ...\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
