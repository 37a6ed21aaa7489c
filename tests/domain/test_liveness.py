"""What is made of a look at a published post."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.liveness import Sight, Watch, judge_sight

PUBLISHED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EARLY = PUBLISHED + timedelta(minutes=2)
LATE = PUBLISHED + timedelta(minutes=15)
WATCH = Watch(PUBLISHED, None)
MISSING = Watch(PUBLISHED, EARLY)


def test_a_post_that_is_there_is_looked_for_once_more_after_fifteen_minutes():
    assert judge_sight(Sight.THERE, WATCH, EARLY).look_at == LATE
    assert judge_sight(Sight.THERE, WATCH, LATE).look_at is None


def test_gone_is_believed_the_second_time_in_a_row_only():
    first = judge_sight(Sight.GONE, WATCH, EARLY)
    assert (first.removed, first.look_at) == (False, EARLY + timedelta(minutes=2))
    second = judge_sight(Sight.GONE, MISSING, EARLY + timedelta(minutes=2))
    assert (second.removed, second.look_at) == (True, None)
    assert not judge_sight(Sight.THERE, MISSING, EARLY + timedelta(minutes=2)).removed


@given(
    sight=st.sampled_from([Sight.THERE, Sight.UNTOLD]),
    missing=st.booleans(),
    minutes=st.integers(0, 10_000),
)
def test_without_gone_nothing_is_removed(sight: Sight, missing: bool, minutes: int):
    watch = MISSING if missing else WATCH
    now = PUBLISHED + timedelta(minutes=minutes)
    finding = judge_sight(sight, watch, now)
    assert not finding.removed
    assert finding.look_at is None or finding.look_at > now


@given(minutes=st.integers(14, 10_000), sights=st.lists(st.sampled_from(Sight), max_size=20))
def test_the_looks_come_to_an_end(minutes: int, sights: list[Sight]):
    watch, now = WATCH, PUBLISHED + timedelta(minutes=minutes)
    looks = 0
    while True:
        sight = sights[looks] if looks < len(sights) else Sight.THERE
        finding = judge_sight(sight, watch, now)
        looks += 1
        if finding.look_at is None:
            break
        watch = Watch(PUBLISHED, now if sight is Sight.GONE else None)
        now = finding.look_at
    assert looks <= len(sights) + 2
