"""`make fuzz`: whatever the OpenAPI document allows and forbids, sent to every public operation.

Schemathesis makes the requests, three times: as nobody, as a customer who owns what the ids name,
and as the admin. It looks for answers that are server errors, or that the document doesn't describe
(status, type, shape, headers), for bad data that is accepted, and for methods that aren't there.
"""

import argparse
import asyncio
import json
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tiketi_client.api import TiketiClient, open_client
from tiketi_local.demo import make_demo_events
from tiketi_local.deployment import Deployment, private_stores
from tiketi_local.keys import Keys, load_or_make

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

UNCHECKED = {
    "positive_data_acceptance": "the document has shapes; that seats are free it cannot say",
    "ignored_auth": "every request has the session; test_authorisation.py has every role",
}
ENDS_THE_SESSION = ("POST /api/auth/logout", "PATCH /api/me", "DELETE /api/me")
SEATED = 5000
"""Seats of the demo's event that has them."""

STREAM = "GET /api/events/{id}/stream"
"""Does not end."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`ids` by the collection that stands before them in a path; without, they are made up."""

    name: str
    token: str | None
    ids: dict[str, str]


def main() -> None:
    """Exits 1 when anything was found."""
    parser = argparse.ArgumentParser(
        prog="make fuzz", description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--seconds", type=int, default=300, help="for all three callers")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiketi-fuzz-") as name:
        folder = Path(name)
        keys = load_or_make(folder / "keys.json")
        stores = private_stores(folder, keys.store_password, logs=folder, durable=False)
        with Deployment(stores, keys, logs=folder, environ={"LIMITS": "off"}) as deployment:
            deployment.start()
            url = deployment.gateway_urls[0]
            callers = asyncio.run(_callers(url, keys))
            found = [
                caller.name
                for caller in callers
                if _fuzz(url, caller, folder, arguments.seconds // len(callers), arguments.seed)
            ]
    sys.exit(f"something was found as {', '.join(found)}" if found else 0)


async def _callers(url: str, keys: Keys) -> list[Caller]:
    async with open_client(url) as organiser:
        async with asyncio.timeout(30):
            admin = await organiser.login(keys.admin_email, keys.admin_password)
        make_demo_events(url, keys.admin_email, keys.admin_password)
        await asyncio.sleep(2)  # the line of a new event is there within two seconds
        ids, customer = await _bought(organiser.another())
    return [
        Caller("nobody", None, {}),
        Caller("customer", customer, ids),
        Caller("admin", admin.token, ids),
    ]


async def _bought(client: TiketiClient) -> tuple[dict[str, str], str]:
    """Somebody's live hold, order and ticket; and their session."""
    account = await client.signup(
        f"{secrets.token_hex(8)}@example.com", secrets.token_hex(8), "Kim"
    )
    event = next(each for each in await client.events() if each.seats_total == SEATED)
    admission = await client.admission(event.id, timeout=30)
    held, bought = [await client.hold(event.id, admission, [seat]) for seat in ("s0", "s1")]
    order = await client.checkout(bought.id)
    ids = {
        "events": event.id, "holds": held.id, "orders": order.id, "tickets": order.tickets[0].id,
    }  # fmt: skip
    return ids, account.token


def _fuzz(url: str, caller: Caller, folder: Path, seconds: int, seed: int) -> bool:
    """Whether anything was found; what it was is printed."""
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
