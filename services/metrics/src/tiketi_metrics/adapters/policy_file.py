"""The scaling policy's file."""

from importlib.resources import files
from pathlib import Path

from tiketi_metrics.domain.policy import Policy, parse_policy


def load_policy(path: str) -> Policy:
    """The policy at `path`, or the shipped one when that is empty. Raises PolicyError, OSError."""
    source = Path(path) if path else files("tiketi_metrics").joinpath("scaling.toml")
    return parse_policy(source.read_text(encoding="utf-8"))
