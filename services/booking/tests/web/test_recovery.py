"""The way back into an account: a link by mail, a new password, and everybody else signed out."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from tiketi_booking.adapters.postgres.password_resets import PostgresPasswordResets
from tiketi_booking.domain.accounts import secret_hash, session_hash
from tiketi_shared.messages import session_key

NEW = "another horse battery"
PATH = "/api/auth/password-reset"


@pytest.fixture
async def client(start: Any, settings: Any, mailbox: Any) -> Any:
    client = await start(replace(settings, smtp_url=mailbox.url))
    await client.database.execute("DELETE FROM deliveries")
    return client


@pytest.fixture
def link(client: Any, mailbox: Any, until: Any) -> Any:
    """Asks for a link, and waits for the mail; the link's secret."""

    async def ask(person: Any) -> str:
        before = len(mails_to(mailbox, person))
        assert (await client.call("POST", PATH, {"email": person.email})).status == 202

        async def arrived() -> Any:
            return mails_to(mailbox, person)[before:]

        (mail,) = await until(arrived)
        return secret_in(mail)

    return ask


def mails_to(mailbox: Any, person: Any) -> list[Any]:
    return [mail for mail in mailbox.mails if mail["To"] == person.email]


def secret_in(mail: Any) -> str:
    """The same in the text and in the HTML, after `#`, which no server's log sees."""
    found = {
        found
        for part in ("plain", "html")
        for found in re.findall(
            r"http://127\.0\.0\.1:8080/reset-password#([\w-]{43})",
            mail.get_body((part,)).get_content(),
        )
    }
    (secret,) = found
    return str(secret)


async def confirm(client: Any, secret: str, password: str = NEW) -> Any:
    return await client.call("POST", f"{PATH}/confirm", {"token": secret, "password": password})


async def log_in(client: Any, person: Any, password: str) -> int:
    body = {"email": person.email, "password": password}
    status: int = (await client.call("POST", "/api/auth/login", body)).status
    return status


async def test_a_link_sets_a_new_password_and_signs_everybody_out(
    client: Any, link: Any, redis_url: str
) -> None:
    person, other = await client.person(), await client.person()
    second = await client.signed_in(person.email)
    secret = await link(person)
    assert (await confirm(client, secret)).status == 204
    for session in (person, second):
        resolve = {"session_hash": session_hash(session.token)}
        gone = await client.service("POST", "/internal/sessions/resolve", resolve)
        assert gone.status == 404
    async with Redis.from_url(redis_url) as redis:
        keys = [session_key(session_hash(each.token)) for each in (person, second, other)]
        assert await redis.exists(*keys[:2]) == 0, "gateways would still know the session"
        assert await redis.exists(keys[2]) == 1
    assert await log_in(client, person, "correct horse battery") == 401
    assert await log_in(client, person, NEW) == 200
    assert await log_in(client, other, "correct horse battery") == 200


async def test_a_link_works_once_and_ends_the_others(client: Any, link: Any) -> None:
    person, other = await client.person(), await client.person()
    first, second, of_another = await link(person), await link(person), await link(other)
    assert (await confirm(client, second)).status == 204
    for secret in (second, first):
        again = await confirm(client, secret, "a third horse battery")
        assert (again.status, again.body["code"]) == (410, "reset_expired")
    assert await log_in(client, person, NEW) == 200
    assert (await confirm(client, of_another)).status == 204


async def test_of_two_who_use_a_link_at_once_one_sets_the_password(
    client: Any, link: Any, until: Any
) -> None:
    person = await client.person()
    secret = secret_hash(await link(person))
    resets = PostgresPasswordResets(client.database)
    async with client.database.transaction() as gate:
        await gate.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", person.id)
        uses = [asyncio.ensure_future(resets.use(secret, wish)) for wish in ("hash a", "hash b")]

        async def both_wait() -> bool:
            waiting = await client.database.value(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND query LIKE '%password_resets%'"
            )
            return bool(waiting == 2)

        await until(both_wait)
    outcomes = await asyncio.gather(*uses)
    assert sorted(used is not None for used in outcomes) == [False, True]


