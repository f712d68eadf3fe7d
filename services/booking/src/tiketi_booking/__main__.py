"""`tiketi-booking` and `python -m tiketi_booking`."""

from tiketi_booking.app import create_app
from tiketi_booking.settings import Settings
from tiketi_shared.run import run


def main() -> None:
    run("booking", Settings, create_app)


if __name__ == "__main__":
    main()
