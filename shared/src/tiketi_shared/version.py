"""The version of a Tiketi package, whose one source is the package's `pyproject.toml`.

An installed package carries its version in its metadata. A container image holds the sources
without installing them, and the service's `pyproject.toml` beside them: `/app/pyproject.toml`,
`/app/src/tiketi_shared/version.py`.
"""

import tomllib
from importlib import metadata
from pathlib import Path

IMAGE_PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def version_of(distribution: str, pyproject: Path = IMAGE_PYPROJECT) -> str:
    """The version of `distribution`, such as `tiketi-queue`.

    Raises PackageNotFoundError when neither the metadata nor `pyproject` describes it.
    """
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        project = _project(pyproject)
        if project.get("name") != distribution:
            raise
        return project["version"]


def _project(pyproject: Path) -> dict[str, str]:
    if not pyproject.exists():
        return {}
    project: dict[str, str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    return project
