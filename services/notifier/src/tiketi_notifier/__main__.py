"""Start the notifier."""

from tiketi_notifier.app import create_app, make_runner
from tiketi_notifier.settings import Settings
from tiketi_shared.run import run


def main() -> None:
    run("notifier", Settings, create_app, make_runner)


if __name__ == "__main__":
    main()
