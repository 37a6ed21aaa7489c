"""Every adapter keeps the same promises, on every kind of content that its platform takes."""

from __future__ import annotations

import pytest

from tests.conformance.cases import BY_FACEBOOK, REFUSED, TAKEN, Case
from tests.conformance.conftest import House

every_kind = pytest.mark.parametrize("case", TAKEN, ids=str)


@pytest.mark.parametrize("case", [*TAKEN, *BY_FACEBOOK], ids=str)
def test_what_is_taken_is_accepted_exactly_once(house: House, case: Case):
    sent = house.send(case)
    done = house.finish(sent)
    assert (done.status, done.error_message) == ("published", None)
    (post,) = house.posts(sent)
    assert done.platform_post_id in {post["id"], *map(str, post["details"].values())}
    assert done.retry_count == 0


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_is_not_taken_is_refused_before_anything_is_sent(house: House, case: Case):
    before = house.calls(case)
    sent = house.send(case)
    done = house.finish(sent)
    assert (done.status, done.failure_kind) == ("failed", "rejected")
    assert f"{case.platform} takes no {case.kind}" in done.error_message
    assert house.calls(case) == before


@every_kind
def test_a_lost_answer_at_the_publishing_call_settles_to_exactly_one(house: House, case: Case):
    house.break_with(platform=case.platform, step="publish", action="drop_after")
    sent = house.send(case)
    done = house.finish(sent)
    assert done.status == "published"
    assert len(house.posts(sent)) == 1
