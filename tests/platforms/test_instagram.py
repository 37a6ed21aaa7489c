"""Instagram: which containers are made, and how a story is found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.content import Content, ContentType, JsonObject, Platform
from domain.failures import Rejected, Throttled, Unavailable
from domain.limits import breaches
from platforms.adapter import Absent, Published, Unsettled
from platforms.flow import Save, Unreadable
from platforms.instagram import posts as instagram
from platforms.instagram.adapter import ADAPTER
from platforms.instagram.limits import LIMITS
from runtime.settings import OTHER_URLS, PLATFORM_URLS
from tests.make import NOW
from tests.platforms.script import film, form_of, job, photo, play, quota, reply, requests, sent_to

READY = reply({"status_code": "FINISHED"})
OLD = NOW - timedelta(minutes=5)
JPEG, MP4 = "https://cdn.example.org/a.jpg", "https://cdn.example.org/a.mp4"


def created(one: Any) -> dict[str, str]:
    """The form of the first container of a job."""
    steps, _ = play(instagram.publish(one), [])
    return dict(form_of(requests(steps)[0]))


def stamp(after: float) -> str:
    return (OLD + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def test_a_photo_has_no_media_type():
    one = job(ContentType.IMAGE, media=(photo(alt_text="a lake"),))
    assert created(one) == {"image_url": JPEG, "caption": "hello", "alt_text": "a lake"}


@pytest.mark.parametrize("kind", [ContentType.VIDEO, ContentType.REEL])
def test_a_single_video_is_a_reel_with_its_cover(kind):
    one = job(kind, media=(film(alt_text="none", thumbnail_url="https://cdn.example.org/c.jpg"),))
    assert created(one) == {
        "media_type": "REELS",
        "video_url": MP4,
        "caption": "hello",
        "cover_url": "https://cdn.example.org/c.jpg",
    }


def test_a_moment_chosen_for_the_cover_goes_before_the_thumbnail():
    film_with_thumbnail = film(thumbnail_url="https://cdn.example.org/c.jpg")
    options = {"thumb_offset": 1500, "share_to_feed": False}
    form = created(job(ContentType.REEL, media=(film_with_thumbnail,), options=options))
    assert "cover_url" not in form
    assert (form["thumb_offset"], form["share_to_feed"]) == ("1500", "false")


@pytest.mark.parametrize(
    ("media", "source"), [(photo(alt_text="x"), {"image_url": JPEG}), (film(), {"video_url": MP4})]
)
def test_a_story_has_neither_caption_nor_alt_text(media, source):
    form = created(job(ContentType.STORY, media=(media,), options={"collaborators": ["ben"]}))
    assert form == {"media_type": "STORIES", **source}


def test_settings_are_passed_on_with_the_whole():
    options = {"collaborators": ["ben", "cy"], "location_id": 5, "unheard_of": 1}
    one = job(ContentType.CAROUSEL, media=(photo(), film()), options=options)
    replies = [reply({"id": "a"}), reply({"id": "b"}), READY, READY]
    steps, _ = play(instagram.publish(one), replies)
    first, second = (dict(form_of(request)) for request in requests(steps)[:2])
    assert first == {"image_url": JPEG, "is_carousel_item": "true"}
    assert second == {"media_type": "VIDEO", "video_url": MP4, "is_carousel_item": "true"}
    assert form_of(requests(steps)[4]) == {
        "media_type": "CAROUSEL",
        "children": "a,b",
        "caption": "hello",
        "collaborators": '["ben","cy"]',
        "location_id": "5",
    }


def test_people_are_tagged_on_a_single_photo():
    tags = [{"username": "ben", "x": 0.5, "y": 0.4}]
    form = created(job(ContentType.IMAGE, media=(photo(),), options={"user_tags": tags}))
    assert form["user_tags"] == '[{"username":"ben","x":0.5,"y":0.4}]'


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Error: Media upload has failed with error code 2207026", Rejected),
        ("Error: Media upload has failed with error code 2207053", Unavailable),
    ],
)
def test_the_number_in_the_status_tells_whether_trying_again_may_help(reason, kind):
    one = job(ContentType.REEL, media=(film(),), checkpoint={"container": "c"})
    failed = reply({"status_code": "ERROR", "status": reason})
    steps, failure = play(instagram.publish(one), [failed])
    assert type(failure) is kind
    assert steps[-1] == Save({})


def test_a_spent_daily_quota_waits():
    one = job(ContentType.IMAGE, media=(photo(),), checkpoint={"container": "c"})
    spent = reply({"error": {"code": 9, "error_subcode": 2207042}}, 400)
    _, failure = play(instagram.publish(one), [READY, quota(), spent])
    assert isinstance(failure, Throttled)
    assert not failure.whole_app


def test_a_text_alone_is_refused_before_anything_is_sent():
    found = breaches(Content(ContentType.TEXT, "hello"), LIMITS)
    assert [breach.field for breach in found] == ["content_type"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": ""}'])
def test_an_unknown_answer_to_the_publishing_call_is_not_taken_for_a_post(body: bytes):
    one = job(ContentType.IMAGE, media=(photo(),), checkpoint={"container": "c"})
    with pytest.raises(Unreadable):
        play(instagram.publish(one), [READY, quota(), reply(body)])


def test_a_post_is_found_again_by_its_caption():
    asked = job(ContentType.IMAGE, media=(photo(),), checkpoint={"container": "c"}, intent_at=OLD)
    listed = {"data": [{"id": "7", "caption": "hello", "permalink": "https://i/p/7"}]}
    replies = [reply({"status_code": "PUBLISHED"}), reply(listed)]
    steps, found = play(instagram.settle(asked), replies)
    assert found == Published("7", "https://i/p/7")
    assert sent_to(steps) == ["GET /v25.0/c", "GET /v25.0/4400/media"]


def story(**more: Any):
    return job(ContentType.STORY, media=(photo(),), intent_at=OLD, **more)


def test_a_story_that_went_out_is_the_only_one_since():
    listed = [
        {"id": "1", "timestamp": stamp(-40), "permalink": "https://i/s/1"},
        {"id": "2", "timestamp": stamp(3), "permalink": "https://i/s/2"},
    ]
    replies = [reply({"status_code": "PUBLISHED"}), reply({"data": listed})]
    steps, found = play(instagram.settle(story(checkpoint={"container": "c"})), replies)
    assert found == Published("2", "https://i/s/2")
    assert sent_to(steps)[-1] == "GET /v25.0/4400/stories"


@pytest.mark.parametrize("times", [[], [3, 9]])
def test_a_story_that_cannot_be_told_from_others_is_left_to_a_person(times):
    listed = [{"id": str(after), "timestamp": stamp(after)} for after in times]
    replies = [reply({"status_code": "PUBLISHED"}), reply({"data": listed})]
    _, found = play(instagram.settle(story(checkpoint={"container": "c"})), replies)
    assert isinstance(found, Unsettled)


@pytest.mark.parametrize("status", ["FINISHED", "ERROR", "EXPIRED"])
def test_a_story_whose_container_was_not_published_is_absent(status):
    asked = story(checkpoint={"container": "c"})
    _, found = play(instagram.settle(asked), [reply({"status_code": status})])
    assert isinstance(found, Absent)


def test_a_story_is_not_given_up_while_it_may_still_go_out():
    early = job(
        ContentType.STORY,
        media=(photo(),),
        checkpoint={"container": "c"},
        intent_at=NOW - timedelta(seconds=20),
    )
    _, found = play(instagram.settle(early), [READY])
    assert isinstance(found, Unsettled)
    _, found = play(instagram.settle(story(checkpoint={"container": "c"})), [reply({})])
    assert isinstance(found, Unsettled)
    _, found = play(instagram.settle(story()), [])
    assert isinstance(found, Unsettled)


def test_no_request_carries_a_token_outside_its_header():
    one = job(ContentType.STORY, media=(photo(),))
    steps, _ = play(instagram.publish(one), [reply({"id": "c"}), READY, reply({"id": "m"})])
    for request in requests(steps):
        assert request.scheme == "Bearer"
        assert "token" not in f"{request.path}{request.query}{request.form}"


@pytest.mark.parametrize(
    ("metadata", "url"),
    [
        ({}, "https://graph.instagram.com"),
        ({"login": "instagram"}, "https://graph.instagram.com"),
        ({"login": "facebook"}, "https://graph.facebook.com"),
    ],
)
def test_the_login_that_an_account_was_connected_by_decides_its_host(metadata, url):
    known = {Platform.INSTAGRAM: PLATFORM_URLS[Platform.INSTAGRAM], **OTHER_URLS}
    assert known[ADAPTER.host_of(metadata)] == url


PUBLIC: JsonObject = {
    "published_id": "m",
    "published_url": "https://i/p/m",
    "published_at": OLD.isoformat(),
    "parts": [],
}


def commented(**more: Any):
    options = {"first_comment": "#more"}
    return job(ContentType.IMAGE, media=(photo(),), options=options, checkpoint=PUBLIC, **more)


def test_the_first_comment_follows_the_post_and_asks_for_no_fields():
    steps, done = play(instagram.publish(commented()), [reply({"id": "c1"})])
    (request,) = requests(steps)
    assert (request.path, request.form, request.query) == (
        "/v25.0/m/comments",
        {"message": "#more"},
        {},
    )
    assert done == Published("m", "https://i/p/m", None, OLD)


def test_a_comment_in_doubt_is_looked_for_under_the_post():
    kept = {**PUBLIC, "sent": True, "tries": 1}
    asked = job(
        ContentType.IMAGE,
        media=(photo(),),
        options={"first_comment": "#more"},
        checkpoint=kept,
        intent_at=OLD,
    )
    at = OLD.strftime("%Y-%m-%dT%H:%M:%S+0000")
    listed = {"data": [{"id": "1", "text": "nice", "timestamp": at}, {"id": "2", "text": "#more"}]}
    steps, done = play(instagram.settle(asked), [reply(listed)])
    assert sent_to(steps) == ["GET /v25.0/m/comments"]
    assert done.remark is None


def test_a_comment_that_is_refused_leaves_the_post_published():
    refused = reply({"error": {"code": 10, "message": "no right to comment"}}, 400)
    _, done = play(instagram.publish(commented()), [refused])
    assert done.id == "m"
    assert "comment 1 of 1 was not posted: no right to comment" in done.remark


@pytest.mark.parametrize(
    ("kind", "options", "field", "words"),
    [
        (ContentType.STORY, {"first_comment": "x"}, "first_comment", "does not go with story"),
        (
            ContentType.IMAGE,
            {"share_to_feed": True},
            "share_to_feed",
            "does not go with image; it goes with reel, video",
        ),
        (ContentType.IMAGE, {"collaborators": ["a"] * 4}, "collaborators", "4 entries"),
        (ContentType.IMAGE, {"first_comment": "x" * 2201}, "first_comment", "shorten it by 1"),
        (ContentType.IMAGE, {"location_id": True}, "location_id", "should be an id"),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_their_name(kind, options, field, words):
    (found,) = breaches(Content(kind, "", media=(photo(),), options=options), LIMITS)
    assert found.field == f"metadata.instagram.{field}"
    assert words in found.message
