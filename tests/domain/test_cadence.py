"""When figures are read, what of them is kept, and what engagement is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.analytics import COUNT_MAX, AnalyticsPeriod, Figures, bucket, count, engagement_rate
from domain.cadence import (
    FIRST_AFTER,
    Rung,
    Series,
    Usage,
    is_short,
    next_run,
    next_sync,
    periods,
    rung,
)
from domain.content import ContentType, Json
from domain.failures import PermissionMissing, Unavailable
from tests.make import NOW

times = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
counts = st.none() | st.integers(0, COUNT_MAX)
LENGTH = {Rung.HOUR: timedelta(hours=1), Rung.SIX_HOURS: timedelta(hours=6)}
PERIOD = {
    Rung.DAY: AnalyticsPeriod.DAILY,
    Rung.WEEK: AnalyticsPeriod.WEEKLY,
    Rung.MONTH: AnalyticsPeriod.MONTHLY,
}


def series(
    published_at: datetime, account: UUID, kind: ContentType = ContentType.TEXT, **more: int
) -> Series:
    return Series(account, kind, published_at, **more)


def readings(one: Series, until: timedelta) -> Iterator[datetime]:
    """The times of all readings, each taken as soon as it is due."""
    at: datetime | None = one.published_at + FIRST_AFTER
    while at is not None and at < one.published_at + until:
        yield at
        at = next_sync(one, at)


def slot_of(slot: Rung, at: datetime) -> tuple[object, ...]:
    hour = bucket(AnalyticsPeriod.HOURLY, at)
    match slot:
        case Rung.HOUR:
            return (hour,)
        case Rung.SIX_HOURS:
            return (hour.date(), hour.hour // 6)
    return (bucket(PERIOD[slot], at),)


def follows(slot: Rung, earlier: datetime, later: datetime) -> bool:
    """Whether ``later`` lies in the slot right after that of ``earlier``."""
    step, between = timedelta(hours=1), set()
    at = earlier
    while at <= later:
        between.add(slot_of(slot, at))
        at += step
    return len(between | {slot_of(slot, later)}) == 2


@given(published=times, account=st.uuids())
def test_no_slot_is_left_out_and_none_is_read_twice(published: datetime, account: UUID):
    one = series(published, account)
    found = list(readings(one, timedelta(days=200)))
    for earlier, later in pairwise(found):
        assert follows(rung(one, earlier), earlier, later), (earlier, later)


@given(published=times, account=st.uuids())
def test_every_day_of_a_month_and_every_week_of_a_quarter_has_a_reading(
    published: datetime, account: UUID
):
    one = series(published, account)
    found = list(readings(one, timedelta(days=91)))
    days = {bucket(AnalyticsPeriod.DAILY, at) for at in found}
    weeks = {bucket(AnalyticsPeriod.WEEKLY, at) for at in found}
    first = bucket(AnalyticsPeriod.DAILY, published + FIRST_AFTER)
    assert {first + timedelta(days=n) for n in range(30)} <= days
    week = bucket(AnalyticsPeriod.WEEKLY, published + FIRST_AFTER)
    assert {week + timedelta(weeks=n) for n in range(13)} <= weeks


def test_a_quarter_of_readings_is_few_enough_for_any_quota():
    one = series(NOW, UUID(int=7))
    assert len(list(readings(one, timedelta(days=91)))) < 24 + 25 + 24 + 11


@given(published=times, account=st.uuids(), now=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_next_reading_lies_ahead_and_no_further_than_two_months(
    published: datetime, account: UUID, now: timedelta
):
    at = published + now
    due = next_sync(series(published, account), at)
    assert due is not None
    assert at < due < at + timedelta(days=62)


@given(
    published=times,
    account=st.uuids(),
    age=st.timedeltas(timedelta(0), timedelta(days=100)),
    unchanged=st.integers(0, 40),
)
def test_what_does_not_change_is_never_read_more_often(
    published: datetime, account: UUID, age: timedelta, unchanged: int
):
    at = published + age
    slower = rung(series(published, account, unchanged=unchanged + 3), at)
    assert slower >= rung(series(published, account, unchanged=unchanged), at)
    assert rung(series(published, account, unchanged=15), at) is Rung.MONTH


@given(published=times, account=st.uuids())
def test_a_story_is_read_hourly_and_ten_minutes_before_it_ends_and_not_after(
    published: datetime, account: UUID
):
    one = series(published, account, ContentType.STORY)
    found = list(readings(one, timedelta(days=3)))
    end = published + timedelta(hours=24)
    assert found[-1] == end - timedelta(minutes=10)
    assert found[-2] <= end - timedelta(minutes=60)
    last_hour = bucket(AnalyticsPeriod.HOURLY, found[-1])
    assert all(bucket(AnalyticsPeriod.HOURLY, at) < last_hour for at in found[:-1])
    assert len(found) >= 23


@given(published=times, account=st.uuids())
def test_a_publication_that_is_not_found_is_given_up_only_after_two_days(
    published: datetime, account: UUID
):
    gone = series(published, account, missing=5)
    assert next_sync(gone, published + timedelta(hours=47)) is not None
    assert next_sync(gone, published + timedelta(hours=48)) is None


def test_old_publications_make_no_hourly_snapshots_unless_asked():
    every = list(AnalyticsPeriod)
    for days, asked, expected in (
        (0, None, every),
        (3, None, every),
        (10, None, every[1:]),
        (40, None, every[2:]),
        (100, None, every[3:]),
        (100, AnalyticsPeriod.DAILY, [AnalyticsPeriod.DAILY, AnalyticsPeriod.MONTHLY]),
    ):
        one = series(NOW - timedelta(days=days), UUID(int=1))
        assert periods(one, NOW, asked) == expected


@given(at=times)
def test_a_bucket_holds_its_time_and_begins_on_the_clock_of_utc(at: datetime):
    for period, longest in (
        (AnalyticsPeriod.HOURLY, timedelta(hours=1)),
        (AnalyticsPeriod.DAILY, timedelta(days=1)),
        (AnalyticsPeriod.WEEKLY, timedelta(days=7)),
        (AnalyticsPeriod.MONTHLY, timedelta(days=31)),
    ):
        start = bucket(period, at)
        assert start <= at < start + longest
        assert bucket(period, start) == start
        assert start.utcoffset() == timedelta(0)


def test_the_last_quarter_of_a_quota_is_for_publishing():
    assert not is_short(Usage(0.75, NOW))
    assert is_short(Usage(0.76, NOW))


@given(failures=st.integers(0, 1000), draw=st.floats(0, 1, exclude_max=True))
def test_an_outage_is_tried_again_later_and_later_and_what_a_person_must_mend_rarely(
    failures: int, draw: float
):
    again = next_run(Unavailable("away"), failures, NOW, draw) - NOW
    assert timedelta(minutes=2.5) <= again <= timedelta(hours=6)
    assert next_run(PermissionMissing("no scope"), failures, NOW, draw) - NOW == timedelta(hours=6)


def test_the_engagement_rate_is_a_percentage_of_impressions_else_of_reach():
    assert engagement_rate(Figures(likes=9, comments=4, shares=2, impressions=320)) == Decimal(
        "4.69"
    )
    assert engagement_rate(Figures(saves=1, impressions=None, reach=3)) == Decimal("33.33")
    assert engagement_rate(Figures(likes=1, impressions=0, reach=5)) is None
    assert engagement_rate(Figures(impressions=100)) is None
    assert engagement_rate(Figures(likes=0, impressions=100)) == 0


@given(
    st.builds(
        Figures,
        likes=counts,
        comments=counts,
        shares=counts,
        saves=counts,
        impressions=counts,
        reach=counts,
    )
)
def test_the_engagement_rate_fits_its_column(figures: Figures):
    rate = engagement_rate(figures)
    assert rate is None or (0 <= rate <= Decimal("999.99") and rate == round(rate, 2))


def test_a_count_is_what_a_platform_counts_and_nothing_else():
    assert count(0) == 0
    assert count(10**12) == COUNT_MAX
    others: list[Json] = [None, True, -1, "7", 1.5, [], {}]
    assert [count(other) for other in others] == [None] * len(others)
