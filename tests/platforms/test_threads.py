"""Threads: which containers are made, and how it counts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content import Content, ContentType
from domain.failures import OutcomeUnknown, Rejected, Unavailable
from domain.limits import breaches
from platforms.flow import Absent, Fenced, Published, Save, Unreadable, Unsettled, Wait
from platforms.threads import posts as threads
from platforms.threads.limits import LIMITS
from tests.make import NOW
from tests.platforms.script import film, form_of, job, photo, play, reply, requests, sent_to

READY = reply({"status": "FINISHED"})


def created(one: Any) -> dict[str, str]:
    """The form of the first container of a job."""
    steps, _ = play(threads.publish(one), [])
    return dict(form_of(requests(steps)[0]))


def test_a_photo_goes_with_its_text_and_its_alt_text():
    one = job(ContentType.IMAGE, media=(photo(alt_text="a lake"),))
    assert created(one) == {
        "media_type": "IMAGE",
        "image_url": "https://cdn.example.org/a.jpg",
        "alt_text": "a lake",
        "text": "hello",
    }


def test_a_video_goes_by_its_address():
    assert created(job(ContentType.VIDEO, "", media=(film(),))) == {
        "media_type": "VIDEO",
        "video_url": "https://cdn.example.org/a.mp4",
    }


@pytest.mark.parametrize("kind", [ContentType.CAROUSEL, ContentType.MIXED])
def test_the_text_of_several_stands_with_the_whole_only(kind):
    one = job(kind, media=(photo(), film()), options={"reply_control": "followers_only"})
    replies = [reply({"id": "a"}), reply({"id": "b"}), READY, READY, reply({"id": "whole"}), READY]
    steps, _ = play(threads.publish(one), replies)
    first, second = (form_of(request) for request in requests(steps)[:2])
    assert first["is_carousel_item"] == second["is_carousel_item"] == "true"
    assert not {"text", "reply_control"} & (first.keys() | second.keys())
    assert form_of(requests(steps)[4]) == {
        "media_type": "CAROUSEL",
        "children": "a,b",
        "text": "hello",
        "reply_control": "followers_only",
    }
    assert Save({"children": ["a", "b"]}) in steps
    assert sent_to(steps)[-1] == "POST /v1.0/4400/threads_publish"


def test_items_that_were_made_before_are_not_made_again():
    one = job(ContentType.CAROUSEL, media=(photo(), film()), checkpoint={"children": ["a", "b"]})
    steps, _ = play(threads.publish(one), [READY, reply({"status": "IN_PROGRESS"})])
    assert sent_to(steps) == ["GET /v1.0/a", "GET /v1.0/b"]
    assert isinstance(steps[-1], Wait)


def test_settings_are_passed_on_by_the_apis_own_names():
    poll = {"option_a": "yes", "option_b": "no"}
    options = {"enable_reply_approvals": True, "poll_attachment": poll, "reply_to_id": 77}
    form = created(job(options={**options, "is_spoiler_media": True, "unheard_of": 1}))
    assert form == {
        "media_type": "TEXT",
        "text": "hello",
        "enable_reply_approvals": "true",
        "reply_to_id": "77",
        "poll_attachment": json.dumps(poll, separators=(",", ":")),
    }


def test_what_belongs_to_a_text_alone_does_not_go_with_media():
    options = {"link_attachment": "https://example.org", "is_spoiler_media": True}
    form = created(job(ContentType.IMAGE, media=(photo(),), options=options))
    assert "link_attachment" not in form
    assert form["is_spoiler_media"] == "true"


def test_a_container_that_is_not_to_be_seen_is_made_anew():
    unseen = reply({"error": {"code": 100, "error_subcode": 33}}, 400)
    steps, failure = play(threads.publish(job(checkpoint={"container": "c"})), [unseen])
    assert isinstance(failure, Unavailable)
    assert steps[-1] == Save({})


def test_after_the_publishing_call_nothing_is_forgotten():
    lost = reply({"error": {"code": 24, "error_subcode": 2207008}}, 400)
    steps, failure = play(threads.publish(job(checkpoint={"container": "c"})), [READY, lost])
    assert type(failure) is Unavailable
    assert isinstance(steps[-1], Fenced)


def test_an_expired_container_is_forgotten():
    expired = reply({"status": "EXPIRED"})
    steps, failure = play(threads.publish(job(checkpoint={"container": "c"})), [expired])
    assert type(failure) is Unavailable
    assert steps[-1] == Save({})


def test_a_refused_text_names_the_text():
    refused = reply({"error": {"code": 100, "message": "THREADS_API__LINK_LIMIT_EXCEEDED"}}, 400)
    _, failure = play(threads.publish(job()), [refused])
    assert isinstance(failure, Rejected)
    assert failure.item == "content"


def test_the_post_is_named_before_its_address_is_looked_up():
    steps, done = play(
        threads.publish(job(checkpoint={"container": "c"})),
        [READY, reply({"id": "m"}), reply({"error": {"code": 100}}, 400)],
    )
    saved = next(step for step in steps if isinstance(step, Save))
    assert saved.checkpoint["published_id"] == "m"
    assert done == Published("m", None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": null}', b'{"id": true}'])
def test_an_unknown_answer_to_the_publishing_call_is_not_taken_for_a_post(body: bytes):
    with pytest.raises(Unreadable):
        play(threads.publish(job(checkpoint={"container": "c"})), [READY, reply(body)])


def test_an_outage_at_the_publishing_call_leaves_a_doubt():
    outage = reply({"error": {"code": 2, "is_transient": True}}, 400)
    _, failure = play(threads.publish(job(checkpoint={"container": "c"})), [READY, outage])
    assert type(failure) is OutcomeUnknown


@pytest.mark.parametrize("status", ["ERROR", "EXPIRED"])
def test_a_container_that_ended_was_not_published(status):
    asked = job(checkpoint={"container": "c"}, intent_at=NOW)
    _, found = play(threads.settle(asked), [reply({"status": status})])
    assert isinstance(found, Absent)


def test_without_its_container_nothing_can_be_told():
    _, found = play(threads.settle(job(intent_at=NOW)), [])
    assert isinstance(found, Unsettled)


@given(st.text(st.characters(max_codepoint=0x1FFF, exclude_categories=["Cs"]), max_size=600))
def test_letters_count_one_each(text: str):
    found = breaches(Content(ContentType.TEXT, "x" + text), LIMITS)
    assert bool(found) is (len(text) + 1 > 500)


@given(st.integers(0, 200), st.integers(0, 400))
def test_an_emoji_counts_its_bytes(emoji: int, letters: int):
    text = "x" + "\N{GRINNING FACE}" * emoji + "y" * letters
    found = breaches(Content(ContentType.TEXT, text), LIMITS)
    assert bool(found) is (1 + 4 * emoji + letters > 500)


def test_no_request_carries_a_token_outside_its_header():
    replies = [reply({"id": "c"}), READY, reply({"id": "m"}), reply({})]
    steps, _ = play(threads.publish(job()), replies)
    for request in requests(steps):
        assert request.scheme == "Bearer"
        assert "token" not in f"{request.path}{request.query}{request.form}"
