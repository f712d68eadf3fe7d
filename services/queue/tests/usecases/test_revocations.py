from collections.abc import Sequence
from typing import Any

import pytest

from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import TillDown
from tiketi_queue.usecases.revocations import Revocations
from tiketi_shared.ids import AdmissionId, UserId


class Till:
    """Remembers what it was told, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[str] = []

    async def revoke(self, ended: Sequence[Ended]) -> None:
        if self.away:
            raise TillDown
        self.told += [each.admission_id for each in ended]


def ended(id_: str, expires_ms: int) -> Ended:
    return Ended(UserId("ann"), AdmissionId(id_), expires_ms)


@pytest.fixture
def till() -> Any:
    return Till()


@pytest.fixture
def revocations(till: Any) -> Revocations:
    return Revocations(till, lambda: 100.0)


async def test_the_till_is_told_at_once(till: Any, revocations: Revocations) -> None:
    await revocations.revoke([ended("a", 200_000)])
    assert till.told == ["a"]
    assert revocations.waiting == []


async def test_what_the_till_could_not_be_told_is_told_later_and_once(
    till: Any, revocations: Revocations
) -> None:
    till.away = True
    await revocations.revoke([ended("a", 200_000)])
    with pytest.raises(TillDown):
        await revocations.retry()
    till.away = False
    await revocations.retry()
    await revocations.retry()
    assert till.told == ["a"]


async def test_what_has_run_out_meanwhile_is_not_told(till: Any, revocations: Revocations) -> None:
    till.away = True
    await revocations.revoke([ended("old", 99_000), ended("live", 101_000)])
    till.away = False
    await revocations.retry()
    assert till.told == ["live"]
