"""One leader, and a decision that outlives it, on a real Redis."""

import pytest
from redis.asyncio import Redis

from tiketi_metrics.adapters.redis_scaling import LEASE_KEY, LEASE_SECONDS, RECORD_KEY, RedisScaling
from tiketi_metrics.domain.board import ScalingRecord
from tiketi_metrics.domain.scaling import ScalingState
from tiketi_metrics.errors import StoreLost


def record(desired: int) -> ScalingRecord:
    state = ScalingState(desired=desired)
    return ScalingRecord(decided_at=1.0, state=state, reason="because", leader="a")


async def lease_runs_out(redis: Redis) -> None:
    """Redis ends it by its own clock, which is moved on here."""
    assert 0 < await redis.pttl(LEASE_KEY) <= 1000 * LEASE_SECONDS
    await redis.pexpire(LEASE_KEY, 0)


async def test_only_one_of_two_leads(redis: Redis) -> None:
    store = RedisScaling(redis)
    assert (await store.lead("a")).leading
    assert not (await store.lead("b")).leading
    assert (await store.lead("a")).leading


async def test_leading_renews_the_lease_and_asking_does_not(redis: Redis) -> None:
    """A leader that goes on leads on; whoever asks meanwhile does not keep a dead one's lease."""
    store = RedisScaling(redis, lease_seconds=100)
    await store.lead("a")
    await redis.pexpire(LEASE_KEY, 2_000)
    await store.lead("b")
    assert 0 < await redis.pttl(LEASE_KEY) <= 2_000
    await store.lead("a")
    assert await redis.pttl(LEASE_KEY) > 2_000


async def test_the_other_sees_what_the_leader_decided(redis: Redis) -> None:
    store = RedisScaling(redis)
    await store.lead("a")
    assert await store.save("a", record(7))
    leading, kept = await store.lead("b")
    assert (leading, kept) == (False, record(7))


async def test_a_leader_that_is_gone_is_followed_with_its_last_decision(redis: Redis) -> None:
    store = RedisScaling(redis)
    await store.lead("a")
    await store.save("a", record(7))
    await lease_runs_out(redis)
    assert await store.lead("b") == (True, record(7))


async def test_a_former_leader_cannot_overwrite_the_new_ones_decision(redis: Redis) -> None:
    store = RedisScaling(redis)
    await store.lead("a")
    await lease_runs_out(redis)
    await store.lead("b")
    await store.save("b", record(7))
    assert not await store.save("a", record(2))
    assert (await store.lead("b")).record == record(7)


async def test_a_record_of_another_version_counts_as_none(redis: Redis) -> None:
    await redis.set(RECORD_KEY, b'{"shape": "of another version"}')
    assert (await RedisScaling(redis).lead("a")).record is None


async def test_a_lost_redis_is_told_apart_from_a_lost_lease() -> None:
    nobody = Redis.from_url("redis://127.0.0.1:9/0", retry=None)
    with pytest.raises(StoreLost):
        await RedisScaling(nobody).lead("a")
