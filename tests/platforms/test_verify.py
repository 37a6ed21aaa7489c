"""Each platform is asked for posts by id in its own way, and read for what it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.content import Platform
from domain.failures import Failure, Throttled
from platforms.adapter import Account, Lookup, Sightings
from platforms.flow import Answer, Call, Unreadable
from platforms.registry import ADAPTERS

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MISSING = {"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}
META = (Platform.THREADS, Platform.INSTAGRAM, Platform.FACEBOOK)


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def look(platform: Platform, ids: list[str], *answers: Answer) -> tuple[Sightings, list[Call]]:
    """The flow's end, and what it asked."""
    flow = ADAPTERS[platform].verify(Lookup(Account("44", "ada"), ids, NOW))
    asked: list[Call] = []
    reply: Any = None
    replies = iter(answers)
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as end:
            return end.value, asked
        assert isinstance(step, Call)
        asked.append(step)
        reply = next(replies)


@pytest.mark.parametrize("platform", META)
def test_metas_platforms_are_asked_for_one_id_at_a_time(platform: Platform):
    seen, asked = look(platform, ["1", "2"], answer({"id": "1"}), answer(MISSING, 400))
    assert seen == Sightings(frozenset({"1"}), frozenset({"2"}))
    assert [step.request.path.rpartition("/")[2] for step in asked] == ["1", "2"]


@pytest.mark.parametrize("platform", META)
def test_an_outage_of_metas_is_not_taken_for_a_removal(platform: Platform):
    with pytest.raises(Failure):
        look(platform, ["1"], answer({"error": {"code": 2, "message": "unavailable"}}, 400))


def test_x_is_asked_for_all_at_once_and_names_what_is_missing():
    hidden = {
        "resource_id": "3",
        "type": "https://api.x.com/2/problems/not-authorized-for-resource",
    }
    missing = {"resource_id": "2", "type": "https://api.x.com/2/problems/resource-not-found"}
    body = {"data": [{"id": "1"}], "errors": [missing, hidden]}
    seen, (asked,) = look(Platform.TWITTER, ["1", "2", "3"], answer(body))
    assert seen == Sightings(frozenset({"1"}), frozenset({"2"}))
    assert asked.request.query == {"ids": "1,2,3"}
    with pytest.raises(Throttled):
        look(Platform.TWITTER, ["1"], answer({}, 429))


def test_linkedin_tells_of_pages_posts_and_not_of_members():
    urns = ["urn:li:share:1", "urn:li:share:2", "urn:li:share:3"]
    answers = answer({"id": urns[0]}), answer({}, 404), answer({}, 403)
    seen, asked = look(Platform.LINKEDIN, urns, *answers)
    assert seen == Sightings(frozenset({urns[0]}), frozenset({urns[1]}))
    assert asked[0].request.path == "/rest/posts/urn%3Ali%3Ashare%3A1"


def test_tiktok_knows_public_videos_by_id_and_nothing_of_the_rest():
    body = {"data": {"videos": [{"id": "71"}]}, "error": {"code": "ok"}}
    seen, (asked,) = look(Platform.TIKTOK, ["71", "72", "v_pub_url~v2-1"], answer(body))
    assert seen == Sightings(frozenset({"71"}), frozenset({"72"}))
    assert asked.request.body == {"filters": {"video_ids": ["71", "72"]}}
    assert look(Platform.TIKTOK, ["v_pub_url~v2-1"]) == (Sightings(), [])


def test_an_answer_of_another_shape_is_not_taken_for_a_removal():
    with pytest.raises(Unreadable):
        look(Platform.TWITTER, ["1"], answer({"data": {}}))
    with pytest.raises(Unreadable):
        look(Platform.TIKTOK, ["71"], answer({"data": {}, "error": {"code": "ok"}}))
