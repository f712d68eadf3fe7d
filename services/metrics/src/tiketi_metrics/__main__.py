"""`tiketi-metrics`, or `python -m tiketi_metrics`."""

from tiketi_metrics.app import create_app
from tiketi_metrics.settings import Settings
from tiketi_shared.run import run


def main() -> None:
    run("metrics", Settings, create_app)


if __name__ == "__main__":
    main()
