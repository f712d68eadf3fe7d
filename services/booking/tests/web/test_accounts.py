"""Accounts, sessions and roles, with Redis and without it."""

import asyncio
import dataclasses
from typing import Any

import pytest
from redis.asyncio import Redis
from services.booking.tests.harness import Client, Start

from tiketi_booking.domain.accounts import session_hash
from tiketi_booking.settings import Settings
from tiketi_shared.messages import SESSIONS_REVOKED, session_key


def _body(**changes: str) -> dict[str, str]:
    return {"email": "a@example.org", "password": "long enough", "name": "Kim", **changes}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
async def test_a_bad_sign_up_names_the_field(
    client: Client, changes: dict[str, str], field: str
) -> None:
    answer = await client.call("POST", "/api/auth/signup", _body(**changes))
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


async def test_nobody_gives_themselves_a_role(client: Client) -> None:
    answer = await client.call("POST", "/api/auth/signup", _body(role="admin"))
    assert (answer.status, answer.body["code"]) == (422, "invalid")
    person = await client.person()
    assert (await person.call("PATCH", "/api/me", {"name": "Kim", "role": "admin"})).status == 422
    assert (await person.call("GET", "/api/me")).body["role"] == "customer"


async def test_an_address_has_one_account_whatever_its_case(client: Client) -> None:
    person = await client.person()
    answer = await client.call("POST", "/api/auth/signup", _body(email=person.email.upper()))
    assert (answer.status, answer.body["code"]) == (409, "email_taken")


async def test_login_gives_a_new_session_and_ends_the_one_presented(client: Client) -> None:
    person = await client.person()
    body = {"email": person.email, "password": "correct horse battery"}
    answer = await person.call("POST", "/api/auth/login", body)
    assert answer.status == 200
    assert answer.body["token"] != person.token
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"tiketi_session={answer.body['token']}")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    old = await _resolve(client, person.token)
    new = await _resolve(client, answer.body["token"])
    assert (old.status, new.status) == (404, 200)
    assert new.body["user_id"] == person.id


async def test_over_https_the_cookie_is_host_only(start: Start, settings: Settings) -> None:
    client = await start(dataclasses.replace(settings, public_url="https://tickets.example"))
    answer = await client.call("POST", "/api/auth/signup", _body(email=f"{id(client)}@x.org"))
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tiketi_session=")
    assert "Secure" in cookie


async def test_a_wrong_password_and_an_unknown_address_are_told_the_same(client: Client) -> None:
    person = await client.person()
    wrong = await client.call(
        "POST", "/api/auth/login", {"email": person.email, "password": "wrong wrong"}
    )
    unknown = await client.call(
        "POST", "/api/auth/login", {"email": "no@example.org", "password": "wrong wrong"}
    )
    assert (wrong.status, wrong.body["code"]) == (401, "invalid_credentials")
    assert {**unknown.body, "request_id": ""} == {**wrong.body, "request_id": ""}


