"""What booking costs, beside pgbench with one prepared statement on the same server.

    python -m tests.bench.bench_booking

- holds at the service: batches as a gateway sends them, 64 buyers over 100,000 seats, CPU of the
  service and Postgres together, and the rate against pgbench's, in turns: the disk is slow at times
- one hold at a time over HTTP, for the cost without company
- 1,000 buyers for 100 seats at once: exactly 100 sold
- availability of 50,000 seats, half of them sold: CPU of a first answer at a version, and its bytes
- a login storm beside holds: how much slower holds become when 1,000 people a second sign in, and
  when 200 clients that know no pause do (through the gateway, its limits stop those)
"""

import asyncio
import itertools
import random
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import asyncpg
import msgspec
from aiohttp import ClientSession
from tests.bench.lib import (
    Figure,
    Server,
    cpu_seconds,
    drive,
    forever,
    get,
    main,
    post,
    server_process,
    with_children,
)

from tiketi_booking.migrate import migrate
from tiketi_local.binaries import postgres_folder
from tiketi_local.stores import PostgresServer, RedisServer
from tiketi_shared.batches import Batch, HoldRequest
from tiketi_shared.ids import AdmissionId, EventId, UserId, new_id
from tiketi_shared.tokens import Admission, Identity, KeyRing

IDENTITY = KeyRing("dev:tiketi-development-identity-key-0")
ADMISSION = KeyRing("dev:tiketi-development-admission-key")

BUYERS = 64
TURNS = 5
HOLDS = 12_800
"""In each turn."""
SEATS = 100_000

# The floor: the least that holds one seat. No limits, no admissions, no versions, no messages.
_PGBENCH = """
\\set seat random(0, {last})
WITH taken AS (
    UPDATE seats SET state = 'h', hold_id = 'x', hold_until = now() + interval '300 seconds'
    WHERE event_id = '{event_id}' AND idx = :seat
    AND (state = 'a' OR (state = 'h' AND hold_until <= now()))
    RETURNING idx, type
)
INSERT INTO holds (id, event_id, user_id, seats, types, prices, total, created_at, granted_until,
                   expires_at)
SELECT gen_random_uuid()::text, '{event_id}', gen_random_uuid()::text, ARRAY[t.idx], ARRAY[t.type],
    ARRAY[k.price], k.price, now(), now() + interval '300 seconds', now() + interval '300 seconds'
FROM taken t JOIN ticket_types k ON k.event_id = '{event_id}' AND k.number = t.type;
"""


def service_headers() -> dict[str, str]:
    identity = Identity(UserId("gateway"), "service", int(time.time()) + 3600)
    return {"X-Tiketi-Identity": IDENTITY.sign(identity)}


def user_headers(user_id: str, role: str = "customer") -> dict[str, str]:
    identity = Identity(UserId(user_id), role, int(time.time()) + 3600)
    return {"X-Tiketi-Identity": IDENTITY.sign(identity)}


def admission(event_id: str, user_id: str) -> str:
    now = int(time.time())
    return ADMISSION.sign(
        Admission(EventId(event_id), UserId(user_id), AdmissionId(new_id()), now, now + 3600)
    )


async def make_event(server: Server, rows: int, seats_per_row: int) -> str:
    now = datetime.now(UTC)
    body = {
        "name": "Bench", "venue": "Here", "starts_at": now + timedelta(days=2),
        "sale_opens_at": now - timedelta(hours=1), "sale_closes_at": now + timedelta(days=1),
        "max_per_user": 100, "ticket_types": [{"name": "R", "price": 1000}],
        "layout": {"sections": [
            {"name": "A", "rows": rows, "seats_per_row": seats_per_row, "ticket_type": "R"}
        ]},
    }  # fmt: skip
    async with (
        ClientSession() as session,
        session.post(
            f"http://127.0.0.1:{server.port}/api/admin/events",
            data=msgspec.json.encode(body), headers=user_headers(new_id(), "admin"),
        ) as response,
    ):  # fmt: skip
        assert response.status == 201, await response.text()
        return str((await response.json())["id"])


def hold_requests(event_id: str, seats: Iterator[int], count: int) -> list[HoldRequest]:
    requests = []
    for _ in range(count):
        user_id = UserId(new_id())
        body = b'{"seat_ids":["s%d"]}' % next(seats)
        requests.append(
            HoldRequest(
                EventId(event_id), user_id, "bench", admission(event_id, user_id), None, body
            )
        )
    return requests


