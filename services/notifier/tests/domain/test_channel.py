"""A client that was away gets exactly what it missed, or is told that it cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_notifier.domain.channel import (
    ChannelLog,
    Entry,
    Position,
    Recovery,
    Snapshot,
    Verdict,
    continuation,
)

KEEP = 20


def entry(version: int, epoch: str = "e", content: str = "") -> Entry:
    return Entry(Position(epoch, version), "seat-update", f"{epoch}{version}{content}".encode())


def log_up_to(version: int, known_from: int = 1) -> ChannelLog:
    log = ChannelLog(Snapshot(Position("e", known_from - 1), ()), KEEP)
    for each in range(known_from, version + 1):
        log.append(entry(each))
    return log


@given(st.integers(0, 60), st.integers(0, 60))
def test_who_was_away_gets_what_it_missed_or_is_told_that_it_cannot(last: int, seen: int) -> None:
    recovery = log_up_to(last).since(Position("e", seen))
    if max(0, last - KEEP) <= seen <= last:
        assert recovery.recovered
        assert [missed.position.version for missed in recovery.missed] == [
            *range(seen + 1, last + 1)
        ]
    else:
        assert not recovery.recovered
        assert not recovery.missed


def test_another_epoch_is_not_gone_on_from() -> None:
    assert not log_up_to(5).since(Position("other", 3)).recovered


def test_the_next_version_follows() -> None:
    assert log_up_to(5).judge(entry(6)) is Verdict.NEXT


def test_a_version_too_far_is_a_gap() -> None:
    assert log_up_to(5).judge(entry(7)) is Verdict.GAP


def test_what_was_seen_is_known() -> None:
    assert log_up_to(5).judge(entry(4)) is Verdict.KNOWN


def test_a_store_that_went_back_in_time_is_noticed() -> None:
    """After a fail-over that lost writes a version comes again with other content."""
    assert log_up_to(5).judge(entry(4, content="other")) is Verdict.FOREIGN


def test_another_epoch_is_foreign() -> None:
    assert log_up_to(5).judge(entry(6, epoch="other")) is Verdict.FOREIGN


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_a_log_goes_on_from_a_snapshot_without_a_gap(here: int, there: int, kept: int) -> None:
    entries = tuple(entry(version) for version in range(max(0, there - kept) + 1, there + 1))
    following = continuation(log_up_to(here), Snapshot(Position("e", there), entries))
    if 0 <= there - here <= kept:
        assert following is not None
        assert [each.position.version for each in following] == [*range(here + 1, there + 1)]
    else:
        assert following is None


def test_a_snapshot_of_another_epoch_does_not_continue_a_log() -> None:
    assert continuation(log_up_to(3), Snapshot(Position("other", 3), ())) is None


def test_a_log_that_begins_with_a_snapshot_keeps_its_newest_entries() -> None:
    entries = tuple(entry(version) for version in range(3, 8))
    log = ChannelLog(Snapshot(Position("e", 7), entries), keep=3)
    assert log.since(Position("e", 4)) == Recovery(recovered=True, missed=entries[2:])
    assert log.since(Position("e", 3)) == Recovery(recovered=False, missed=())
    log.append(entry(8))
    assert log.since(Position("e", 5)) == Recovery(recovered=True, missed=(*entries[3:], entry(8)))
    assert log.since(Position("e", 4)) == Recovery(recovered=False, missed=())


@pytest.mark.parametrize(
    ("version", "content", "verdict"),
    [
        (8, "", Verdict.GAP),
        (7, "", Verdict.GAP),
        (6, "", Verdict.NEXT),
        (5, "", Verdict.KNOWN),
        (5, "other", Verdict.FOREIGN),
        (3, "", Verdict.KNOWN),
        (3, "other", Verdict.FOREIGN),
        (2, "too old to tell", Verdict.KNOWN),
        (1, "too old to tell", Verdict.KNOWN),
    ],
)
def test_an_entry_is_judged_by_its_version_and_by_what_was_seen(
    version: int, content: str, verdict: Verdict
) -> None:
    log = ChannelLog(Snapshot(Position("e", 5), tuple(entry(v) for v in (3, 4, 5))), keep=9)
    assert log.judge(entry(version, content=content)) is verdict


def test_an_empty_log_knows_its_position_alone() -> None:
    log = ChannelLog(Snapshot(Position("e", 5), ()), keep=9)
    assert log.judge(entry(5, content="too old to tell")) is Verdict.KNOWN
    assert log.since(Position("e", 5)) == Recovery(recovered=True, missed=())
