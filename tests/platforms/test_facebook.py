"""Facebook Pages: texts and photos, and how they are found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.content import Content, ContentType
from domain.failures import OutcomeUnknown, Rejected
from domain.limits import breaches
from platforms.adapter import Absent, Published, Unsettled
from platforms.facebook import posts as facebook
from platforms.facebook.limits import LIMITS
from platforms.flow import Fenced, Save
from tests.make import NOW
from tests.platforms.script import film, form_of, job, photo, play, reply, requests, sent_to

OLD = NOW - timedelta(minutes=5)
SENT = int(NOW.timestamp())
JPEG = "https://cdn.example.org/a.jpg"
DUPLICATE = reply({"error": {"code": 506, "error_subcode": 1455006, "message": "again"}}, 400)


def stamp(after: float) -> str:
    return (OLD + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def fenced(steps: Any) -> list[str]:
    return sent_to([step for step in steps if isinstance(step, Fenced)])


def test_a_text_carries_its_link_and_its_settings():
    options = {"link": "https://example.org", "targeting": {"geo_locations": {}}, "unheard_of": 1}
    steps, done = play(facebook.publish(job(options=options)), [reply({"id": "9_1"})])
    assert form_of(requests(steps)[0]) == {
        "message": "hello",
        "link": "https://example.org",
        "targeting": '{"geo_locations":{}}',
    }
    assert fenced(steps) == ["POST /v25.0/4400/feed"]
    assert done == Published("9_1", "https://www.facebook.com/9_1")


def test_several_photos_are_uploaded_unseen_and_posted_together():
    one = job(ContentType.CAROUSEL, media=(photo(alt_text="a lake"), photo()))
    replies = [reply({"id": "p1"}), reply({"id": "p2"}), reply({"id": "9_1"})]
    steps, done = play(facebook.publish(one), replies)
    assert form_of(requests(steps)[0]) == {
        "url": JPEG,
        "published": "false",
        "alt_text_custom": "a lake",
    }
    assert form_of(requests(steps)[2]) == {
        "message": "hello",
        "attached_media[0]": '{"media_fbid":"p1"}',
        "attached_media[1]": '{"media_fbid":"p2"}',
    }
    assert fenced(steps) == ["POST /v25.0/4400/feed"]
    assert done == Published("9_1", "https://www.facebook.com/9_1")


def test_photos_that_were_uploaded_before_are_not_uploaded_again():
    one = job(ContentType.CAROUSEL, media=(photo(), photo()), checkpoint={"photos": ["p1"]})
    steps, _ = play(facebook.publish(one), [reply({"id": "p2"}), reply({"id": "9_1"})])
    assert sent_to(steps) == ["POST /v25.0/4400/photos", "POST /v25.0/4400/feed"]
    assert Save({"first_sent": SENT, "photos": ["p1", "p2"]}) in steps


def test_one_bad_photo_publishes_nothing_and_is_named():
    one = job(ContentType.CAROUSEL, media=(photo(), photo(), photo()))
    bad = reply({"error": {"code": 324, "message": "no image"}}, 400)
    steps, failure = play(facebook.publish(one), [reply({"id": "p1"}), bad])
    assert isinstance(failure, Rejected)
    assert failure.item == "media[1]"
    assert fenced(steps) == []


def test_photos_and_videos_do_not_go_into_one_post():
    mixed = Content(ContentType.CAROUSEL, "hello", media=(photo(), film()))
    assert [breach.field for breach in breaches(mixed, LIMITS)] == ["media[1]"]
    mixed = Content(ContentType.MIXED, "hello", media=(photo(), film()))
    assert [breach.field for breach in breaches(mixed, LIMITS)] == ["content_type"]


def test_older_posts_with_the_same_text_are_not_ours():
    one = job(intent_at=OLD)
    listed = {"data": [{"id": "1", "message": "hello", "created_time": stamp(-3600)}]}
    assert play(facebook.settle(one), [reply(listed)])[1] == Absent()


def test_a_refusal_as_duplicate_leaves_a_mark_and_a_question():
    steps, failure = play(facebook.publish(job(checkpoint={"first_sent": 5})), [DUPLICATE])
    assert type(failure) is OutcomeUnknown
    assert steps[-1] == Save({"first_sent": 5, "duplicate": True})


def test_a_duplicate_of_an_earlier_try_is_found_and_any_other_is_refused():
    first = int((OLD - timedelta(minutes=30)).timestamp())
    one = job(intent_at=OLD, checkpoint={"first_sent": first, "duplicate": True})
    ours = {"id": "1", "message": "hello", "created_time": stamp(-1790)}
    _, found = play(facebook.settle(one), [reply({"data": [ours]})])
    assert isinstance(found, Published)
    older = {**ours, "created_time": stamp(-7200)}
    _, found = play(facebook.settle(one), [reply({"data": [older]})])
    assert isinstance(found, Absent)
    assert isinstance(found.because, Rejected)


def test_photos_without_a_text_are_told_apart_by_time_or_not_at_all():
    one = job(ContentType.IMAGE, "", media=(photo(),), intent_at=OLD)
    before, after = ({"id": str(at), "created_time": stamp(at)} for at in (-30, 3))
    _, found = play(facebook.settle(one), [reply({"data": [after, before]})])
    assert isinstance(found, Published)
    assert found.id == "3"
    _, found = play(facebook.settle(one), [reply({"data": [after, {**after, "id": "4"}]})])
    assert isinstance(found, Unsettled)
    _, found = play(facebook.settle(one), [reply({"data": [before]})])
    assert isinstance(found, Unsettled)
    long_before = {"id": "2", "created_time": stamp(-90)}
    _, found = play(facebook.settle(one), [reply({"data": [long_before]})])
    assert found == Absent()
