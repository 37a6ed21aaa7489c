"""X: photos in one call, films in segments, processing, alt text; and where a crash goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.content import ContentType, JsonObject, Media, MediaType
from domain.failures import Rejected, Throttled, Unavailable
from platforms.flow import Fenced, MediaFacts, Save, Upload, Wait
from platforms.twitter import posts as twitter
from tests.make import NOW
from tests.platforms.script import film, job, photo, play, reply, requests, sent_to

MIB = 1024**2
HEAD = reply({"data": {"id": "77"}}, 201)
UNTIL = int(NOW.timestamp()) + 86_400


def media_id(number: int, **more: Any):
    data = {"id": str(number), "media_key": f"3_{number}", "expires_after_secs": 86_400, **more}
    return reply({"data": data})


def state(name: str, **more: Any):
    return media_id(193, processing_info={"state": name, **more})


def entry(number: int = 193, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "key": f"3_{number}", "until": UNTIL, **more}


DONE = {"sent_all": True, "processed": True}


def gif() -> Media:
    return Media(uuid4(), MediaType.GIF, "https://cdn.example.org/a.gif", mime_type="image/gif")


def images(*media: Media, **more: Any):
    kind = ContentType.CAROUSEL if len(media) > 1 else ContentType.IMAGE
    return job(kind, media=media, **more)


def movie(**more: Any):
    return job(ContentType.VIDEO, media=(film(),), **more)


def segments(steps: Any) -> list[tuple[str, int, int | None]]:
    return [
        (step.request.form["segment_index"], step.first, step.last)
        for step in steps
        if isinstance(step, Upload) and step.request.form and "segment_index" in step.request.form
    ]


def saved(steps: Any) -> JsonObject:
    return [step for step in steps if isinstance(step, Save)][-1].checkpoint


def test_a_photo_is_one_upload_and_then_part_of_the_post():
    steps, done = play(twitter.publish(images(photo())), [media_id(193), HEAD])
    assert sent_to(steps) == ["POST /2/media/upload", "POST /2/tweets"]
    assert requests(steps)[0].form == {"media_category": "tweet_image"}
    assert requests(steps)[1].body == {"text": "hello", "media": {"media_ids": ["193"]}}
    assert done.id == "77"


def test_photos_keep_their_order_their_alt_text_and_who_is_on_them():
    one = images(photo(alt_text="a lake"), photo(), options={"tagged_user_ids": ["5"]})
    replies = [media_id(1), media_id(2), reply({"data": {}}), HEAD]
    steps, _ = play(twitter.publish(one), replies)
    assert sent_to(steps)[2] == "POST /2/media/metadata"
    assert requests(steps)[2].body == {"id": "1", "metadata": {"alt_text": {"text": "a lake"}}}
    body: Any = requests(steps)[3].body
    assert body["media"] == {"media_ids": ["1", "2"], "tagged_user_ids": ["5"]}


def test_a_post_of_media_needs_no_text():
    steps, _ = play(twitter.publish(images(photo(), text="")), [media_id(193), HEAD])
    assert requests(steps)[1].body == {"media": {"media_ids": ["193"]}}


@pytest.mark.parametrize(
    ("one", "category", "mime_type"),
    [(movie(), "tweet_video", "video/mp4"), (images(gif()), "tweet_gif", "image/gif")],
)
def test_a_film_or_gif_is_sent_in_segments_of_a_mebibyte(one, category, mime_type):
    size = 2 * MIB + 5
    replies = [MediaFacts(size, mime_type), media_id(193), *[reply({})] * 3, media_id(193), HEAD]
    steps, done = play(twitter.publish(one), replies)
    assert sent_to(steps) == [
        "POST /2/media/upload/initialize",
        *["POST /2/media/upload/193/append"] * 3,
        "POST /2/media/upload/193/finalize",
        "POST /2/tweets",
    ]
    assert requests(steps)[0].body == {
        "media_type": mime_type,
        "total_bytes": size,
        "media_category": category,
    }
    assert segments(steps) == [("0", 0, MIB - 1), ("1", MIB, 2 * MIB - 1), ("2", 2 * MIB, size - 1)]
    assert done.id == "77"


def test_each_segment_is_stored_as_soon_as_it_is_through():
    replies = [MediaFacts(3 * MIB, "video/mp4"), media_id(193), reply({}), reply({})]
    steps, _ = play(twitter.publish(movie()), replies)
    through = [
        step.checkpoint["uploads"][0]["segments"]  # type: ignore[index, call-overload]
        for step in steps
        if isinstance(step, Save) and step.now
    ]
    assert through == [0, 1, 2]


def test_a_crash_in_segment_seven_of_nine_goes_on_at_segment_seven():
    kept = {"uploads": [entry(size=9 * MIB, segments=6, processed=False)]}
    replies = [MediaFacts(9 * MIB, "video/mp4"), *[reply({})] * 3, media_id(193), HEAD]
    steps, _ = play(twitter.publish(movie(checkpoint=kept)), replies)
    assert [index for index, _, _ in segments(steps)] == ["6", "7", "8"]


@pytest.mark.parametrize(
    "kept",
    [
        entry(size=8 * MIB, segments=6),
        entry(size=9 * MIB, segments=6, until=int((NOW + timedelta(minutes=30)).timestamp())),
    ],
)
def test_a_film_that_changed_or_an_upload_that_ends_soon_starts_anew(kept):
    one = movie(checkpoint={"uploads": [kept]})
    steps, _ = play(twitter.publish(one), [MediaFacts(9 * MIB, "video/mp4")])
    assert sent_to(steps) == ["POST /2/media/upload/initialize"]


def test_processing_frees_the_worker_and_goes_on_when_it_is_through():
    kept = {"uploads": [entry(sent_all=True, processed=False)]}
    steps, _ = play(twitter.publish(movie(checkpoint=kept)), [state("pending", check_after_secs=7)])
    assert steps[-1] == Wait(7.0, 1800.0, "X is processing media[0]")
    assert requests(steps)[0].query == {"command": "STATUS", "media_id": "193"}
    steps, done = play(twitter.publish(movie(checkpoint=kept)), [state("succeeded"), HEAD])
    assert done.id == "77"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 1, "name": "InvalidMedia", "message": "file is invalid"}, Rejected),
        ({"code": 3, "name": "InternalError", "message": "oops"}, Unavailable),
        (None, Rejected),
    ],
)
def test_what_x_cannot_process_publishes_nothing_and_is_named(error, kind):
    kept = {"uploads": [entry(1, **DONE), entry(sent_all=True, processed=False)]}
    one = images(photo(), photo(), checkpoint=kept)
    failed = state("failed", **({"error": error} if error else {}))
    steps, failure = play(twitter.publish(one), [failed])
    assert type(failure) is kind
    assert "media[1]" in failure.message
    assert (error or {}).get("message", "no reason given") in failure.message
    assert getattr(failure, "item", "media[1]") == "media[1]"
    assert saved(steps) == {"uploads": [entry(1, **DONE)]}
    assert not [step for step in steps if isinstance(step, Fenced)]


def test_one_bad_photo_of_several_is_named_and_nothing_goes_out():
    refused = reply({"detail": "image too large", "type": "https://x/invalid-request"}, 400)
    one = images(photo(), photo(), photo())
    steps, failure = play(twitter.publish(one), [media_id(1), media_id(2), refused])
    assert isinstance(failure, Rejected)
    assert failure.item == "media[2]"
    assert "image too large" in failure.message
    assert not [step for step in steps if isinstance(step, Fenced)]


def test_a_photo_that_cannot_be_fetched_is_named_by_its_position():
    gone = Rejected("the media cannot be fetched: its host answered HTTP 404", item="media")
    _, failure = play(twitter.publish(images(photo(), photo())), [media_id(1), gone])
    assert isinstance(failure, Rejected)
    assert failure.item == "media[1]"
    assert failure.message.startswith("media[1]: the media cannot be fetched")


@pytest.mark.parametrize(
    "lost",
    [
        reply({"type": "https://x/resource-not-found"}, 404),
        reply({"detail": "the segments do not add up to the size"}, 400),
    ],
)
def test_an_upload_that_x_lost_starts_anew_with_the_next_try(lost):
    kept = {"uploads": [entry(size=MIB, segments=1)]}
    replies = [MediaFacts(MIB, "video/mp4"), lost]
    steps, failure = play(twitter.publish(movie(checkpoint=kept)), replies)
    assert type(failure) is Unavailable
    assert saved(steps) == {"uploads": []}


def test_a_limit_during_the_upload_keeps_what_is_through():
    kept = {"uploads": [entry(size=2 * MIB, segments=1)]}
    replies = [MediaFacts(2 * MIB, "video/mp4"), reply({}, 429)]
    steps, failure = play(twitter.publish(movie(checkpoint=kept)), replies)  # type: ignore[arg-type]
    assert isinstance(failure, Throttled)
    assert [step for step in steps if isinstance(step, Save)] == []


def test_a_film_has_no_alt_text():
    kept = {"uploads": [entry(**DONE)]}
    one = job(ContentType.VIDEO, media=(film(alt_text="a lake"),), checkpoint=kept)
    steps, _ = play(twitter.publish(one), [HEAD])
    assert sent_to(steps) == ["POST /2/tweets"]
