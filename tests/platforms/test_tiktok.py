"""TikTok: uploads that go on where they were, posts that it fetches, and what became of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.content import Content, ContentType, JsonObject
from domain.failures import (
    Failure,
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from domain.limits import breaches
from platforms.adapter import Absent, Published, Unsettled
from platforms.flow import Fenced, MediaFacts, Save, Upload, Wait
from platforms.tiktok import posts as tiktok
from platforms.tiktok.codes import CODES, refusal
from platforms.tiktok.limits import LIMITS
from tests.make import NOW
from tests.platforms.script import film, job, photo, play, reply, requests, sent_to

MIB = 1024**2
OLD = NOW - timedelta(minutes=5)
URL = "https://up/1"
OK = {"code": "ok", "message": "", "log_id": "L"}
LEVELS = ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


def told(http_status: int = 200, code: str = "ok", /, **data: Any):
    return reply({"data": data, "error": {**OK, "code": code}}, http_status)


CREATOR = told(privacy_level_options=LEVELS, max_video_post_duration_sec=300)
TAKEN = told(publish_id="v1", upload_url=URL)
KEPT: JsonObject = {
    "publish_id": "v1",
    "upload_url": URL,
    "size": 95 * MIB,
    "level": "PUBLIC_TO_EVERYONE",
}
BIG = MediaFacts(95 * MIB, "video/mp4")
PART = reply(b"", 206)


def video(**more: Any):
    return job(ContentType.VIDEO, media=(film(),), **more)


def photos(**more: Any):
    return job(ContentType.CAROUSEL, media=(photo(), photo()), **more)


def asked(one: Any = video, **more: Any):
    return one(intent_at=more.pop("intent_at", OLD), **more)


def ranges(steps) -> list[str]:
    return [one.headers["content-range"] for one in requests(steps) if one.method == "PUT"]


@pytest.mark.parametrize(
    ("size", "chunks"),
    [(3 * MIB, 1), (64_000_000, 1), (64_000_001, 6), (95 * MIB, 9), (99 * MIB, 9)],
)
def test_a_video_goes_in_whole_chunks_and_only_the_last_is_fenced(size, chunks):
    facts = MediaFacts(size, "video/quicktime")
    steps, _ = play(tiktok.publish(video()), [facts, CREATOR, TAKEN, *[PART] * chunks])
    assert len(ranges(steps)) == chunks
    assert ranges(steps)[-1].endswith(f"-{size - 1}/{size}")
    (fenced,) = [step.step for step in steps if isinstance(step, Fenced)]
    assert isinstance(fenced, Upload)
    body: Any = requests(steps)[1].body
    assert body["source_info"]["total_chunk_count"] == chunks
    assert requests(steps)[-1].headers["content-type"] == "video/quicktime"
    assert isinstance(steps[-1], Wait)


def test_the_publish_id_is_stored_before_the_first_byte_and_each_chunk_after_it():
    steps, _ = play(tiktok.publish(video()), [BIG, CREATOR, TAKEN, *[PART] * 9])
    saved = [step for step in steps if isinstance(step, Save)]
    assert saved == [
        Save(KEPT, now=True),
        *(Save({**KEPT, "next": place}, now=True) for place in range(1, 9)),
    ]


def test_a_crash_in_part_seven_of_nine_goes_on_at_part_seven():
    one = video(checkpoint={**KEPT, "next": 6})
    steps, _ = play(tiktok.publish(one), [BIG, *[PART] * 3])
    assert ranges(steps) == [
        f"bytes {60 * MIB}-{70 * MIB - 1}/{95 * MIB}",
        f"bytes {70 * MIB}-{80 * MIB - 1}/{95 * MIB}",
        f"bytes {80 * MIB}-{95 * MIB - 1}/{95 * MIB}",
    ]


@pytest.mark.parametrize("told_so_far", [80 * MIB - 1, 80 * MIB])
def test_an_upload_that_is_further_than_we_knew_goes_on_from_there(told_so_far):
    beyond = reply(b"", 416, content_range=f"bytes 0-{told_so_far}/{95 * MIB}")
    one = video(checkpoint={**KEPT, "next": 6})
    steps, _ = play(tiktok.publish(one), [BIG, beyond, PART])
    assert ranges(steps)[1:] == [f"bytes {80 * MIB}-{95 * MIB - 1}/{95 * MIB}"]


def test_a_last_chunk_that_is_there_already_is_taken():
    beyond = reply(b"", 416, content_range=f"bytes 0-{95 * MIB}/{95 * MIB}")
    steps, _ = play(tiktok.publish(video(checkpoint={**KEPT, "next": 8})), [BIG, beyond])
    assert isinstance(steps[-1], Wait)


@pytest.mark.parametrize("status", [400, 403, 404, 416])
@pytest.mark.parametrize("place", [3, 8])
def test_an_upload_that_is_refused_starts_anew(status, place):
    one = video(checkpoint={**KEPT, "next": place})
    steps, failure = play(tiktok.publish(one), [BIG, reply(b"", status)])
    assert type(failure) is Unavailable
    assert steps[-1] == Save({})


def test_a_video_of_another_size_is_uploaded_anew():
    facts = MediaFacts(7, "video/mp4")
    steps, _ = play(tiktok.publish(video(checkpoint=KEPT)), [facts])
    assert sent_to(steps) == ["POST /v2/post/publish/creator_info/query/"]


def test_a_video_may_be_fetched_by_tiktok():
    one = video(options={"source": "PULL_FROM_URL", "disable_duet": True, "is_aigc": False})
    steps, _ = play(tiktok.publish(one), [CREATOR, told(publish_id="v2")])
    body: Any = requests(steps)[1].body
    assert body == {
        "post_info": {
            "title": "hello",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_duet": True,
            "is_aigc": False,
        },
        "source_info": {"source": "PULL_FROM_URL", "video_url": "https://cdn.example.org/a.mp4"},
    }
    assert isinstance(steps[-3], Fenced)
    assert steps[-2] == Save({"level": "PUBLIC_TO_EVERYONE", "publish_id": "v2"})
    assert isinstance(steps[-1], Wait)


def test_photos_are_fetched_by_tiktok_in_one_fenced_call():
    one = photos(options={"auto_add_music": True, "photo_cover_index": 1})
    steps, _ = play(tiktok.publish(one), [CREATOR, told(publish_id="p1")])
    assert sent_to(steps)[1] == "POST /v2/post/publish/content/init/"
    body: Any = requests(steps)[1].body
    assert body == {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "description": "hello",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "auto_add_music": True,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://cdn.example.org/a.jpg"] * 2,
            "photo_cover_index": 1,
        },
    }


@pytest.mark.parametrize(
    ("options", "item"),
    [
        ({"privacy_level": "FOLLOWER_OF_CREATOR"}, "metadata.tiktok.privacy_level"),
        (
            {"privacy_level": "SELF_ONLY", "brand_content_toggle": True},
            "metadata.tiktok.brand_content_toggle",
        ),
    ],
)
def test_what_the_creator_may_not_choose_is_named_before_anything_is_sent(options, item):
    steps, failure = play(tiktok.publish(photos(options=options)), [CREATOR])
    assert isinstance(failure, Rejected)
    assert failure.item == item
    assert len(requests(steps)) == 1


def test_a_video_that_is_too_long_for_the_creator_is_named():
    long = job(ContentType.VIDEO, media=(film(duration=301),))
    _, failure = play(tiktok.publish(long), [BIG, CREATOR])
    assert isinstance(failure, Rejected)
    assert (failure.item, "may post 300" in failure.message) == ("media[0]", True)


def status_of(one: Any, **data: Any):
    return play(tiktok.settle(one), [told(**data)])


@pytest.mark.parametrize("field", ["publicaly_available_post_id", "publicly_available_post_id"])
@pytest.mark.parametrize("value", [[73], 73, "73", ["73"]])
def test_a_post_is_named_however_its_id_is_spelled(field, value):
    _, there = status_of(asked(checkpoint=KEPT), status="PUBLISH_COMPLETE", **{field: value})
    assert there == Published("73", "https://www.tiktok.com/@ada/video/73")


def test_photos_have_addresses_of_their_own():
    data = {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [73]}
    _, there = status_of(asked(photos, checkpoint={"publish_id": "p1"}), **data)
    assert there == Published("73", "https://www.tiktok.com/@ada/photo/73")


def test_an_id_is_waited_for_some_minutes_unless_the_post_is_private():
    fresh = asked(checkpoint=KEPT, intent_at=NOW - timedelta(minutes=2))
    steps, _ = status_of(fresh, status="PUBLISH_COMPLETE")
    assert isinstance(steps[-1], Wait)
    _, there = status_of(asked(checkpoint=KEPT), status="PUBLISH_COMPLETE")
    assert there == Published("v1", None)
    private = asked(checkpoint={**KEPT, "level": "SELF_ONLY"}, intent_at=NOW)
    _, there = status_of(private, status="PUBLISH_COMPLETE", publicaly_available_post_id=[])
    assert there == Published("v1", None)


@pytest.mark.parametrize("status", ["PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD"])
def test_a_post_in_work_is_waited_for_ever_less_often(status):
    steps, _ = status_of(asked(checkpoint=KEPT, intent_at=NOW), status=status)
    assert steps[-1] == Wait(tiktok.AT_FIRST, tiktok.POLL_FOR, tiktok.PROCESSING)
    steps, _ = status_of(asked(checkpoint=KEPT), status=status)
    assert steps[-1] == Wait(tiktok.LATER, tiktok.POLL_FOR, tiktok.PROCESSING)


def test_a_last_chunk_that_never_arrived_is_sent_again_to_the_same_upload():
    short = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 80 * MIB}
    steps, found = status_of(asked(checkpoint=KEPT), **short)
    assert found == Absent()
    assert not [step for step in steps if isinstance(step, Save)]
    steps, _ = status_of(asked(checkpoint=KEPT, intent_at=NOW), **short)
    assert isinstance(steps[-1], Wait)


def test_a_post_that_failed_says_why_names_the_item_and_is_forgotten():
    failed = {"status": "FAILED", "fail_reason": "picture_size_check_failed"}
    for one, checkpoint, item in (
        (video, KEPT, "media[0]"),
        (photos, {"publish_id": "p"}, "media"),
    ):
        steps, gone = status_of(asked(one, checkpoint=checkpoint), **failed)
        assert isinstance(gone, Absent)
        assert isinstance(gone.because, Rejected)
        assert gone.because.item == item
        assert "picture_size_check_failed" in gone.because.message
        assert steps[-1] == Save({})


def test_a_draft_is_not_taken_for_a_post():
    _, found = status_of(asked(checkpoint=KEPT), status="SEND_TO_USER_INBOX")
    assert isinstance(found.because, Rejected)


def listed(*rows: tuple[str, float, str]):
    at = int(OLD.timestamp())
    videos = [
        {"id": post_id, "create_time": at + int(after), "video_description": text[:150]}
        for post_id, after, text in rows
    ]
    return told(videos=videos)


def lost(*rows: tuple[str, float, str], level: str = "PUBLIC_TO_EVERYONE", **more: Any):
    one = asked(photos, checkpoint={"level": level}, **more)
    return play(tiktok.settle(one), [listed(*rows)])[1]


def test_a_post_without_its_publish_id_is_looked_for_and_never_taken_for_absent():
    assert lost(("8", 9, "hello"), ("7", 2, "other")) == Published(
        "8", "https://www.tiktok.com/@ada/photo/8"
    )
    assert isinstance(lost(("7", -300, "hello")), Unsettled)
    assert isinstance(lost(("8", 9, "hello"), ("7", 2, "hello")), Unsettled)
    assert isinstance(lost(), Unsettled)
    assert isinstance(lost(("8", 9, "hello"), level="SELF_ONLY"), Unsettled)


def test_a_long_text_is_known_by_its_beginning():
    text = "word " * 100
    assert lost(("8", 3, text), text=text).id == "8"


MEANINGS: dict[str, tuple[type[Failure], type[Failure]]] = {
    "rate_limit_exceeded": (Throttled, Throttled),
    "spam_risk_too_many_posts": (Throttled, Throttled),
    "spam_risk_too_many_pending_share": (Throttled, Throttled),
    "reached_active_user_cap": (Throttled, Throttled),
    "access_token_invalid": (TokenExpired, TokenExpired),
    "auth_removed": (TokenRevoked, TokenRevoked),
    "internal_error": (Unavailable, OutcomeUnknown),
    "internal": (Unavailable, OutcomeUnknown),
    "video_pull_failed": (Unavailable, Unavailable),
    "photo_pull_failed": (Unavailable, Unavailable),
    **dict.fromkeys(
        (
            "scope_not_authorized",
            "scope_permission_missed",
            "spam_risk_user_banned_from_posting",
            "unaudited_client_can_only_post_to_private_accounts",
        ),
        (PermissionMissing, PermissionMissing),
    ),
    **dict.fromkeys(
        (
            "url_ownership_unverified",
            "privacy_level_option_mismatch",
            "spam_risk",
            "spam_risk_text",
            "invalid_param",
            "invalid_params",
            "invalid_file_upload",
            "app_version_check_failed",
            "invalid_publish_id",
            "token_not_authorized_for_specified_publish_id",
            "file_format_check_failed",
            "duration_check_failed",
            "frame_rate_check_failed",
            "picture_size_check_failed",
            "publish_cancelled",
        ),
        (Rejected, Rejected),
    ),
}


def test_every_code_of_the_table_is_tried_here():
    assert MEANINGS.keys() == CODES.keys()


@pytest.mark.parametrize(("code", "kinds"), MEANINGS.items())
@pytest.mark.parametrize("status", [200, 403])
def test_the_code_decides_and_not_the_status(code, kinds, status):
    before, published = kinds
    _, failure = play(tiktok.publish(video()), [BIG, told(status, code)])
    assert type(failure) is before
    assert failure.code == code
    _, failure = play(tiktok.publish(photos()), [CREATOR, told(status, code)])
    assert type(failure) is published


@pytest.mark.parametrize(
    ("status", "kind"), [(401, TokenExpired), (429, Throttled), (403, Rejected)]
)
def test_an_unknown_code_is_judged_by_its_status(status, kind):
    assert type(refusal("new_code", "", NOW, told(status, "new_code"))) is kind


@pytest.mark.parametrize(
    ("code", "wait", "whole_app"),
    [
        ("rate_limit_exceeded", timedelta(minutes=1), False),
        ("spam_risk_too_many_posts", timedelta(hours=1), False),
        ("reached_active_user_cap", timedelta(hours=1), True),
    ],
)
def test_a_limit_is_a_wait_and_never_a_failure(code, wait, whole_app):
    failure = refusal(code, "", NOW)
    assert isinstance(failure, Throttled)
    assert (failure.until - NOW, failure.whole_app) == (wait, whole_app)


@pytest.mark.parametrize("kind", [ContentType.TEXT, ContentType.STORY, ContentType.MIXED])
def test_what_tiktok_does_not_have_is_refused_before_anything_is_sent(kind):
    (found,) = breaches(Content(kind, "hello", media=(photo(),)), LIMITS)
    assert f"tiktok takes no {kind}" in found.message


def test_photos_may_say_more_than_videos_and_have_a_title():
    content = Content(ContentType.IMAGE, "x" * 4000, title="x" * 91, media=(photo(),))
    (found,) = breaches(content, LIMITS)
    assert found.field == "title"
