"""`make fuzz`: sends valid and invalid requests to every public operation.

First the dictionary of `hostile.py`. Then Schemathesis makes requests, three times: as nobody, as a
customer who owns what the ids name, and as the admin. It looks for answers that are server errors,
or that the document doesn't describe (status, type, shape, headers), for bad data that is accepted,
and for methods that aren't there. At the end no service may have logged a traceback.
"""

import argparse
import asyncio
import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.security import hostile
from tests.security.hostile import Caller

from tiketi_client.api import TiketiClient, open_client
from tiketi_client.shapes import Account
from tiketi_local.demo import make_demo_events
from tiketi_local.deployment import Deployment, private_stores
from tiketi_local.keys import Keys, load_or_make

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

UNCHECKED = {
    "positive_data_acceptance": "the document has shapes; that seats are free it cannot say",
    "ignored_auth": "every request has the session; test_authorisation.py has every role",
}
ENDS_THE_SESSION = ("POST /api/auth/logout", "PATCH /api/me", "DELETE /api/me")
ADMINS = 20
"""How many accounts send the dictionary, so that no account reaches its rate limits."""

PASSWORD = secrets.token_hex(8)
SEATED = 5000
"""How many seats the demo's seated event has."""

STREAM = "GET /api/events/{id}/stream"
"""Left out, because a stream does not end."""


def main() -> None:
    """Exit with 1 when anything was found."""
    parser = argparse.ArgumentParser(
        prog="make fuzz", description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--seconds", type=int, default=300, help="for Schemathesis, all callers")
    parser.add_argument("--dictionary-seconds", type=int, default=180, help="for the dictionary")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiketi-fuzz-") as name, deployed(Path(name)) as place:
        found = _dictionary(place, arguments.dictionary_seconds, arguments.seed)
        if arguments.seconds:
            share = arguments.seconds // len(place.callers)
            found += [
                f"something was found as {caller.name}"
                for caller in place.callers
                if _fuzz(place.url, caller, place.logs, share, arguments.seed)
            ]
        found += hostile.tracebacks(place.logs)
    sys.exit("\n".join(found) if found else 0)


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment with a caller of each role."""

    url: str
    logs: Path
    callers: list[Caller]
    admins: list[Caller]
    """Organisers, each with a hold, an order and a ticket."""


@contextmanager
def deployed(folder: Path) -> Iterator[Place]:
    keys = load_or_make(folder / "keys.json")
    stores = private_stores(folder, keys.store_password, logs=folder, durable=False)
    # No mail is delivered: no server listens on that port.
    environ = {
        "LIMITS": "off", "FAILED_LOGINS_PER_ADDRESS": "100000", "SMTP_URL": "smtp://127.0.0.1:9",
    }  # fmt: skip
    with Deployment(stores, keys, logs=folder, environ=environ) as deployment:
        deployment.start()
        url = deployment.gateway_urls[0]
        yield asyncio.run(_place(url, folder, keys))


def dictionary(place: Place, seconds: float, seed: int) -> hostile.Found:
    """Send the dictionary as organisers with tickets: they may call every operation."""
    with urlopen(f"{place.url}/api/openapi.json") as answer:
        document = json.load(answer)
    return hostile.run(place.url, document, place.admins, seconds=seconds, seed=seed)


def _dictionary(place: Place, seconds: int, seed: int) -> list[str]:
    print("\n== the dictionary, as admin", flush=True)
    found = dictionary(place, seconds, seed)
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(found.statuses.items()))
    print(f"{found.count:,} requests ({found.left_out:,} left out): {statuses}")
    return found.broken


async def _place(url: str, logs: Path, keys: Keys) -> Place:
    async with open_client(url) as organiser:
        async with asyncio.timeout(30):
            admin = await organiser.login(keys.admin_email, keys.admin_password)
        make_demo_events(url, keys.admin_email, keys.admin_password)
        await asyncio.sleep(2)  # the line of a new event is there within two seconds
        ids, customer = await _bought(organiser.another(), 0)
        few = asyncio.Semaphore(4)  # more passwords at once are refused

        async def one(place: int) -> Caller:
            async with few:
                return await _organiser(organiser, place)

        admins = await asyncio.gather(*(one(place) for place in range(1, ADMINS + 1)))
    callers = [
        Caller("nobody", None, {}),
        Caller("customer", customer.token, ids),
        Caller("admin", admin.token, ids),
    ]
    return Place(url, logs, callers, admins)


async def _organiser(organiser: TiketiClient, place: int) -> Caller:
    """Make an account that buys tickets and then becomes an organiser."""
    client = organiser.another()
    ids, account = await _bought(client, place)
    email = account.user.email
    await organiser.request("POST", "/api/admin/staff", body={"email": email, "role": "admin"})
    session = await client.login(email, PASSWORD)
    return Caller(f"organiser {place}", session.token, ids)


async def _bought(client: TiketiClient, place: int) -> tuple[dict[str, str], Account]:
    """Sign up, hold and buy. Returns the ids of hold, order and ticket, and the account."""
    account = await client.signup(f"{secrets.token_hex(8)}@example.com", PASSWORD, "Kim")
    events = await client.events()
    event = next(each for each in events if each.seats_total == SEATED)
    other = next(each for each in events if each.seats_total != SEATED)
    admission = await client.admission(event.id, timeout=30)
    seats = (f"s{2 * place}", f"s{2 * place + 1}")
    held, bought = [await client.hold(event.id, admission, [seat]) for seat in seats]
    order = await client.checkout(bought.id)
    ids = {
        "events": event.id, "admin/events": other.id, "holds": held.id, "orders": order.id,
        "tickets": order.tickets[0].id,
    }  # fmt: skip
    return ids, account


def _fuzz(url: str, caller: Caller, folder: Path, seconds: int, seed: int) -> bool:
    """Run Schemathesis, which prints its findings. Returns whether there were any."""
    print(f"\n== as {caller.name}", flush=True)
    config = folder / f"{caller.name}.toml"
    config.write_text(_config(caller), encoding="utf-8")
    command = [
        str(SCHEMATHESIS), f"--config-file={config}", "run", f"{url}/api/openapi.json",
        "--phases=examples,coverage,fuzzing", f"--max-time={seconds}", f"--seed={seed}",
        "--continue-on-failure", "--request-timeout=20", "--rate-limit=auto",
    ]  # fmt: skip
    return subprocess.run(command, check=False, cwd=folder).returncode != 0


def _config(caller: Caller) -> str:
    """Schemathesis' own settings. JSON strings are TOML strings."""
    lines = []
    if caller.token:
        lines.append(f"headers = {{ Authorization = {json.dumps('Bearer ' + caller.token)} }}")
    lines += [f"[checks.{check}]\nenabled = false" for check in UNCHECKED]
    unasked = [STREAM, *(ENDS_THE_SESSION if caller.token else ())]
    lines += [
        f"[[operations]]\ninclude-name = {json.dumps(name)}\nenabled = false" for name in unasked
    ]
    lines += [
        f"[[operations]]\ninclude-path-regex = {json.dumps(f'/{collection}/{{id}}')}\n"
        f'parameters = {{ "path.id" = {json.dumps(id_)} }}'
        for collection, id_ in caller.ids.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
