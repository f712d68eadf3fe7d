"""What ends, lapses or is cleaned up by the database's clock: just before, at and just after."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from services.booking.tests.harness import BoxOffice

from tiketi_booking.adapters.postgres.accounts import PostgresAccounts
from tiketi_booking.adapters.postgres.idempotency import PostgresIdempotency
from tiketi_booking.adapters.postgres.maintenance import tidy
from tiketi_booking.domain.accounts import Account
from tiketi_booking.errors import StillRunning
from tiketi_shared.ids import UserId, new_id

TICK = timedelta(microseconds=1)
EDGES = pytest.mark.parametrize("ticks", [-1, 0, 1], ids=["before", "at", "after"])


@pytest.fixture
async def noon(office: BoxOffice) -> datetime:
    """The database's clock stands at this moment."""
    moment = datetime.now(UTC)
    await office.clock.set(moment)
    return moment


@pytest.fixture
def accounts(office: BoxOffice) -> PostgresAccounts:
    return PostgresAccounts(office.database)


@EDGES
async def test_a_session_that_has_ended_is_neither_resolved_nor_revived(
    office: BoxOffice, accounts: PostgresAccounts, noon: datetime, ticks: int
) -> None:
    user_id = UserId(new_id())
    await accounts.create(Account(user_id, f"{user_id}@x.org", "X", "customer"), "hash")
    hash_ = new_id()
    ends = await accounts.open_session(hash_, user_id, 1800)
    assert ends == noon + timedelta(seconds=1800)
    now = ends + ticks * TICK
    await office.clock.set(now)
    await accounts.touch([hash_], 1800)
    found = await accounts.session(hash_)
    if ticks < 0:
        assert found is not None
        assert (found[0].id, found[1]) == (user_id, now + timedelta(seconds=1800))
    else:
        assert found is None


@EDGES
async def test_failed_logins_lapse_with_their_window_and_begin_another(
    office: BoxOffice, accounts: PostgresAccounts, noon: datetime, ticks: int
) -> None:
    key, other = new_id(), new_id()
    for _ in range(3):
        await accounts.count_failure([key, other], 900)
    await accounts.count_failure([other], 900)
    await office.clock.set(noon + timedelta(seconds=900) + ticks * TICK)
    counted = {key: 3, other: 4} if ticks < 0 else {}
    assert await accounts.failures([key, other]) == counted
    await accounts.count_failure([key], 900)
    assert (await accounts.failures([key]))[key] == (4 if ticks < 0 else 1)


@EDGES
async def test_a_request_runs_for_a_minute_before_its_repeat_may_begin(
    office: BoxOffice, noon: datetime, ticks: int
) -> None:
    store, key, request = PostgresIdempotency(office.database), new_id().encode(), b"request"
    assert await store.begin(key, request) is None
    await office.database.execute(
        "UPDATE idempotency SET created_at = $2 WHERE key = $1", key, noon
    )
    await office.clock.set(noon + timedelta(seconds=60) + ticks * TICK)
    if ticks <= 0:
        with pytest.raises(StillRunning):
            await store.begin(key, request)
        return
    assert await store.begin(key, request) is None
    with pytest.raises(StillRunning):  # of two repeats one begins
        await store.begin(key, request)


@EDGES
@pytest.mark.parametrize(
    ("table", "make", "kept_seconds"),
    [
        (
            "outbox",
            """INSERT INTO outbox (event_id, messages, created_at, sent_at)
            VALUES ($1, '[]', $2, $2)""",
            60,
        ),
        (
            "idempotency",
            """INSERT INTO idempotency (key, request, status, body, created_at)
            VALUES ($1::text::bytea, '', 200, '', $2)""",
            86_400,
        ),
        ("spent_admissions", "INSERT INTO spent_admissions VALUES ($1, $2)", 3600),
        ("login_failures", "INSERT INTO login_failures VALUES ($1, 1, $2)", 0),
    ],
)
async def test_rows_are_kept_as_long_as_somebody_may_need_them(
    office: BoxOffice, noon: datetime, *, table: str, make: str, kept_seconds: int, ticks: int
) -> None:
    key = new_id()
    await office.database.execute(make, key, noon)
    await office.clock.set(noon + timedelta(seconds=kept_seconds) + ticks * TICK)
    await tidy(office.database)
    column = {"outbox": "event_id", "idempotency": "convert_from(key, 'UTF8')"}.get(
        table, "admission_id" if table == "spent_admissions" else "key"
    )
    left = await office.database.value(f"SELECT count(*) FROM {table} WHERE {column} = $1", key)
    assert left == (ticks <= 0)


async def test_messages_that_have_not_left_are_never_cleaned_up(
    office: BoxOffice, noon: datetime
) -> None:
    event_id = new_id()
    await office.database.execute(
        "INSERT INTO outbox (event_id, messages, created_at) VALUES ($1, '[]', $2)", event_id, noon
    )
    await office.clock.set(noon + timedelta(days=30))
    await tidy(office.database)
    query = "SELECT count(*) FROM outbox WHERE event_id = $1"
    assert await office.database.value(query, event_id) == 1


@EDGES
async def test_a_session_is_cleaned_up_once_it_has_ended(
    office: BoxOffice, accounts: PostgresAccounts, noon: datetime, ticks: int
) -> None:
    user_id = UserId(new_id())
    await accounts.create(Account(user_id, f"{user_id}@x.org", "X", "customer"), "hash")
    await accounts.open_session(new_id(), user_id, 1800)
    await office.clock.set(noon + timedelta(seconds=1800) + ticks * TICK)
    await tidy(office.database)
    assert len(await accounts.sessions_of(user_id)) == (ticks <= 0)


@pytest.mark.parametrize("wanted", [[4, 5, 6], 3], ids=["seats", "standing"])
@EDGES
async def test_a_sale_is_of_the_last_hour_for_an_hour(
    office: BoxOffice, noon: datetime, wanted: Sequence[int] | int, ticks: int
) -> None:
    hall = await office.hall()
    order = await office.buy(hall, await office.user(), wanted)
    await office.database.execute("UPDATE orders SET created_at = $2 WHERE id = $1", order.id, noon)
    await office.clock.set(noon + timedelta(hours=1) + ticks * TICK)
    assert await office.orders.sold_last_hour([hall.id]) == ({hall.id: 3} if ticks < 0 else {})
