"""Run a whole Tiketi on this machine until told to stop.

usage: python -m tiketi_local

Settings, from the environment:
  PORT             where the web page and the API are (8080)
  DATA_DIR         the stores' data, the secrets and the logs (.run)
  ADMIN_EMAIL      the organiser's account, made at the first start
  ADMIN_PASSWORD   its password; without one it is made up and printed once
  REDIS_URL, POSTGRES_DSN, AMQP_URL
                   stores to use instead of private ones
Further settings (LOG_LEVEL, LIMITS, ...) are passed on to the services.
"""

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tiketi_local.demo import DemoError, make_demo_events
from tiketi_local.deployment import Deployment, default_ports, private_stores
from tiketi_local.keys import Keys, load_or_make
from tiketi_local.leftovers import AlreadyRunning, end_leftovers, only_one, write_down
from tiketi_local.processes import StartError, adopt_orphans, end_descendants, is_free
from tiketi_local.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[4]
WEB_ROOT = ROOT / "services/gateway/frontend/dist"
STORES = ("REDIS_URL", "POSTGRES_DSN", "AMQP_URL")


class CannotRun(Exception):
    """Why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    port: int
    folder: Path
    admin_email: str
    admin_password: str
    given_stores: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        settings = read_settings()
        with only_one(settings.folder):
            run(settings)
    except (CannotRun, AlreadyRunning, StartError, DemoError) as failure:
        sys.exit(f"tiketi: {failure}")
    except KeyboardInterrupt:
        return


def read_settings() -> Settings:
    """From the environment. Raises CannotRun naming what is wrong."""
    raw = os.environ.get("PORT") or "8080"
    if not raw.isdecimal() or not 0 < int(raw) < 65536:
        raise CannotRun(f"PORT: {raw!r} is no port number")
    email = os.environ.get("ADMIN_EMAIL", "")
    if email and "@" not in email:
        raise CannotRun(f"ADMIN_EMAIL: {email!r} is no e-mail address")
    return Settings(
        port=int(raw),
        folder=Path(os.environ.get("DATA_DIR") or ROOT / ".run").resolve(),
        admin_email=email,
        admin_password=os.environ.get("ADMIN_PASSWORD", ""),
        given_stores={name: os.environ[name] for name in STORES if os.environ.get(name)},
    )


def run(settings: Settings) -> None:
    """Start everything, say that it is ready, keep it running until told to stop."""
    if not (WEB_ROOT / "index.html").exists():
        raise CannotRun("the web app is not built: `make run` builds it")
    if not is_free(settings.port):
        raise CannotRun(f"port {settings.port} is in use; choose another: PORT=8090 make run")
    pids = settings.folder / "pids.json"
    for name in end_leftovers(pids):
        say(f"ended {name}, left over from a run that was killed")
    logs = settings.folder / "logs"
    logs.mkdir(exist_ok=True)
    keys = load_or_make(
        settings.folder / "keys.json",
        admin_email=settings.admin_email,
        admin_password=settings.admin_password,
    )
    if settings.admin_email and settings.admin_email != keys.admin_email:
        say(f"the admin is {keys.admin_email} since the first start; ADMIN_EMAIL changes nothing")
    stores = private_stores(
        settings.folder, keys.store_password, logs=logs, given=settings.given_stores
    )
    deployment = Deployment(
        stores, keys, logs=logs, ports=default_ports(settings.port), web_root=WEB_ROOT
    )
    try:
        start(deployment, pids)
        make_demo(deployment, settings, keys)
        sys.stdout.write(f"ready: {deployment.gateway_urls[0]}\n")
        sys.stdout.flush()
        keep_running(deployment, pids)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("stopping")
        adopt_orphans()
        deployment.stop()
        end_descendants()
        pids.unlink(missing_ok=True)
        say("stopped")


def start(deployment: Deployment, pids: Path) -> None:
    started = time.monotonic()
    say("starting the stores")
    deployment.start_stores()
    write_down(pids, deployment.children)
    say("starting the services")
    deployment.start_services()
    write_down(pids, deployment.children)
    say(f"started within {time.monotonic() - started:.1f} s")


def make_demo(deployment: Deployment, settings: Settings, keys: Keys) -> None:
    """Once in the life of the folder: the demo's events, and who may change them."""
    done = settings.folder / "demo-made"
    if done.exists():
        return
    names = make_demo_events(deployment.gateway_urls[0], keys.admin_email, keys.admin_password)
    for name in names:
        say(f"made the demo event {name!r}")
    made_up = keys.admin_password != settings.admin_password
    password = f", password {keys.admin_password} (shown only now)" if made_up else ""
    say(f"the admin is {keys.admin_email}{password}")
    done.touch()


def keep_running(deployment: Deployment, pids: Path) -> NoReturn:
    supervisor = Supervisor(
        deployment.children, say=say, changed=lambda: write_down(pids, deployment.children)
    )
    while True:
        supervisor.look()
        time.sleep(0.2)


def say(text: str) -> None:
    """To whoever watches; the terminal may be gone."""
    with suppress(OSError):
        sys.stderr.write(f"tiketi: {text}\n")
        sys.stderr.flush()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
