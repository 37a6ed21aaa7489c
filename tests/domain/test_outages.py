"""When a platform counts as out, and when as back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attempts import AttemptEvent
from domain.content import Platform
from domain.outages import LONGEST_PAUSE, Evidence, Sign, is_out, pause, sign

COUNTS = st.integers(0, 10_000)


@given(accounts=st.integers(0, 2), setbacks=COUNTS, successes=COUNTS)
def test_what_fails_for_two_accounts_is_no_outage(accounts: int, setbacks: int, successes: int):
    assert not is_out(Evidence(Platform.TWITTER, accounts, setbacks, successes))


@given(accounts=st.integers(3, 1000), setbacks=COUNTS, successes=COUNTS)
def test_several_accounts_failing_more_often_than_not_is_an_outage(
    accounts: int, setbacks: int, successes: int
):
    found = is_out(Evidence(Platform.TWITTER, accounts, setbacks, successes))
    assert found == (setbacks > successes)


@given(streak=st.integers(0, 10_000))
def test_each_pause_in_a_row_is_longer_up_to_five_minutes(streak: int):
    assert timedelta(seconds=15) <= pause(streak) <= pause(streak + 1) <= LONGEST_PAUSE


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], Sign.NOTHING_YET),
        ([AttemptEvent.INTENT], Sign.NOTHING_YET),
        ([AttemptEvent.LOST], Sign.NOTHING_YET),
        ([AttemptEvent.INTENT, AttemptEvent.PUBLISHED], Sign.BACK),
        ([AttemptEvent.WAITING], Sign.BACK),
        ([AttemptEvent.FAILED], Sign.BACK),
        ([AttemptEvent.ABSENT], Sign.BACK),
        ([AttemptEvent.RETRY], Sign.STILL_OUT),
        ([AttemptEvent.INTENT, AttemptEvent.UNKNOWN], Sign.STILL_OUT),
    ],
)
def test_any_answer_of_the_platforms_own_shows_that_it_is_back(
    events: list[AttemptEvent], told: Sign
):
    assert sign(events) is told
