from tiketi_gateway.app import create_app, make_runner
from tiketi_gateway.settings import Settings
from tiketi_shared.run import run


def main() -> None:
    run("gateway", Settings, create_app, make_runner)


if __name__ == "__main__":
    main()
