"""Budgets never allow more than the cap, and always open again."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.budgets import DAY, Budget, Cap, budget_of
from domain.content import ContentType, JsonObject
from tests.make import NOW

TEXT = ContentType.TEXT
caps = st.builds(
    Cap,
    posts=st.integers(1, 6),
    window=st.sampled_from([timedelta(minutes=15), DAY]),
    by_calendar=st.just(value=False),
)
gaps = st.lists(st.timedeltas(timedelta(0), timedelta(hours=9)), min_size=1, max_size=40)


@given(cap=caps, gaps=gaps)
def test_no_window_of_any_length_of_time_holds_more_than_the_cap(cap: Cap, gaps):
    budget, now, posted = Budget(), NOW, list[datetime]()
    for gap in gaps:
        now += gap
        now = budget.opens(cap, TEXT, now) or now
        assert budget.opens(cap, TEXT, now) is None
        budget = budget_of(budget.spend([cap], TEXT, now).as_json())
        posted.append(now)
        assert sum(at > now - cap.window for at in posted) <= cap.posts


@given(cap=caps, gaps=gaps)
def test_a_closed_budget_opens_within_a_window_and_a_part(cap: Cap, gaps):
    budget, now = Budget(), NOW
    for gap in gaps:
        now += gap
        budget = budget.spend([cap], TEXT, now)
    opens = budget.opens(cap, TEXT, now)
    assert opens is None or now < opens <= now + cap.window + cap.part
    assert sum(map(len, budget.used.values())) <= 25


def test_a_window_of_the_calendar_begins_at_midnight():
    cap = Cap(2, by_calendar=True)
    late = NOW.replace(hour=23, minute=59)
    budget = Budget().spend([cap], TEXT, late).spend([cap], TEXT, late)
    assert budget.opens(cap, TEXT, late) == late.replace(hour=0, minute=0) + DAY
    assert budget.opens(cap, TEXT, late + timedelta(minutes=1)) is None


def test_what_others_posted_counts_for_a_window_from_when_it_was_told():
    cap = Cap(100)
    budget = Budget().spend([cap], TEXT, NOW).learn(cap, used=50, total=50, now=NOW)
    assert budget.told is not None
    assert (budget.told.total, budget.told.others) == (50, 49)
    opens = budget.opens(cap, TEXT, NOW)
    assert opens is not None
    assert NOW + DAY <= opens <= NOW + DAY + cap.part
    assert budget_of(budget.as_json()).opens(cap, TEXT, NOW) == opens
    assert budget.opens(cap, TEXT, NOW + DAY + cap.part) is None


def test_a_cap_on_one_kind_leaves_the_others_alone():
    reels = Cap(1, name="reels", kinds=frozenset({ContentType.REEL}))
    budget = Budget().spend([reels], TEXT, NOW)
    assert budget.opens(reels, ContentType.REEL, NOW) is None
    budget = budget.spend([reels], ContentType.REEL, NOW)
    assert budget.opens(reels, ContentType.REEL, NOW) is not None
    assert budget.opens(reels, TEXT, NOW) is None


NO_BUDGETS: list[JsonObject] = [
    {},
    {"used": 3, "told": "x"},
    {"used": {"posts": [1]}, "told": {"at": 5}},
]


def test_what_is_not_a_budget_is_an_empty_one():
    for stored in NO_BUDGETS:
        budget = budget_of(stored)
        assert budget.told is None
        assert not any(budget.used.values())
