"""When an account is looked after, and what its health is: rules, for all inputs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import AccountHealth
from domain.failures import FailureKind
from domain.health import HELD_AGAINST, MOST, Condition, Sign, sign_of
from domain.upkeep import FIRST_WAIT, Keeping, again_after_failure
from tests.make import NOW

DAY = timedelta(days=1)
draws = st.floats(0, 1, exclude_max=True)
spans = st.timedeltas(timedelta(minutes=10), timedelta(days=400))


def keeping(life: timedelta | None = None, **more) -> Keeping:
    values = {
        "token_stored_at": NOW,
        "expires_at": None if life is None else NOW + life,
        "refreshable": True,
        "refresh_age": timedelta(0),
        "last_synced_at": NOW,
        "sync_every": DAY,
        **more,
    }
    return Keeping(**values)


@given(life=spans, draw=draws, later=st.timedeltas(timedelta(0), timedelta(days=500)))
def test_a_look_that_was_set_for_a_refresh_finds_it_wanted(life, draw, later):
    kept = keeping(life, last_synced_at=NOW + later)
    at = kept.next_after(NOW + later, draw)
    assert NOW + later + FIRST_WAIT <= at <= NOW + later + max(DAY, FIRST_WAIT)
    if at < NOW + later + DAY and at > NOW + later + FIRST_WAIT:
        assert kept.wants_refresh(at) or kept.wants_sync(at)


@given(life=spans, draw=draws)
def test_a_token_is_renewed_in_the_last_quarter_of_its_life_and_before_its_end(life, draw):
    kept = keeping(life, last_synced_at=NOW)
    assert not kept.wants_refresh(NOW + life * 0.74)
    assert kept.wants_refresh(NOW + life * 0.76)


def test_a_young_token_is_left_alone_until_the_platform_takes_it():
    kept = keeping(timedelta(hours=20), refresh_age=DAY)
    assert not kept.wants_refresh(NOW + timedelta(hours=19))
    assert kept.wants_refresh(NOW + DAY)


def test_a_token_without_an_end_or_without_a_way_is_never_refreshed():
    assert not keeping(None).wants_refresh(NOW + 1000 * DAY)
    stuck = keeping(60 * DAY, refreshable=False)
    assert not stuck.wants_refresh(NOW + 59 * DAY)
    assert not stuck.is_ending(NOW + 49 * DAY)
    assert stuck.is_ending(NOW + 51 * DAY)


def test_a_profile_that_was_never_read_is_wanted_at_once():
    assert keeping(last_synced_at=None).wants_sync(NOW)
    assert not keeping().wants_sync(NOW + timedelta(hours=20))
    assert keeping().wants_sync(NOW + DAY)


@given(setbacks=st.integers(0, MOST), draw=draws)
def test_after_a_failure_the_look_comes_later_each_time_but_comes(setbacks, draw):
    wait = again_after_failure(NOW, setbacks, draw) - NOW
    assert timedelta(minutes=1) <= wait <= timedelta(hours=4)


@given(st.lists(st.sampled_from(Sign), max_size=40))
def test_health_stays_within_its_rules(signs):
    condition = Condition(AccountHealth.UNKNOWN, 0)
    for sign in signs:
        before, condition = condition, condition.after(sign)
        assert 0 <= condition.setbacks <= MOST
        if sign is Sign.NEUTRAL:
            assert condition == before
        if sign is Sign.BROKEN:
            assert condition.health is AccountHealth.UNHEALTHY
        if condition.setbacks == 0 and sign is Sign.GOOD:
            assert condition.health is AccountHealth.HEALTHY


def walk(condition: Condition, *signs: Sign) -> list[str]:
    seen = []
    for sign in signs:
        condition = condition.after(sign)
        seen.append(str(condition.health))
    return seen


def test_health_falls_step_by_step_and_does_not_flicker():
    healthy = Condition(AccountHealth.HEALTHY, 0)
    down = walk(healthy, *[Sign.BAD] * 8)
    assert down == ["healthy"] * 2 + ["degraded"] * 5 + ["unhealthy"]
    up = walk(Condition(AccountHealth.UNHEALTHY, 8), *[Sign.GOOD] * 3)
    assert up == ["unhealthy", "degraded", "healthy"]
    edge = walk(Condition(AccountHealth.DEGRADED, 4), Sign.GOOD, Sign.BAD, Sign.BAD, Sign.GOOD)
    assert edge == ["degraded", "degraded", "degraded", "healthy"]


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_says_something_of_the_account_or_nothing(kind):
    assert (sign_of(kind) is Sign.BROKEN) == (kind in HELD_AGAINST)
