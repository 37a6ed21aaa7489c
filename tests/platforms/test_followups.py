"""What follows a public post: sent once each, looked for when in doubt, never the post's end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.content import JsonObject
from domain.failures import (
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    Unavailable,
)
from platforms import followups
from platforms.adapter import Published
from platforms.flow import Fenced, Request, Save, Wait, call, fenced, text_of
from platforms.followups import Replies
from tests.make import NOW
from tests.platforms.script import job, play, reply, requests

HEAD = reply({"id": "h"})
NAMED: JsonObject = {
    "published_id": "h",
    "published_url": "https://x/h",
    "published_at": NOW.isoformat(),
    "parts": [],
}
SENT: JsonObject = {**NAMED, "sent": True, "tries": 1}
LATER: dict[str, Any] = {"intent_at": NOW - timedelta(minutes=2)}


def head(_job):
    answer = yield from fenced(Request("POST", "/head"))
    return Published(text_of(answer.json().get("id"), answer.status), "https://x/h")


def prepare(_job, part):
    yield from call(Request("POST", "/prepare"))
    return Request("POST", f"/{part.parent}/replies", form={"text": part.text})


def named(answer, one):
    if answer.status == 429:
        raise Throttled("slow down", until=one.now + timedelta(minutes=5))
    if answer.status == 403:
        raise PermissionMissing("no right to answer")
    if answer.status == 401:
        raise TokenExpired("it ran out")
    return text_of(answer.json().get("id"), answer.status)


def find(_job, part):
    answer = yield from call(Request("GET", f"/{part.parent}/replies"))
    found = answer.json().get("id")
    return found if isinstance(found, str) else None


def replies(*texts: str, chained: bool = True) -> Replies:
    return Replies("reply", lambda _job: texts, prepare, named, find, chained)


def publish(*texts: str, chained: bool = True, **more):
    return followups.publish(job(**more), head, replies(*texts, chained=chained))


def paths(steps) -> list[str]:
    return [request.path for request in requests(steps)]


def test_a_post_without_followers_is_left_as_it_is():
    steps, done = play(publish(), [HEAD])
    assert done == Published("h", "https://x/h")
    assert not [step for step in steps if isinstance(step, Save)]


@pytest.mark.parametrize(("chained", "second"), [(True, "/r1/replies"), (False, "/h/replies")])
def test_each_part_is_a_fenced_call_of_its_own(chained, second):
    answers = [HEAD, reply(), reply({"id": "r1"}), reply(), reply({"id": "r2"})]
    steps, done = play(publish("one", "two", chained=chained), answers)
    assert paths(steps) == ["/head", "/prepare", "/h/replies", "/prepare", second]
    assert len([step for step in steps if isinstance(step, Fenced)]) == 3
    assert done == Published("h", "https://x/h", None, NOW)


def test_the_name_of_the_post_is_kept_before_the_first_part_leaves():
    steps, _ = play(publish("one"), [HEAD, reply(), reply({"id": "r1"})])
    fences = [n for n, step in enumerate(steps) if isinstance(step, Fenced)]
    assert steps[fences[1] - 1] == Save(SENT)
    assert steps[-1] == Save({**NAMED, "parts": ["r1"]})


def test_a_post_that_is_public_is_never_sent_again():
    for flow in (publish("one", checkpoint=NAMED), settle("one", checkpoint=NAMED)):
        steps, done = play(flow, [reply(), reply({"id": "r1"})])
        assert paths(steps) == ["/prepare", "/h/replies"]
        assert done == Published("h", "https://x/h", None, NOW)


def settle(*texts: str, **more):
    return followups.settle(job(**more), head, replies(*texts))


def test_the_parts_that_are_through_are_not_sent_again():
    kept = {**NAMED, "parts": ["r1"]}
    steps, done = play(publish("one", "two", checkpoint=kept), [reply(), reply({"id": "r2"})])
    assert paths(steps) == ["/prepare", "/r1/replies"]
    assert done.remark is None


def test_what_is_refused_is_said_and_the_post_stays_published():
    _, done = play(publish("one", "two"), [HEAD, reply(), reply({}, 403)])
    assert done.id == "h"
    assert done.remark == (
        "the post is public, but reply 1 of 2 was not posted: no right to answer"
    )


def test_a_limit_is_waited_for_and_the_part_may_then_be_sent():
    steps, done = play(publish("one"), [HEAD, reply(), reply({}, 429)])
    assert steps[-2] == Save({**NAMED, "sent": False, "tries": 0})
    assert steps[-1] == Wait(300.0, followups.UNBOUNDED, "slow down")
    assert done is None


def test_an_expired_token_is_refreshed_by_whoever_runs_the_flow():
    steps, failure = play(publish("one"), [HEAD, reply(), reply({}, 401)])
    assert isinstance(failure, TokenExpired)
    assert steps[-1] == Save({**NAMED, "sent": False, "tries": 0})


def test_waiting_ends_an_hour_after_the_post():
    early = {**NAMED, "published_at": (NOW - timedelta(minutes=58)).isoformat()}
    _, done = play(publish("one", checkpoint=early), [reply(), reply({}, 429)])
    assert done.remark == "the post is public, but reply 1 of 1 was not posted: slow down"


def test_a_lost_answer_is_doubt_that_is_waited_out():
    steps, _ = play(publish("one"), [HEAD, reply(), OutcomeUnknown("hung up")])
    assert steps[-2:] == [Save(SENT), Wait(60.0, followups.UNBOUNDED, "hung up")]


def test_what_never_left_may_be_sent_again():
    steps, _ = play(publish("one"), [HEAD, reply(), Unavailable("no connection")])
    assert steps[-2] == Save({**NAMED, "sent": False, "tries": 0})
    assert isinstance(steps[-1], Wait)


def test_a_part_that_may_be_there_is_looked_for_before_it_is_sent_again():
    steps, _ = play(settle("one", checkpoint=SENT, intent_at=NOW), [])
    assert isinstance(steps[-1], Wait)
    steps, done = play(settle("one", checkpoint=SENT, **LATER), [reply({"id": "r1"})])
    assert paths(steps) == ["/h/replies"]
    assert done.remark is None
    answers = [reply({}), reply(), reply({"id": "r1"})]
    steps, done = play(settle("one", checkpoint=SENT, **LATER), answers)
    assert paths(steps) == ["/h/replies", "/prepare", "/h/replies"]
    assert done.remark is None


def test_what_cannot_be_looked_for_stays_a_doubt():
    down = Unavailable("down")
    steps, _ = play(settle("one", checkpoint=SENT, **LATER), [down])
    assert steps[-2] == Save(SENT)
    assert isinstance(steps[-1], Wait)
    late = {**SENT, "published_at": (NOW - timedelta(hours=2)).isoformat()}
    _, done = play(settle("one", checkpoint=late, **LATER), [down])
    assert done.remark == (
        "the post is public, but whether reply 1 of 1 was posted is not known (down): look at the"
        " post"
    )


def test_a_part_is_sent_twice_at_most():
    kept = {**SENT, "tries": 2}
    steps, done = play(settle("one", checkpoint=kept, **LATER), [reply({})])
    assert paths(steps) == ["/h/replies"]
    assert "was not posted: it was sent 2 times" in done.remark


def test_a_refusal_without_a_name_does_not_stop_the_post():
    def refused(_answer, _job):
        raise Rejected("too long")

    short = Replies("comment", lambda _job: ("one",), prepare, refused, find)
    flow = followups.publish(job(checkpoint=NAMED), head, short)
    _, done = play(flow, [reply(), reply({}, 400)])
    assert done.remark == "the post is public, but comment 1 of 1 was not posted: too long"
