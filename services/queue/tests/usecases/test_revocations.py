"""Admissions that ended early are revoked at booking, at once or when it is available again."""

import pytest
from services.queue.tests.usecases.house import RecordingBooking

from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import BookingUnavailable
from tiketi_queue.usecases.revocations import Revocations
from tiketi_shared.ids import AdmissionId, UserId


def ended(id_: str, expires_ms: int) -> Ended:
    return Ended(UserId("ann"), AdmissionId(id_), expires_ms)


@pytest.fixture
def booking() -> RecordingBooking:
    return RecordingBooking()


@pytest.fixture
def revocations(booking: RecordingBooking) -> Revocations:
    return Revocations(booking, lambda: 100.0)


async def test_an_admission_is_revoked_at_once(
    booking: RecordingBooking, revocations: Revocations
) -> None:
    await revocations.revoke([ended("a", 200_000)])
    assert booking.revoked == [ended("a", 200_000)]
    assert revocations.waiting == []


async def test_a_revocation_that_failed_is_repeated_once(
    booking: RecordingBooking, revocations: Revocations
) -> None:
    booking.unavailable = True
    await revocations.revoke([ended("a", 200_000)])
    with pytest.raises(BookingUnavailable):
        await revocations.retry()
    booking.unavailable = False
    await revocations.retry()
    await revocations.retry()
    assert booking.revoked == [ended("a", 200_000)]


async def test_an_admission_that_expired_meanwhile_is_not_revoked(
    booking: RecordingBooking, revocations: Revocations
) -> None:
    booking.unavailable = True
    await revocations.revoke([ended("old", 99_000), ended("live", 101_000)])
    booking.unavailable = False
    await revocations.retry()
    assert booking.revoked == [ended("live", 101_000)]
