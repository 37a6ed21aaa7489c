"""Facebook Pages: videos, reels and stories, and how each is found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.content import ContentType, JsonObject, Media, MediaType
from domain.failures import Rejected, Throttled, Unavailable
from platforms.adapter import Absent, Published, Unsettled
from platforms.facebook import posts as facebook
from platforms.flow import Fenced, MediaFacts, Save, Unreadable, Upload, Wait
from tests.make import NOW
from tests.platforms.script import film, form_of, job, photo, play, reply, requests, sent_to

OLD = NOW - timedelta(minutes=5)
MP4 = "https://cdn.example.org/a.mp4"
UPLOAD_URL = "https://rupload.facebook.com/video-upload/v25.0/v1"
STARTED = reply({"video_id": "v1", "upload_url": UPLOAD_URL})
OK = reply({"success": True})
KEPT: JsonObject = {"video": "v1", "upload_url": UPLOAD_URL, "fetched": True}


def state(uploading="complete", processing="complete", publishing="complete", **more: Any):
    """The answer about a video."""
    phases = {
        "uploading_phase": {"status": uploading},
        "processing_phase": {"status": processing},
        "publishing_phase": {"status": publishing},
    }
    if publishing == "complete":
        phases["publishing_phase"]["publish_status"] = "published"
    return reply({"id": "v1", "status": {**phases, **more.pop("status", {})}, **more})


def failed(code: int):
    errors = {"status": "error", "errors": [{"code": code, "message": "no"}]}
    phase = {"video_status": "error", "processing_phase": errors}
    return state(publishing="not_started", status=phase)


def stamp(after: float) -> str:
    return (OLD + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def fenced(steps: Any) -> list[str]:
    return sent_to([step for step in steps if isinstance(step, Fenced)])


def asked(kind: ContentType = ContentType.REEL, media: Any = None, **more: Any):
    return job(kind, media=(media or film(),), **{"intent_at": OLD, **more})


def test_a_video_is_one_call_and_then_a_wait():
    steps, _ = play(
        facebook.publish(job(ContentType.VIDEO, media=(film(),))), [reply({"id": "v1"})]
    )
    assert form_of(requests(steps)[0]) == {
        "file_url": MP4,
        "description": "hello",
        "published": "true",
    }
    assert fenced(steps) == ["POST /v25.0/4400/videos"]
    assert Save({"video": "v1"}) in steps
    assert isinstance(steps[-1], Wait)


def test_a_video_that_cannot_be_fetched_is_tried_again():
    away = reply({"error": {"code": 389, "message": "no file"}}, 400)
    _, failure = play(facebook.publish(job(ContentType.VIDEO, media=(film(),))), [away])
    assert type(failure) is Unavailable


def test_a_refused_video_is_named():
    bad = reply({"error": {"code": 352, "message": "no video"}}, 400)
    _, failure = play(facebook.publish(job(ContentType.VIDEO, media=(film(),))), [bad])
    assert isinstance(failure, Rejected)
    assert failure.item == "media[0]"


def test_a_reel_is_started_fetched_and_finished():
    one = job(ContentType.REEL, media=(film(),), options={"place": "5"})
    steps, _ = play(facebook.publish(one), [STARTED, OK, state(publishing="not_started"), OK])
    assert sent_to(steps) == [
        "POST /v25.0/4400/video_reels",
        f"POST {UPLOAD_URL}",
        "GET /v25.0/v1",
        "POST /v25.0/4400/video_reels",
    ]
    start, fetch, _, finish = requests(steps)
    assert form_of(start) == {"upload_phase": "start"}
    assert (fetch.scheme, fetch.headers, fetch.form) == ("OAuth", {"file_url": MP4}, None)
    assert form_of(finish) == {
        "upload_phase": "finish",
        "video_id": "v1",
        "video_state": "PUBLISHED",
        "description": "hello",
        "place": "5",
    }
    assert fenced(steps) == ["POST /v25.0/4400/video_reels"]
    assert isinstance(steps[-1], Wait)


def test_the_address_of_the_media_is_ascii_in_the_header():
    spoken = Media(uuid4(), MediaType.VIDEO, "https://cdn.example.org/ä b%20c.mp4?x=1")
    kept = {"video": "v1", "upload_url": UPLOAD_URL}
    steps, _ = play(facebook.publish(job(ContentType.REEL, media=(spoken,), checkpoint=kept)), [OK])
    assert requests(steps)[0].headers["file_url"] == (
        "https://cdn.example.org/%C3%A4%20b%20c.mp4?x=1"
    )


@pytest.mark.parametrize(
    ("checkpoint", "sent"),
    [
        ({}, "POST /v25.0/4400/video_reels"),
        ({"video": "v1", "upload_url": UPLOAD_URL}, f"POST {UPLOAD_URL}"),
        (KEPT, "GET /v25.0/v1"),
    ],
)
def test_a_reel_goes_on_from_where_it_was(checkpoint, sent):
    one = job(ContentType.REEL, media=(film(),), checkpoint=checkpoint)
    steps, _ = play(facebook.publish(one), [])
    assert sent_to(steps) == [sent]


def test_a_reel_waits_until_facebook_has_fetched_it():
    one = job(ContentType.REEL, media=(film(),), checkpoint=KEPT)
    fetching = state("in_progress", "not_started", "not_started")
    steps, _ = play(facebook.publish(one), [fetching])
    assert isinstance(steps[-1], Wait)
    assert fenced(steps) == []


@pytest.mark.parametrize(
    ("code", "kind"), [(1363040, Rejected), (1363128, Rejected), (1363030, Unavailable)]
)
def test_a_reel_that_failed_before_it_was_finished_is_not_finished(code, kind):
    one = job(ContentType.REEL, media=(film(),), checkpoint=KEPT)
    steps, failure = play(facebook.publish(one), [failed(code)])
    assert type(failure) is kind
    assert steps[-1] == Save({})
    assert fenced(steps) == []


def test_an_upload_that_broke_starts_again():
    one = job(ContentType.REEL, media=(film(),))
    broken = reply({"debug_info": {"type": "ProcessingFailedError"}}, 400)
    steps, failure = play(facebook.publish(one), [STARTED, broken])
    assert type(failure) is Unavailable
    assert steps[-1] == Save({})


def sending(**more: Any):
    return job(ContentType.REEL, media=(film(),), options={"upload": "bytes"}, **more)


def offset(steps: Any) -> list[str]:
    return [one.headers["offset"] for one in requests(steps) if "offset" in one.headers]


@pytest.mark.parametrize("name", ["bytes_transfered", "bytes_transferred"])
def test_the_bytes_of_a_reel_are_sent_from_where_facebook_has_them(name):
    kept = {"video": "v1", "upload_url": UPLOAD_URL}
    so_far = reply({"status": {"uploading_phase": {"status": "in_progress", name: 700}}})
    ready = state(publishing="not_started")
    replies = [MediaFacts(1000, "video/mp4"), so_far, OK, ready, OK]
    steps, _ = play(facebook.publish(sending(checkpoint=kept)), replies)
    sent = next(step for step in steps if isinstance(step, Upload))
    assert (sent.first, sent.request.headers) == (700, {"offset": "700", "file_size": "1000"})
    assert sent.request.scheme == "OAuth"
    assert sent_to(steps)[-1] == "POST /v25.0/4400/video_reels"


def test_an_offset_that_does_not_fit_is_asked_anew():
    broken = reply({"debug_info": {"type": "OffsetInvalidError"}}, 400)
    at = [
        reply({"status": {"uploading_phase": {"status": "in_progress", "bytes_transferred": n}}})
        for n in (0, 400, 1000)
    ]
    facts = MediaFacts(1000, "video/mp4")
    steps, _ = play(facebook.publish(sending()), [STARTED, facts, at[0], broken, at[1], OK])
    assert offset(steps) == ["0", "400"]
    steps, _ = play(facebook.publish(sending()), [STARTED, facts, at[2], state()])
    assert offset(steps) == []
    steps, failure = play(facebook.publish(sending()), [STARTED, facts, *[at[0], broken] * 3])
    assert type(failure) is Unavailable


def test_a_limit_at_the_upload_is_a_limit():
    one = job(ContentType.REEL, media=(film(),))
    limit = reply({"error": {"code": 80001}}, 400)
    _, failure = play(facebook.publish(one), [STARTED, limit])
    assert type(failure) is Throttled


@pytest.mark.parametrize("body", [{}, {"success": False}, {"success": "true"}])
def test_a_finish_that_is_not_a_clear_yes_is_not_taken_for_one(body):
    one = job(ContentType.REEL, media=(film(),), checkpoint=KEPT)
    with pytest.raises(Unreadable):
        play(facebook.publish(one), [state(publishing="not_started"), reply(body)])


def test_a_photo_story_is_uploaded_unseen_and_then_shown():
    one = job(ContentType.STORY, media=(photo(),))
    replies = [
        reply({"id": "p1"}),
        reply({"success": True, "post_id": 77}),
        reply({"url": "https://f/s"}),
    ]
    steps, done = play(facebook.publish(one), replies)
    assert sent_to(steps) == [
        "POST /v25.0/4400/photos",
        "POST /v25.0/4400/photo_stories",
        "GET /v25.0/77",
    ]
    assert fenced(steps) == ["POST /v25.0/4400/photo_stories"]
    assert form_of(requests(steps)[1]) == {"photo_id": "p1"}
    assert Save({"photo": "p1", "published_id": "77"}) in steps
    assert done == Published("77", "https://f/s")


def test_a_photo_story_goes_on_from_its_photo():
    one = job(ContentType.STORY, media=(photo(),), checkpoint={"photo": "p1"})
    replies = [reply({"post_id": "77"}), reply({"error": {"code": 100}}, 400)]
    steps, done = play(facebook.publish(one), replies)
    assert sent_to(steps)[0] == "POST /v25.0/4400/photo_stories"
    assert done == Published("77", None)


def test_a_video_story_goes_like_a_reel_without_a_text():
    one = job(ContentType.STORY, media=(film(),))
    finished = reply({"success": True, "post_id": "77"})
    steps, _ = play(facebook.publish(one), [STARTED, OK, state(publishing="not_started"), finished])
    assert form_of(requests(steps)[-1]) == {"upload_phase": "finish", "video_id": "v1"}
    assert fenced(steps) == ["POST /v25.0/4400/video_stories"]
    assert Save({**KEPT, "post": "77"}) in steps
    assert isinstance(steps[-1], Wait)


def test_a_reel_is_out_when_its_publishing_is_through():
    steps, found = play(facebook.settle(asked(checkpoint=KEPT)), [state()])
    assert found == Published("v1", "https://www.facebook.com/reel/v1")
    assert fenced(steps) == []


def test_a_reel_in_work_is_waited_for():
    for answer in (
        state(processing="in_progress", publishing="not_started"),
        state(publishing="in_progress"),
    ):
        steps, _ = play(facebook.settle(asked(checkpoint=KEPT)), [answer])
        assert isinstance(steps[-1], Wait)


def test_a_reel_that_was_never_finished_is_absent_after_a_minute():
    idle = state(publishing="not_started")
    steps, found = play(facebook.settle(asked(checkpoint=KEPT)), [idle])
    assert found == Absent()
    assert steps[-1] == Save(KEPT)
    early = asked(checkpoint=KEPT, intent_at=NOW - timedelta(seconds=20))
    steps, _ = play(facebook.settle(early), [idle])
    assert isinstance(steps[-1], Wait)


@pytest.mark.parametrize(("code", "kind"), [(1363040, Rejected), (6000, Unavailable)])
def test_a_reel_that_failed_afterwards_says_why_and_is_forgotten(code, kind):
    steps, found = play(facebook.settle(asked(checkpoint=KEPT)), [failed(code)])
    assert isinstance(found, Absent)
    assert type(found.because) is kind
    assert steps[-1] == Save({})


@pytest.mark.parametrize("status", ["error", "upload_failed", "expired"])
def test_a_video_can_fail_without_a_reason(status):
    answer = state(publishing="not_started", status={"video_status": status})
    _, found = play(facebook.settle(asked(checkpoint=KEPT)), [answer])
    assert isinstance(found, Absent)
    assert type(found.because) is Unavailable


def test_an_unknown_word_on_a_video_is_not_read():
    with pytest.raises(Unreadable):
        play(facebook.settle(asked(checkpoint=KEPT)), [reply({"id": "v1"})])


def test_a_plain_video_is_named_by_its_post():
    one = asked(ContentType.VIDEO, checkpoint={"video": "v1"})
    ready = reply(
        {"status": {"video_status": "ready"}, "post_id": "9", "permalink_url": "/watch/1"}
    )
    assert play(facebook.settle(one), [ready])[1] == Published(
        "9", "https://www.facebook.com/watch/1"
    )


def test_a_plain_video_that_is_idle_is_never_sent_twice():
    one = asked(ContentType.VIDEO, checkpoint={"video": "v1"})
    steps, _ = play(facebook.settle(one), [state(publishing="not_started")])
    assert isinstance(steps[-1], Wait)


def test_a_plain_video_whose_id_got_lost_is_looked_for():
    one = asked(ContentType.VIDEO, checkpoint={})
    listed = {"data": [{"id": "v1", "description": "hello", "created_time": stamp(4)}]}
    steps, found = play(facebook.settle(one), [reply(listed), state(post_id="9")])
    assert sent_to(steps) == ["GET /v25.0/4400/videos", "GET /v25.0/v1"]
    assert Save({"video": "v1"}) in steps
    assert found == Published("9", None)


def test_a_plain_video_is_not_absent_while_it_may_still_be_fetched():
    _, found = play(facebook.settle(asked(ContentType.VIDEO)), [reply({"data": []})])
    assert isinstance(found, Unsettled)
    late = asked(ContentType.VIDEO, intent_at=NOW - timedelta(minutes=31))
    _, found = play(facebook.settle(late), [reply({"data": []})])
    assert found == Absent()


STORIES = reply({"data": [{"post_id": "6", "media_id": "x"}, {"post_id": "7", "media_id": "p1"}]})


def test_a_photo_story_is_found_by_its_photo():
    one = asked(ContentType.STORY, photo(), checkpoint={"photo": "p1"})
    assert play(facebook.settle(one), [STORIES])[1] == Published("7", None)
    other = asked(ContentType.STORY, photo(), checkpoint={"photo": "p2"})
    assert play(facebook.settle(other), [STORIES])[1] == Absent()
    early = asked(ContentType.STORY, photo(), checkpoint={"photo": "p2"}, intent_at=NOW)
    assert isinstance(play(facebook.settle(early), [STORIES])[1], Unsettled)
    unknown = asked(ContentType.STORY, photo())
    assert isinstance(play(facebook.settle(unknown), [])[1], Unsettled)


@pytest.mark.parametrize(("post", "found"), [("77", Published("77", None)), (None, None)])
def test_a_video_story_that_is_out_but_not_listed_keeps_the_id_of_its_answer(post, found):
    one = asked(ContentType.STORY, checkpoint={**KEPT, "post": post})
    _, settled = play(facebook.settle(one), [state(), STORIES])
    assert settled == found if found else isinstance(settled, Unsettled)


def test_a_video_story_is_found_among_the_stories():
    listed = reply({"data": [{"post_id": "8", "media_id": "v1", "url": "https://f/s"}]})
    one = asked(ContentType.STORY, checkpoint=KEPT)
    assert play(facebook.settle(one), [state(), listed])[1] == Published("8", "https://f/s")


def test_without_its_id_a_reel_cannot_be_asked_about():
    assert isinstance(play(facebook.settle(asked()), [])[1], Unsettled)


def test_no_request_carries_a_token_outside_its_header():
    one = job(ContentType.REEL, media=(film(),))
    steps, _ = play(facebook.publish(one), [STARTED, OK, state(publishing="not_started"), OK])
    for request in requests(steps):
        assert request.scheme in ("Bearer", "OAuth")
        assert "token" not in f"{request.path}{request.query}{request.form}"
