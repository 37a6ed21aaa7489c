"""Threads: which containers are made, and how it counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content import Content, ContentType, JsonObject
from domain.failures import OutcomeUnknown, Rejected, Throttled, Unavailable
from domain.limits import breaches
from platforms.adapter import Absent, Published, Unsettled
from platforms.flow import Fenced, Save, Unreadable, Wait
from platforms.threads import posts as threads
from platforms.threads.limits import LIMITS
from tests.make import NOW
from tests.platforms.script import film, form_of, job, photo, play, quota, reply, requests, sent_to

READY = reply({"status": "FINISHED"})
DOWN = Unavailable("down")
OLD = NOW - timedelta(minutes=5)


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
    made = [reply({"id": "a"}), reply({"id": "b"}), READY, READY, reply({"id": "whole"})]
    replies = [*made, READY, quota()]
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
    steps, failure = play(
        threads.publish(job(checkpoint={"container": "c"})), [READY, quota(), lost]
    )
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
        [READY, quota(), reply({"id": "m"}), reply({"error": {"code": 100}}, 400)],
    )
    saved = next(step for step in steps if isinstance(step, Save))
    assert saved.checkpoint["published_id"] == "m"
    assert done == Published("m", None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": null}', b'{"id": true}'])
def test_an_unknown_answer_to_the_publishing_call_is_not_taken_for_a_post(body: bytes):
    with pytest.raises(Unreadable):
        play(threads.publish(job(checkpoint={"container": "c"})), [READY, quota(), reply(body)])


def test_an_outage_at_the_publishing_call_leaves_a_doubt():
    outage = reply({"error": {"code": 2, "is_transient": True}}, 400)
    _, failure = play(threads.publish(job(checkpoint={"container": "c"})), [READY, quota(), outage])
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
    replies = [reply({"id": "c"}), READY, quota(), reply({"id": "m"}), reply({})]
    steps, _ = play(threads.publish(job()), replies)
    for request in requests(steps):
        assert request.scheme == "Bearer"
        assert "token" not in f"{request.path}{request.query}{request.form}"


def posted(post_id: str, after: float, text: str = "hello") -> dict[str, str]:
    """A row of the account's list, so many seconds after the announcement."""
    at = (OLD + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {"id": post_id, "text": text, "timestamp": at}


def settled(*rows: dict[str, str], text: str = "hello", status: str = "PUBLISHED"):
    asked = job(text=text, checkpoint={"container": "c"}, intent_at=OLD)
    answers = [reply({"status": status}), reply({"data": list(rows)})]
    return play(threads.settle(asked), answers)[1]


def test_of_posts_that_look_alike_the_one_next_after_the_announcement_is_ours():
    assert settled(posted("9", 300), posted("2", 3), posted("1", -40)).id == "2"
    assert isinstance(settled(posted("1", -40)), Unsettled)


def test_a_post_is_known_though_the_platform_altered_its_text():
    shown = "hello friend &amp; https://l.threads.com/?u=1"
    found = settled(posted("2", 3, shown), text="hello  @friend & https://example.org/a")
    assert found.id == "2"


def test_posts_without_a_text_are_told_apart_by_time_or_not_at_all():
    assert settled(posted("2", 3, ""), posted("1", -90, ""), text="").id == "2"
    assert isinstance(settled(posted("2", 3, ""), posted("3", 9, ""), text=""), Unsettled)


def test_a_container_that_is_still_ready_after_a_minute_was_not_published():
    assert settled(posted("2", 3), status="FINISHED") == Absent()
    early = job(checkpoint={"container": "c"}, intent_at=NOW - timedelta(seconds=20))
    assert isinstance(play(threads.settle(early), [READY])[1], Unsettled)


def test_a_spent_quota_waits_an_hour_before_anything_is_published():
    steps, failure = play(threads.publish(job(checkpoint={"container": "c"})), [READY, quota(100)])
    assert isinstance(failure, Throttled)
    assert failure.until == NOW + timedelta(hours=1)
    assert not [step for step in steps if isinstance(step, Fenced)]


@pytest.mark.parametrize(("percent", "fenced"), [(94, True), (95, False)])
def test_calls_that_are_nearly_used_up_are_left_alone_until_the_header_says(percent, fenced):
    row = {"call_count": percent, "estimated_time_to_regain_access": 19}
    usage = json.dumps({"4400": [row]})
    room = reply({"data": []}, x_business_use_case_usage=usage)
    one = job(checkpoint={"container": "c"})
    steps, failure = play(threads.publish(one), [READY, room])
    assert bool([step for step in steps if isinstance(step, Fenced)]) is fenced
    if not fenced:
        assert isinstance(failure, Throttled)
        assert failure.until == NOW + timedelta(minutes=19)


@pytest.mark.parametrize(
    "answer", [reply({"error": {"code": 10}}, 400), reply(b"?"), reply({"data": []}), DOWN]
)
def test_a_quota_that_cannot_be_read_holds_nothing_up(answer):
    steps, _ = play(threads.publish(job(checkpoint={"container": "c"})), [READY, answer])
    assert sent_to(steps)[-1] == "POST /v1.0/4400/threads_publish"


HEAD = [reply({"id": "c"}), READY, quota(), reply({"id": "m"}), reply({"permalink": "https://t/m"})]
PUBLIC: JsonObject = {
    "published_id": "m",
    "published_url": "https://t/m",
    "published_at": OLD.isoformat(),
    "parts": [],
}


def test_a_thread_is_a_chain_of_answers():
    one = job(options={"thread": ["two", "three"]})
    part = [READY, quota()]
    answers = [
        *HEAD,
        *(reply({"id": "c2"}), *part, reply({"id": "m2"})),
        *(reply({"id": "c3"}), *part, reply({"id": "m3"})),
    ]
    steps, done = play(threads.publish(one), answers)
    made = [form_of(request) for request in requests(steps) if request.path.endswith("/threads")]
    assert made[1:] == [
        {"media_type": "TEXT", "text": "two", "reply_to_id": "m"},
        {"media_type": "TEXT", "text": "three", "reply_to_id": "m2"},
    ]
    assert len([step for step in steps if isinstance(step, Fenced)]) == 3
    assert (done.id, done.url, done.remark) == ("m", "https://t/m", None)


def test_a_part_waits_while_threads_does_not_show_the_post_yet():
    one = job(options={"thread": ["two"]})
    unseen = reply({"error": {"code": 24, "error_subcode": 4279009}}, 400)
    steps, _ = play(threads.publish(one), [*HEAD, unseen])
    assert isinstance(steps[-1], Wait)


def test_a_part_in_doubt_is_known_by_its_container_and_its_text():
    kept = {**PUBLIC, "parts": ["m2"], "container": "c3", "sent": True, "tries": 1}
    asked = job(options={"thread": ["hello", "hello"]}, checkpoint=kept, intent_at=OLD)
    listed = reply({"data": [posted("m2", 1), posted("m3", 4)]})
    steps, done = play(threads.settle(asked), [reply({"status": "PUBLISHED"}), listed])
    assert sent_to(steps) == ["GET /v1.0/c3", "GET /v1.0/4400/replies"]
    assert done == Published("m", "https://t/m", None, OLD)
    steps, _ = play(threads.settle(asked), [reply({"status": "PUBLISHED"}), reply({"data": []})])
    assert isinstance(steps[-1], Wait)
    steps, _ = play(threads.settle(asked), [READY, reply({"data": []}), READY, quota()])
    assert sent_to(steps)[-1] == "POST /v1.0/4400/threads_publish"


@pytest.mark.parametrize(
    ("value", "field", "words"),
    [
        (["x" * 501], "thread[0]", "501 characters, 500 are allowed"),
        (["fine", " "], "thread", "list of texts"),
        ("one", "thread", "list of texts"),
        (["x"] * 51, "thread", "51 entries"),
    ],
)
def test_a_bad_thread_is_refused_before_anything_is_sent(value, field, words):
    (found,) = breaches(Content(ContentType.TEXT, "hello", options={"thread": value}), LIMITS)
    assert found.field == f"metadata.threads.{field}"
    assert words in found.message