def batch_posts(requests: list[HoldRequest], size: int) -> list[bytes]:
    return [
        post(
            "/internal/holds",
            msgspec.msgpack.encode(Batch(requests[first : first + size])),
            service_headers(),
        )
        for first in range(0, len(requests), size)
    ]


def pgbench(postgres: PostgresServer, event_id: str, seconds: int = 3) -> float:
    """Holds a second of one prepared statement, 64 clients."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            _PGBENCH.format(event_id=event_id, last=SEATS - 1)
            .replace("\n", " ")
            .replace(") WITH", ")\nWITH")
        )  # the meta command stands on a line of its own
        script.flush()
        Path(script.name).chmod(0o644)
        done = subprocess.run(
            [
                postgres_folder() / "pgbench", "-n", "-M", "prepared", "-c", str(BUYERS), "-j", "2",
                "-T", str(seconds), "-f", script.name, postgres.dsn,
            ],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])


def bench_seats() -> Iterator[int]:
    """Every seat once, in an order that jumps about."""
    return itertools.cycle((step * 61_803) % SEATS for step in range(SEATS))


@contextmanager
def stores() -> Iterator[tuple[PostgresServer, RedisServer]]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        postgres = PostgresServer(Path(folder) / "postgres")
        redis = RedisServer(Path(folder) / "redis")
        postgres.start()
        redis.start()
        try:
            yield postgres, redis
        finally:
            postgres.kill()
            redis.kill()


@contextmanager
def booking(postgres: PostgresServer, redis: RedisServer) -> Iterator[Server]:
    environ = {
        "POSTGRES_DSN": postgres.dsn, "REDIS_URL": redis.url, "ADMIN_PASSWORD": "bench-admin",
        "AMQP_URL": "amqp://guest:guest@127.0.0.1:9/", "LOG_LEVEL": "error",
    }  # fmt: skip
    with server_process(["-m", "tiketi_booking"], environ) as server:
        yield server


async def measure() -> list[Figure]:
    figures: list[Figure] = []
    with stores() as (postgres, redis):
        await migrate(postgres.dsn)
        with booking(postgres, redis) as server:
            figures += await holds(postgres, server)
            figures += await race(postgres, server)
            figures += await availability(postgres, server)
            figures += await login_storm(server)
    return figures


async def holds(postgres: PostgresServer, server: Server) -> list[Figure]:
    def pids() -> list[int]:
        assert postgres.child.pid is not None
        return [server.pid, *with_children(postgres.child.pid)]

    floors, loads = [], []
    for _ in range(TURNS):
        event_id = await make_event(server, 1000, 100)
        await tidy(postgres)
        floors.append(await asyncio.to_thread(pgbench, postgres, event_id))
        event_id = await make_event(server, 1000, 100)
        seats = bench_seats()
        posts = batch_posts(hold_requests(event_id, seats, HOLDS), BUYERS)
        await tidy(postgres)
        loads.append(await drive(server.port, posts, connections=4, pids=pids))
        assert await held(postgres, event_id) == HOLDS
    floor = median(floors)
    rate = median(load.per_second * BUYERS for load in loads)
    cost = median(load.cpu_us / BUYERS for load in loads)
    singles = [
        post(
            f"/api/events/{event_id}/holds", request.body,
            {"Queue-Admission": request.admission, **user_headers(request.user_id)},
        )
        for request in hold_requests(event_id, seats, 3000)
    ]  # fmt: skip
    alone = await drive(server.port, singles, connections=BUYERS, pids=pids)
    assert set(alone.statuses) == {201}, alone.statuses
    return [
        Figure("pgbench, one prepared statement a hold", floor, unit="/s"),
        Figure("holds at the service, batches of 64", rate, floor=floor, unit="/s"),
        Figure("pgbench's rate as a share of ours", floor / rate, bound=0.5, unit=""),
        Figure("CPU of a hold in a batch, with Postgres", cost, bound=300),
        Figure("CPU of a hold by its own HTTP call, 64 buyers", alone.cpu_us),
        Figure("p95 of those", alone.percentile(0.95) * 1000, unit="ms", bound=200),
    ]


async def held(postgres: PostgresServer, event_id: str) -> int:
    connection = await asyncpg.connect(postgres.dsn)
    count: int = await connection.fetchval(
        "SELECT count(*) FROM seats WHERE event_id = $1 AND state = 'h'", event_id
    )
    await connection.close()
    return count


async def tidy(postgres: PostgresServer) -> None:
    """Nobody pays for what was written before."""
    connection = await asyncpg.connect(postgres.dsn)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def race(postgres: PostgresServer, server: Server) -> list[Figure]:
    """1,000 buyers for 100 seats, against 1,000 for 1,000."""
    spread = await make_event(server, 10, 100)
    wide = batch_posts(hold_requests(spread, iter(range(1000)), 1000), 50)
    free = await drive(server.port, wide, connections=20)
    contended = await make_event(server, 1, 100)
    narrow = batch_posts(hold_requests(contended, itertools.cycle(range(100)), 1000), 50)
    fought = await drive(server.port, narrow, connections=20)
    assert await held(postgres, contended) == 100
    return [
        Figure("1,000 buyers for 1,000 seats", 1000 / free.seconds, unit="/s"),
        Figure("1,000 buyers for 100 seats: exactly 100 held", 1000 / fought.seconds, unit="/s"),
        Figure("uncontended rate over contended", fought.seconds / free.seconds, bound=2, unit="x"),
    ]


async def availability(postgres: PostgresServer, server: Server) -> list[Figure]:
    event_id = await make_event(server, 500, 100)
    connection = await asyncpg.connect(postgres.dsn)
    half = random.Random(1).sample(range(2, 50_000), 25_000)
    assert await connection.fetchval("SELECT block_seats($1, $2, true)", event_id, half) == []
    path = f"/api/events/{event_id}/availability"
    request = get(path, {"Accept-Encoding": "gzip"})
    await drive(server.port, [request], connections=1)
    rounds, spent, size = 100, 0.0, 0
    async with ClientSession(auto_decompress=False) as session:
        for place in range(rounds):
            await connection.fetchval(
                "SELECT block_seats($1, $2, $3)", event_id, [place % 2], place % 4 < 2
            )
            await asyncio.sleep(0.02)
            before = cpu_seconds([server.pid])
            async with session.get(
                f"http://127.0.0.1:{server.port}{path}", headers={"Accept-Encoding": "gzip"}
            ) as response:
                size = max(size, len(await response.read()))
            spent += cpu_seconds([server.pid]) - before
    load = await drive(server.port, forever(request), seconds=2, pids=lambda: [server.pid])
    await connection.close()
    return [
        Figure("availability of 50,000 seats at a new version", spent / rounds * 1e6, bound=2000),
        Figure("the same again, 64 readers", load.cpu_us, bound=2000),
        Figure("its size", size / 1000, unit="kB", bound=30),
    ]


async def login_storm(server: Server) -> list[Figure]:
    """Holds while far more people sign in than argon2 has time for."""
    event_id = await make_event(server, 1000, 100)
    seats = bench_seats()

    async def p95(count: int) -> float:
        load = await drive(
            server.port, batch_posts(hold_requests(event_id, seats, count), 8), connections=4,
            per_second=50,
        )  # fmt: skip
        return load.percentile(0.95) * 1000

    async def p95_beside_logins(per_second: float | None) -> float:
        logins = forever(
            *(
                post(
                    "/api/auth/login",
                    msgspec.json.encode({"email": f"{new_id()}@x.org", "password": "wrong-one"}),
                    {"X-Forwarded-For": f"10.0.{place // 250}.{place % 250}"},
                )
                for place in range(5000)
            )
        )
        storm = asyncio.create_task(
            drive(server.port, logins, seconds=3, connections=200, per_second=per_second)
        )
        await asyncio.sleep(0.2)
        found = await p95(800)
        statuses = Counter((await storm).statuses)
        assert set(statuses) <= {401, 429}, statuses
        return found

    calm, storm = await p95(800), await p95_beside_logins(1000)
    return [
        Figure("p95 of a batch of 8 holds, calm", calm, unit="ms"),
        Figure("the same beside 1,000 logins a second", storm, floor=calm, unit="ms", bound=200),
        Figure("beside logins without a pause", await p95_beside_logins(None), calm, unit="ms"),
    ]


if __name__ == "__main__":
    main(measure)