@pytest.mark.parametrize(("left", "status"), [(-1, 410), (0, 410), (30, 204)])
async def test_a_link_works_until_it_ends(client: Any, link: Any, left: int, status: int) -> None:
    secret = await link(await client.person())
    await client.database.execute(
        "UPDATE password_resets SET expires_at = now() + make_interval(secs => $2) "
        "WHERE secret_hash = $1",
        secret_hash(secret), left,
    )  # fmt: skip
    assert (await confirm(client, secret)).status == status


async def test_a_mailed_link_lasts_half_an_hour(client: Any, link: Any) -> None:
    secret = await link(await client.person())
    left = await client.database.value(
        "SELECT extract(epoch FROM expires_at - now())::float FROM password_resets "
        "WHERE secret_hash = $1",
        secret_hash(secret),
    )
    assert left == pytest.approx(1800, abs=20)


async def test_a_password_that_is_refused_leaves_the_link(client: Any, link: Any) -> None:
    secret = await link(await client.person())
    refused = await confirm(client, secret, "short")
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "password")
    assert (await confirm(client, secret)).status == 204


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "\u0130" * 43, "x" * 5000])
async def test_a_link_that_never_was_is_refused(client: Any, secret: str) -> None:
    assert (await confirm(client, secret)).status == 410


async def test_nobody_learns_who_has_an_account(client: Any, link: Any, mailbox: Any) -> None:
    unknown = await client.call("POST", PATH, {"email": "nobody@example.org"})
    known = await client.call("POST", PATH, {"email": (await client.person()).email})
    assert (unknown.status, unknown.body) == (known.status, known.body)
    await link(await client.person())  # by now a mail to the unknown address would be there too
    assert all(mail["To"] != "nobody@example.org" for mail in mailbox.mails)


async def test_an_account_gets_three_mails_in_a_quarter_of_an_hour(
    client: Any, link: Any, mailbox: Any
) -> None:
    flooded = await client.person()
    for _ in range(3):
        await link(flooded)
    assert (await client.call("POST", PATH, {"email": flooded.email})).status == 202
    await link(await client.person())
    assert len(mails_to(mailbox, flooded)) == 3


async def test_an_address_of_the_network_that_asks_for_everybody_is_slowed_down(
    client: Any,
) -> None:
    body, sent = {"email": "a@example.org"}, {"X-Forwarded-For": "198.51.100.7"}
    answers = [await client.call("POST", PATH, body, sent) for _ in range(31)]
    assert [answer.status for answer in answers] == [202] * 30 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    elsewhere = await client.call("POST", PATH, body, {"X-Forwarded-For": "198.51.100.8"})
    assert elsewhere.status == 202


async def test_whoever_is_locked_out_by_wrong_passwords_gets_in_by_a_link(
    client: Any, link: Any
) -> None:
    person = await client.person()
    for _ in range(10):
        assert await log_in(client, person, "a guess") == 401
    assert await log_in(client, person, "correct horse battery") == 429
    assert (await confirm(client, await link(person))).status == 204
    assert await log_in(client, person, NEW) == 200


async def test_no_list_shows_the_secret_of_a_link(client: Any, link: Any) -> None:
    admin, person = await client.person("admin"), await client.person()
    secret = await link(person)
    listed = (await admin.call("GET", "/api/admin/deliveries?limit=100")).body["deliveries"]
    (mine,) = [one for one in listed if one["message"]["user_id"] == person.id]
    assert mine["message"]["type"] == "password_reset_requested"
    assert secret not in str(listed)
    kept = await client.database.fetch("SELECT secret_hash FROM password_resets")
    assert secret not in {row["secret_hash"] for row in kept}


async def test_without_a_mail_server_people_are_told(start: Any, settings: Any) -> None:
    client = await start(replace(settings, smtp_url=""))
    answer = await client.call("POST", PATH, {"email": (await client.person()).email})
    assert (answer.status, answer.body["code"]) == (503, "mail_unavailable")


async def test_an_erased_account_has_no_way_back(client: Any, link: Any) -> None:
    person = await client.person()
    secret = await link(person)
    assert (await person.call("DELETE", "/api/me")).status == 204
    assert (await confirm(client, secret)).status == 410
