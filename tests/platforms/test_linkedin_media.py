"""LinkedIn: pictures, documents and videos in parts; and where a crash goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.content import ContentType, JsonObject, Media, MediaType
from domain.failures import Rejected, Throttled, Unavailable
from platforms.adapter import Account
from platforms.flow import Fenced, MediaFacts, Reply, Save, Upload, Wait
from platforms.linkedin import posts as linkedin
from tests.make import NOW
from tests.platforms.script import film, job, photo, play, reply, requests, sent_to

PAGE = Account("urn:li:organization:5583111", "acme")
HEAD = reply(b"", 201, x_restli_id="urn:li:ugcPost:7")
PUT = reply(b"", 201)
OK = reply(b"")
AVAILABLE = reply({"status": "AVAILABLE"})
VIDEO = "urn:li:video:1"
PART = 4 * 1024**2


def begun(kind: str = "image", number: int = 1):
    value = {"uploadUrl": f"https://up.example/{number}", kind: f"urn:li:{kind}:{number}"}
    return reply({"value": value})


def instructed(parts: int, **more: Any):
    instructions = [
        {"uploadUrl": f"https://up.example/p{n}", "firstByte": n * PART, "lastByte": n * PART + 9}
        for n in range(parts)
    ]
    return reply(
        {"value": {"video": VIDEO, "uploadToken": "t", "uploadInstructions": instructions, **more}}
    )


def tagged(number: int):
    return reply(b"", 200, etag=f'"e{number}"')


def movie(account: Account = PAGE, **more: Any):
    media = film(thumbnail_url=more.pop("thumbnail_url", None), title=more.pop("title", None))
    return job(ContentType.VIDEO, media=(media,), account=account, **more)


def kept_video(parts: int, through: int, **more: Any) -> JsonObject:
    entry = {
        "urn": VIDEO,
        "size": 100,
        "upload_token": "t",
        "parts": [[f"https://up.example/p{n}", n, n] for n in range(parts)],
        "tags": [f'"e{n}"' for n in range(through)],
        **more,
    }
    return {"uploads": [entry]}


def fenced(steps: Any) -> list[Any]:
    return [step for step in steps if isinstance(step, Fenced)]


def content_of(steps: Any) -> Any:
    body: Any = requests(steps)[-1].body
    return body["content"]


def test_a_picture_is_begun_sent_seen_available_and_shown():
    one = job(ContentType.IMAGE, media=(photo(alt_text="a lake"),), account=PAGE)
    steps, done = play(linkedin.publish(one), [begun(), PUT, AVAILABLE, HEAD])
    assert sent_to(steps) == [
        "POST /rest/images?action=initializeUpload",
        "PUT https://up.example/1",
        "GET /rest/images/urn%3Ali%3Aimage%3A1",
        "POST /rest/posts",
    ]
    owner = {"initializeUploadRequest": {"owner": "urn:li:organization:5583111"}}
    assert requests(steps)[0].body == owner
    assert content_of(steps) == {"media": {"id": "urn:li:image:1", "altText": "a lake"}}
    assert done.id == "urn:li:ugcPost:7"


def test_several_pictures_are_one_post_in_their_order():
    one = job(ContentType.CAROUSEL, media=(photo(alt_text="a"), photo()), account=PAGE)
    replies = [begun(number=1), PUT, begun(number=2), PUT, AVAILABLE, AVAILABLE, HEAD]
    steps, _ = play(linkedin.publish(one), replies)
    images = [{"id": "urn:li:image:1", "altText": "a"}, {"id": "urn:li:image:2"}]
    assert content_of(steps) == {"multiImage": {"images": images}}


def test_a_document_has_a_title():
    paper = Media(uuid4(), MediaType.DOCUMENT, "https://cdn.example.org/a.pdf", title="Report")
    one = job(ContentType.CAROUSEL, media=(paper,), account=PAGE)
    steps, _ = play(linkedin.publish(one), [begun("document"), PUT, AVAILABLE, HEAD])
    assert sent_to(steps)[0] == "POST /rest/documents?action=initializeUpload"
    assert content_of(steps) == {"media": {"id": "urn:li:document:1", "title": "Report"}}


def test_the_picture_of_an_article_is_uploaded():
    article = {"source": "https://e.org", "title": "Sale", "thumbnail": "https://e.org/a.jpg"}
    one = job(options={"article": article}, account=PAGE)
    steps, _ = play(linkedin.publish(one), [begun(), PUT, AVAILABLE, HEAD])
    assert content_of(steps)["article"]["thumbnail"] == "urn:li:image:1"


def test_a_members_picture_cannot_be_looked_at_and_is_given_some_seconds_once():
    one = job(ContentType.IMAGE, media=(photo(),))
    denied = reply({"code": "ACCESS_DENIED"}, 403)
    steps, _ = play(linkedin.publish(one), [begun(), PUT, denied])
    assert steps[-1] == Wait(20.0, 1800.0, "LinkedIn is processing media[0]")
    kept = steps[-2]
    assert isinstance(kept, Save)
    again = job(ContentType.IMAGE, media=(photo(),), checkpoint=kept.checkpoint)
    steps, done = play(linkedin.publish(again), [HEAD])
    assert done.id == "urn:li:ugcPost:7"


def test_a_video_goes_in_the_parts_that_linkedin_asks_for():
    replies = [
        *(MediaFacts(100, "video/mp4"), instructed(2), tagged(0), tagged(1), OK, AVAILABLE, HEAD),
    ]
    steps, _ = play(linkedin.publish(movie(title="Film")), replies)
    assert sent_to(steps) == [
        "POST /rest/videos?action=initializeUpload",
        "PUT https://up.example/p0",
        "PUT https://up.example/p1",
        "POST /rest/videos?action=finalizeUpload",
        "GET /rest/videos/urn%3Ali%3Avideo%3A1",
        "POST /rest/posts",
    ]
    parts = [step for step in steps if isinstance(step, Upload)]
    assert [(one.first, one.last) for one in parts] == [(0, 9), (PART, PART + 9)]
    assert {one.request.scheme for one in parts} == {None}
    assert requests(steps)[3].body == {
        "finalizeUploadRequest": {
            "video": VIDEO,
            "uploadToken": "t",
            "uploadedPartIds": ['"e0"', '"e1"'],
        }
    }
    assert content_of(steps) == {"media": {"id": VIDEO, "title": "Film"}}


def test_each_part_is_stored_and_a_crash_in_part_seven_of_nine_goes_on_there():
    replies = [MediaFacts(100, "video/mp4"), tagged(6), tagged(7), tagged(8), OK, AVAILABLE, HEAD]
    steps, _ = play(linkedin.publish(movie(checkpoint=kept_video(9, 6))), replies)
    assert sent_to(steps)[:3] == [f"PUT https://up.example/p{n}" for n in (6, 7, 8)]
    stored = [
        len(step.checkpoint["uploads"][0]["tags"])  # type: ignore[index, call-overload, arg-type]
        for step in steps[:6]
        if isinstance(step, Save) and step.now
    ]
    assert stored[:2] == [7, 8]
    body: Any = requests(steps)[3].body
    assert body["finalizeUploadRequest"]["uploadedPartIds"] == [f'"e{n}"' for n in range(9)]


@pytest.mark.parametrize(
    ("more", "size"),
    [({}, 99), ({"until": int((NOW - timedelta(minutes=1)).timestamp() * 1000)}, 100)],
)
def test_a_film_that_changed_or_addresses_that_ran_out_start_anew(more, size):
    one = movie(checkpoint=kept_video(9, 6, **more))
    steps, _ = play(linkedin.publish(one), [MediaFacts(size, "video/mp4")])
    assert sent_to(steps) == ["POST /rest/videos?action=initializeUpload"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_address_that_is_refused_is_asked_for_anew_with_the_next_try(status):
    replies: list[Reply] = [MediaFacts(100, "video/mp4"), reply(b"", status)]
    steps, failure = play(linkedin.publish(movie(checkpoint=kept_video(2, 1))), replies)
    assert type(failure) is Unavailable
    assert steps[-1] == Save({"uploads": []}, now=True)


def test_a_still_is_sent_with_the_video():
    replies = [
        *(MediaFacts(100, "video/mp4"), instructed(1, thumbnailUploadUrl="https://up.example/t")),
        *(tagged(0), PUT, OK, AVAILABLE, HEAD),
    ]
    steps, _ = play(linkedin.publish(movie(thumbnail_url="https://e.org/t.jpg")), replies)
    begin: Any = requests(steps)[0].body
    assert begin["initializeUploadRequest"]["uploadThumbnail"] is True
    (still,) = [step for step in steps if isinstance(step, Upload) and step.last is None]
    assert (still.request.path, still.media.url) == ("https://up.example/t", "https://e.org/t.jpg")


def test_processing_frees_the_worker():
    kept = {"uploads": [{"urn": VIDEO, "sent_all": True}]}
    steps, _ = play(linkedin.publish(movie(checkpoint=kept)), [reply({"status": "PROCESSING"})])
    assert isinstance(steps[-1], Wait)


def test_what_linkedin_cannot_process_publishes_nothing_and_is_named():
    kept = {"uploads": [{"urn": f"urn:li:image:{n}", "sent_all": True} for n in (1, 2)]}
    one = job(ContentType.CAROUSEL, media=(photo(), photo()), checkpoint=kept, account=PAGE)
    failed = reply({"status": "PROCESSING_FAILED", "processingFailureReason": "not an image"})
    steps, failure = play(linkedin.publish(one), [AVAILABLE, failed])
    assert isinstance(failure, Rejected)
    assert failure.item == "media[1]"
    assert "not an image" in failure.message
    assert fenced(steps) == []


def test_one_bad_picture_is_named_and_nothing_goes_out():
    one = job(ContentType.CAROUSEL, media=(photo(), photo()), account=PAGE)
    bad = reply({"code": "INVALID_VALUE_FOR_FIELD", "message": "owner"}, 400)
    steps, failure = play(linkedin.publish(one), [begun(), PUT, bad])
    assert isinstance(failure, Rejected)
    assert failure.item == "media[1]"
    assert fenced(steps) == []


def test_a_limit_during_the_upload_keeps_what_is_through():
    full = reply({"message": "MEMBER DAY limit"}, 429)
    replies: list[Reply] = [MediaFacts(100, "video/mp4"), full]
    steps, failure = play(linkedin.publish(movie(checkpoint=kept_video(2, 1))), replies)
    assert isinstance(failure, Throttled)
    assert [step for step in steps if isinstance(step, Save)] == []


def test_media_that_linkedin_does_not_know_any_more_are_uploaded_anew():
    kept = {"uploads": [{"urn": VIDEO, "sent_all": True, "available": True}]}
    refused = reply({"code": "INVALID_VIDEO_ID"}, 400)
    steps, failure = play(linkedin.publish(movie(checkpoint=kept)), [refused])
    assert type(failure) is Unavailable
    assert steps[-1] == Save({})