async def test_failed_logins_of_an_account_are_limited(start: Start, settings: Settings) -> None:
    client = await start(dataclasses.replace(settings, failed_logins_per_account=3))
    person = await client.person()
    body = {"email": person.email, "password": "wrong wrong"}
    statuses = [(await client.call("POST", "/api/auth/login", body)).status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    right = {**body, "password": "correct horse battery"}
    assert (await client.call("POST", "/api/auth/login", right)).status == 429


@pytest.mark.parametrize(
    ("addresses", "neighbour_address"),
    [
        (["203.0.113.7", "203.0.113.7", "::ffff:203.0.113.7", "203.0.113.7"], "203.0.113.8"),
        ([f"2001:db8:1:2::{number}" for number in range(1, 5)], "2001:db8:1:3::1"),
    ],
)
async def test_failed_logins_of_an_address_are_limited_over_all_accounts(
    start: Start, settings: Settings, addresses: list[str], neighbour_address: str
) -> None:
    client = await start(
        dataclasses.replace(settings, failed_logins_per_account=5, failed_logins_per_address=3)
    )
    people = [await client.person() for _ in range(4)]
    neighbour = {"X-Forwarded-For": neighbour_address}
    statuses = []
    for person, address in zip(people, addresses, strict=True):
        guesser = {"X-Forwarded-For": address}
        body = {"email": person.email, "password": "wrong wrong"}
        statuses.append((await client.call("POST", "/api/auth/login", body, guesser)).status)
    assert statuses == [401, 401, 401, 429]
    right = {"email": people[3].email, "password": "correct horse battery"}
    assert (await client.call("POST", "/api/auth/login", right, guesser)).status == 429
    assert (await client.call("POST", "/api/auth/login", right, neighbour)).status == 200


async def test_a_login_that_succeeds_forgets_the_failures_of_its_account(
    start: Start, settings: Settings
) -> None:
    client = await start(dataclasses.replace(settings, failed_logins_per_account=3))
    person = await client.person()
    wrong, right = "wrong wrong", "correct horse battery"
    statuses = [
        (
            await client.call(
                "POST", "/api/auth/login", {"email": person.email, "password": password}
            )
        ).status
        for password in (wrong, wrong, right, wrong, wrong, right)
    ]
    assert statuses == [401, 401, 200, 401, 401, 200]


async def test_logout_ends_the_session_everywhere_at_once(client: Client, redis_url: str) -> None:
    person = await client.person()
    hash_ = session_hash(person.token)
    async with Redis.from_url(redis_url) as redis, redis.pubsub() as told:
        assert await redis.exists(session_key(hash_))
        await told.subscribe(SESSIONS_REVOKED)
        await told.get_message(timeout=2)
        assert (await person.call("POST", "/api/auth/logout")).status == 204
        message = await told.get_message(ignore_subscribe_messages=True, timeout=2)
        assert message is not None
        assert message["data"] == hash_.encode()
        assert not await redis.exists(session_key(hash_))
    assert (await _resolve(client, person.token)).status == 404


async def test_without_redis_everything_about_sessions_goes_on(
    start: Start, settings: Settings
) -> None:
    client = await start(dataclasses.replace(settings, redis_url="redis://127.0.0.1:9/0"))
    person = await client.person()
    assert (await _resolve(client, person.token)).status == 200
    assert (await person.call("POST", "/api/auth/logout")).status == 204
    assert (await _resolve(client, person.token)).status == 404


@pytest.mark.parametrize(
    ("left", "after"),
    [(-1, -1), (5, 1800), (1754, 1800), (1758, 1758), (1800, 1800)],
    ids=["ended", "about to end", "used 46 s ago", "used 42 s ago", "used now"],
)
async def test_a_session_in_use_gets_its_whole_length_again_unless_it_hardly_moves(
    client: Client, redis_url: str, left: int, after: int
) -> None:
    person = await client.person()
    database, hash_ = client.database, session_hash(person.token)
    await database.execute(
        "UPDATE sessions SET expires_at = now() + make_interval(secs => $2) WHERE hash = $1",
        hash_, left,
    )  # fmt: skip
    async with Redis.from_url(redis_url) as redis:
        await redis.expire(session_key(hash_), max(left, 1))
        touched = await client.service(
            "POST", "/internal/sessions/touch", {"session_hashes": [hash_, "0" * 64]}
        )
        cached_for = await redis.ttl(session_key(hash_))
        assert not await redis.exists(session_key("0" * 64))
    ends_in = await database.value(
        "SELECT extract(epoch FROM expires_at - now())::float FROM sessions WHERE hash = $1", hash_
    )
    assert touched.status == 204
    assert ends_in == pytest.approx(after, abs=1.5)
    assert cached_for == pytest.approx(max(after, 1), abs=3)


async def test_an_ended_session_is_not_resolved(client: Client) -> None:
    person = await client.person()
    await client.database.execute(
        "UPDATE sessions SET expires_at = now() WHERE hash = $1", session_hash(person.token)
    )
    assert (await _resolve(client, person.token)).status == 404


async def test_the_profile_can_be_changed(client: Client) -> None:
    person = await client.person()
    renamed = await person.call("PATCH", "/api/me", {"name": "Lee"})
    assert (renamed.status, renamed.body["name"]) == (200, "Lee")
    refused = await person.call("PATCH", "/api/me", {"password": "a new password"})
    assert (refused.status, refused.body["code"]) == (401, "invalid_credentials")
    changed = await person.call(
        "PATCH", "/api/me",
        {"password": "a new password", "current_password": "correct horse battery"},
    )  # fmt: skip
    assert changed.status == 200
    body = {"email": person.email, "password": "a new password"}
    assert (await client.call("POST", "/api/auth/login", body)).status == 200


@pytest.mark.parametrize("others", [0, 1, 2])
async def test_a_new_password_ends_every_session_but_the_one_that_set_it(
    client: Client, others: int
) -> None:
    person = await client.person()
    body = {"email": person.email, "password": "correct horse battery"}
    tokens = [
        (await client.call("POST", "/api/auth/login", body)).body["token"] for _ in range(others)
    ]
    change = {"password": "a new password", "current_password": "correct horse battery"}
    assert (await person.call("PATCH", "/api/me", change)).status == 200
    assert (await _resolve(client, person.token)).status == 200
    assert [(await _resolve(client, token)).status for token in tokens] == [404] * others
    renamed = await person.call("PATCH", "/api/me", {"name": "Lee"})
    assert (renamed.status, (await _resolve(client, person.token)).status) == (200, 200)


async def test_an_erased_account_leaves_no_personal_data(client: Client) -> None:
    event, person = await client.event(), await client.person()
    await person.buy(event["id"], {"seat_ids": ["s0"]})
    assert (await person.call("DELETE", "/api/me")).status == 204
    assert (await person.call("GET", "/api/me")).status == 401
    assert (await _resolve(client, person.token)).status == 404
    row = await client.database.row(
        "SELECT email, name, password_hash FROM users WHERE id = $1", person.id
    )
    assert row is not None
    assert tuple(row) == (f"erased-{person.id}@erased.invalid", "", None)
    again = await client.call("POST", "/api/auth/signup", _body(email=person.email))
    assert again.status == 201


async def test_an_admin_gives_and_takes_roles(client: Client) -> None:
    admin, person = await client.person("admin"), await client.person()
    given = await admin.call("POST", "/api/admin/staff", {"email": person.email, "role": "staff"})
    assert (given.status, given.body["role"]) == (200, "staff")
    listed = await admin.call("GET", "/api/admin/staff")
    assert person.id in [one["id"] for one in listed.body["staff"]]
    assert (await _resolve(client, person.token)).status == 404
    denied = await person.call("GET", "/api/admin/staff")
    assert (denied.status, denied.body["code"]) == (403, "forbidden")
    assert (await client.call("GET", "/api/me")).status == 401


async def _resolve(client: Client, token: str) -> Any:
    body = {"session_hash": session_hash(token)}
    return await client.service("POST", "/internal/sessions/resolve", body)


async def only_admin(client: Client) -> Any:
    """Everybody else that other tests made an admin is none any more."""
    admin = await client.person("admin")
    await client.database.execute("UPDATE users SET role = 'customer' WHERE id <> $1", admin.id)
    return admin


async def test_the_last_admin_stays_one(client: Client) -> None:
    admin = await only_admin(client)
    for role in ("customer", "staff"):
        refused = await admin.call("POST", "/api/admin/staff", {"email": admin.email, "role": role})
        assert (refused.status, refused.body["code"]) == (409, "last_admin")
    refused = await admin.call("DELETE", "/api/me")
    assert (refused.status, refused.body["code"]) == (409, "last_admin")
    kept = await admin.call("POST", "/api/admin/staff", {"email": admin.email, "role": "admin"})
    assert kept.status == 200
    second = await client.person("admin")
    assert (await admin.call("DELETE", "/api/me")).status == 204
    assert (await second.call("DELETE", "/api/me")).status == 409


async def test_of_two_admins_who_leave_at_once_one_stays(client: Client) -> None:
    for _ in range(5):
        first, second = await only_admin(client), await client.person("admin")
        answers = await asyncio.gather(
            *(each.call("DELETE", "/api/me") for each in (first, second))
        )
        assert sorted(answer.status for answer in answers) == [204, 409]
