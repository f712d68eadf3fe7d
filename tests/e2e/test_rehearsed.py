"""A whole on-sale, played by `tiketi-rehearsal` against two instances of each service.

Holds are short, so that what people abandon comes back while others wait.
"""

from collections.abc import Iterator

import pytest

from tiketi_local.deployment import PORTS, Deployment, private_stores
from tiketi_local.keys import Keys
from tiketi_rehearsal.domain.crowd import Plan
from tiketi_rehearsal.domain.verdict import Promises, broken, judge
from tiketi_rehearsal.rehearsal import Bounds, Target, rehearse
from tiketi_rehearsal.terminal import Progress

ENVIRON = {"LIMITS": "off", "HOLD_SECONDS": "12", "PAYMENT_SECONDS": "20", "SANDBOX_SECONDS": "2"}

PROMISES = Promises(p95_seconds=5.0, ranges_right=0.0, pace=20.0)
"""How quick answers are, and how good ranges, is for a machine that does nothing else."""

IDLE = "a seat that came back was unsold"
"""The one promise that is not kept yet with holds as short as these."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("rehearsal")
    stores = private_stores(folder, keys.store_password, logs=folder, durable=False)
    counts = dict.fromkeys(PORTS, 2)
    with Deployment(stores, keys, logs=folder, counts=counts, environ=ENVIRON) as deployment:
        deployment.start()
        yield deployment


@pytest.mark.timeout(420)
def test_300_people_fill_100_seats_and_nobody_is_sent_away_before(
    deployment: Deployment, keys: Keys
) -> None:
    target = Target(
        url=deployment.gateway_urls[0], admin_email=keys.admin_email,
        admin_password=keys.admin_password, capacity=60, per_second=20.0,
    )  # fmt: skip
    plan = Plan(users=300, seats=100, arrive_within=8.0, patience=240.0, seed=20)
    progress = Progress(plan.users, plan.seats)
    records, sold = rehearse(target, plan, Bounds(processes=1, max_seconds=360), progress)
    verdict = judge(records, PROMISES, sold.house)
    print(f"{verdict.ended}, {sold.house}, {verdict.chances}")
    assert verdict.ended["sold_out"] > 100
    missed = broken(verdict, PROMISES)
    assert [each for each in missed if not each.startswith(IDLE)] == []
    if missed:
        # People who wait inside for more seats than came back keep the line from letting somebody
        # in for these, for up to IDLE_SECONDS at each step of `choosers` (decision 0021).
        pytest.xfail(missed[0])
