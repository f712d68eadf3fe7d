"""`tiketi-queue`: settings, app, run."""

from tiketi_queue.app import create_app
from tiketi_queue.settings import Settings
from tiketi_shared.run import run


def main() -> None:
    run("queue", Settings, create_app)


if __name__ == "__main__":
    main()
