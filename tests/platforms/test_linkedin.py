"""LinkedIn: posts of members and Pages, what its refusals mean, and how a post is found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content import ContentType, JsonObject, Media, MediaType
from domain.failures import (
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from domain.limits import breaches
from platforms.adapter import Absent, Account, Published, Unsettled
from platforms.flow import Fenced, Save
from platforms.linkedin import errors
from platforms.linkedin import posts as linkedin
from platforms.linkedin.limits import LIMITS
from platforms.linkedin.wording import little_text, plain_text
from tests.make import NOW
from tests.platforms.script import film, job, photo, play, reply, requests, sent_to

OLD = NOW - timedelta(minutes=5)
PAGE = Account("urn:li:organization:5583111", "acme")
URN = "urn:li:share:7"
LINK = f"https://www.linkedin.com/feed/update/{URN}/"
HEAD = reply(b"", 201, x_restli_id=URN)
DUPLICATE = reply(
    {
        "message": f"Content is a duplicate of {URN}",
        "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]},
        "status": 422,
    },
    422,
)

# One for each line of the fact sheet's table.
ANSWERS = [
    (reply({"code": "MISSING_FIELD"}, 400), Rejected),
    (reply({"code": "INVALID_VALUE_FOR_FIELD"}, 400), Rejected),
    (reply({"code": "INVALID_VALUE_BLANK_FIELD"}, 400), Rejected),
    (reply({"code": "FIELD_LENGTH_TOO_LONG"}, 400), Rejected),
    (reply({"code": "INVALID_URN_TYPE"}, 400), Rejected),
    (reply({"code": "INVALID_URN_ID"}, 400), Rejected),
    (reply({"code": "INVALID_URL"}, 400), Rejected),
    (reply({"code": "INVALID_CALL_TO_ACTION"}, 400), Rejected),
    (reply({"code": "INVALID_IMAGE_ID"}, 400), Unavailable),
    (reply({"code": "INVALID_VIDEO_ID"}, 400), Unavailable),
    (reply({"code": "MEDIA_ASSET_WAITING_UPLOAD"}, 400), Unavailable),
    (reply({"code": "MEDIA_ASSET_PROCESSING_FAILED"}, 400), Rejected),
    (reply({"code": "UPDATING_ASSET_FAILED"}, 400), Rejected),
    (reply({"code": "EXPIRED_UPLOAD_URL"}, 400), Unavailable),
    (reply({"serviceErrorCode": 65600, "code": "INVALID_ACCESS_TOKEN"}, 401), TokenRevoked),
    (reply({"serviceErrorCode": 65601}, 401), TokenRevoked),
    (reply({"code": "REVOKED_ACCESS_TOKEN"}, 401), TokenRevoked),
    (reply({"serviceErrorCode": 65602}, 401), TokenExpired),
    (reply({"code": "EXPIRED_ACCESS_TOKEN"}, 401), TokenExpired),
    (reply({"code": "EMPTY_ACCESS_TOKEN"}, 401), Rejected),
    (reply({}, 401), TokenRevoked),
    (reply({"serviceErrorCode": 100, "code": "ACCESS_DENIED"}, 403), PermissionMissing),
    (reply({"message": "This video resource is forbidden"}, 403), Unavailable),
    (reply({"message": "Unable to obtain activity"}, 400), Unavailable),
    (reply({"code": "NOT_FOUND"}, 404), Rejected),
    (reply({"code": "CONFLICT"}, 409), Unavailable),
    (reply({"message": "Length Required"}, 411), Rejected),
    (DUPLICATE, Rejected),
    (reply({"code": "UNPROCESSABLE_ENTITY"}, 422), Rejected),
    (reply({"code": "NONEXISTENT_VERSION"}, 426), Throttled),
    (reply({"serviceErrorCode": 101}, 429), Throttled),
    (reply({"code": "TOO_MANY_REQUESTS"}, 429), Throttled),
    (reply(b"<html>", 400), Rejected),
]


@pytest.mark.parametrize(("answer", "kind"), ANSWERS)
def test_each_refusal_is_its_failure(answer, kind):
    _, failure = play(linkedin.publish(job()), [answer])
    assert type(failure) is kind
    assert failure.status == answer.status


def test_every_line_of_the_table_is_tested():
    said = [errors._said(answer) for answer, _ in ANSWERS]
    assert [row for row in errors.TABLE if not any(row.holds(one) for one in said)] == []


def limited(message: str, status: int = 429) -> Throttled:
    _, failure = play(linkedin.publish(job()), [reply({"message": message}, status)])
    assert isinstance(failure, Throttled)
    return failure


def test_limits_of_a_day_open_at_midnight_utc():
    failure = limited("Resource level throttle MEMBER DAY limit is reached.")
    assert (failure.until, failure.whole_app) == (datetime(2026, 11, 25, tzinfo=UTC), False)
    assert limited("APPLICATION DAY limit is reached.").whole_app
    assert limited("Resource level throttle limit").until == NOW + timedelta(minutes=5)


def test_a_version_that_has_ended_pauses_the_platform_and_spares_the_account():
    failure = limited("Requested version 20241101 is not active", 426)
    assert failure.whole_app
    assert "an operator has to set another API version" in failure.message


def test_a_text_is_one_call_of_the_version_that_the_account_is_set_to():
    steps, done = play(linkedin.publish(job()), [HEAD])
    assert sent_to(steps) == ["POST /rest/posts"]
    (request,) = requests(steps)
    body: Any = request.body
    assert (body["author"], body["commentary"]) == ("urn:li:person:4400", "hello")
    assert "content" not in body
    assert request.headers["linkedin-version"] == "202609"
    assert done == Published(URN, LINK)
    newer = Account("4400", "ada", {"api_version": "202612"})
    steps, _ = play(linkedin.publish(job(account=newer)), [HEAD])
    assert requests(steps)[0].headers["linkedin-version"] == "202612"


def body_of(**more: Any) -> Any:
    steps, _ = play(linkedin.publish(job(**more)), [HEAD])
    return requests(steps)[0].body


def test_a_page_posts_as_itself():
    assert body_of(account=PAGE)["author"] == "urn:li:organization:5583111"


def test_settings_shape_the_post():
    article = {"source": "https://example.org", "title": "Sale", "thumbnail": "urn:li:image:1"}
    assert body_of(options={"article": article})["content"] == {"article": article}
    poll = {"question": "Tea?", "options": ["yes", "no"], "duration": "ONE_DAY"}
    assert body_of(options={"poll": poll})["content"] == {
        "poll": {
            "question": "Tea?",
            "options": [{"text": "yes"}, {"text": "no"}],
            "settings": {"duration": "ONE_DAY"},
        }
    }
    shared = body_of(options={"reshare": "urn:li:share:5", "visibility": "CONNECTIONS"})
    assert shared["reshareContext"] == {"parent": "urn:li:share:5"}
    assert shared["visibility"] == "CONNECTIONS"


def document() -> Media:
    return Media(uuid4(), MediaType.DOCUMENT, "https://cdn.example.org/a.pdf")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"visibility": "FRIENDS"}, "visibility"),
        ({"first_comment": "x" * 1251}, "first_comment"),
        ({"mentions": [{"name": "Acme"}]}, "mentions[0]"),
        ({"article": {"source": "example.org", "title": "Sale"}}, "article.source"),
        ({"article": {"source": "https://example.org"}}, "article.title"),
        ({"poll": {"question": "Tea?", "options": ["yes"]}}, "poll.options"),
        ({"poll": {"question": "", "options": ["yes", "no"]}}, "poll.question"),
        ({"poll": {"question": "a", "options": ["b", "c"], "duration": "1"}}, "poll.duration"),
        (
            {"reshare": "urn:li:share:1", "article": {"source": "https://e", "title": "a"}},
            "reshare",
        ),
    ],
)
def test_what_linkedin_would_refuse_of_the_settings_is_named(options, field):
    (breach,) = breaches(job(options=options).content, LIMITS)
    assert breach.field == f"metadata.linkedin.{field}"


@pytest.mark.parametrize(
    ("media", "field"),
    [
        ((photo(),), "media[0]"),
        ((photo(), document()), "media[1]"),
        ((film(), photo()), "media[0]"),
        ((document(),), None),
        ((photo(), photo()), None),
    ],
)
def test_a_carousel_is_pictures_or_one_document(media, field):
    found = breaches(job(ContentType.CAROUSEL, media=media).content, LIMITS)
    assert [breach.field for breach in found] == ([field] if field else [])


@pytest.mark.parametrize("kind", [ContentType.STORY, ContentType.REEL, ContentType.MIXED])
def test_what_linkedin_does_not_have_is_refused_with_the_reason(kind):
    (breach,) = breaches(job(kind, media=(film(),)).content, LIMITS)
    assert f"linkedin takes no {kind}" in breach.message


def test_text_is_escaped_and_mentions_are_named():
    text = "sale (all week) #sale # <b> {x} a_b @Acme Ltd and @Acme"
    written = little_text(text, {"Acme": "urn:li:organization:1", "Acme Ltd": "urn:li:person:2"})
    assert written == (
        r"sale \(all week\) #sale \# \<b\> \{x\} a\_b @[Acme Ltd](urn:li:person:2) and"
        " @[Acme](urn:li:organization:1)"
    )
    assert plain_text(written) == text
    assert plain_text(r"now {hashtag|\#|sale}") == "now #sale"


@given(st.text())
def test_every_text_comes_back_the_same(text):
    assert plain_text(little_text(text)) == text


COMMENTED: JsonObject = {"first_comment": "more (here)"}


def test_the_first_comment_follows_as_plain_text():
    steps, done = play(linkedin.publish(job(options=COMMENTED)), [HEAD, reply({"id": "5"}, 201)])
    comment = requests(steps)[1]
    assert comment.path == "/rest/socialActions/urn%3Ali%3Ashare%3A7/comments"
    assert comment.body == {
        "actor": "urn:li:person:4400",
        "object": URN,
        "message": {"text": "more (here)"},
    }
    assert len([step for step in steps if isinstance(step, Fenced)]) == 2
    assert (done.id, done.remark) == (URN, None)


def test_a_comment_that_is_refused_leaves_the_post_published_and_is_said():
    denied = reply({"code": "ACCESS_DENIED", "message": "Not enough permissions"}, 403)
    _, done = play(linkedin.publish(job(options=COMMENTED)), [HEAD, denied])
    assert done.id == URN
    assert "comment 1 of 1 was not posted: LinkedIn: Not enough permissions" in done.remark


SENT: JsonObject = {
    "published_id": URN,
    "published_url": LINK,
    "published_at": OLD.isoformat(),
    "parts": [],
    "sent": True,
    "tries": 1,
}


@pytest.mark.parametrize(
    ("account", "answer", "remark"),
    [
        (PAGE, reply({"elements": [{"id": "5", "message": {"text": "more (here)"}}]}), None),
        (Account("4400", "ada"), reply({"code": "ACCESS_DENIED"}, 403), "is not known"),
    ],
)
def test_a_comment_in_doubt_is_looked_for_and_never_sent_twice_blindly(account, answer, remark):
    asked = job(account=account, options=COMMENTED, checkpoint=SENT, intent_at=OLD)
    steps, done = play(linkedin.settle(asked), [answer])
    assert [step for step in steps if isinstance(step, Fenced)] == []
    assert (done.remark is None) if remark is None else (remark in done.remark)


def test_a_duplicate_is_ours_only_after_an_earlier_try():
    steps, first = play(linkedin.publish(job()), [DUPLICATE])
    assert isinstance(first, Rejected)
    assert "change the text" in first.message
    assert steps[-1] == Save({})
    _, second = play(linkedin.publish(job(checkpoint={"sent": True})), [DUPLICATE])
    assert second == Published(URN, LINK)


def test_a_duplicate_at_a_page_is_looked_at_for_it_may_be_deleted():
    again = job(account=PAGE, checkpoint={"sent": True})
    steps, failure = play(linkedin.publish(again), [DUPLICATE])
    assert isinstance(failure, OutcomeUnknown)
    kept = steps[-1]
    assert isinstance(kept, Save)
    asked = job(account=PAGE, checkpoint=kept.checkpoint, intent_at=OLD)
    steps, there = play(linkedin.settle(asked), [reply({"id": URN})])
    assert sent_to(steps) == ["GET /rest/posts/urn%3Ali%3Ashare%3A7"]
    assert there.id == URN
    _, ghost = play(linkedin.settle(asked), [reply({"code": "NOT_FOUND"}, 404)])
    assert isinstance(ghost.because, Rejected)
    assert "deleted" in ghost.because.message


def test_a_refusal_that_is_no_doubt_does_not_count_as_an_earlier_try():
    steps, _ = play(linkedin.publish(job()), [reply({}, 429)])
    assert steps[-1] == Save({})


def test_a_call_that_never_left_does_not_count_as_an_earlier_try():
    steps, failure = play(linkedin.publish(job()), [Unavailable("no connection")])
    assert isinstance(failure, Unavailable)
    assert steps[-1] == Save({})


def test_another_post_of_the_account_with_the_same_text_is_not_taken_for_this_one():
    again = job(checkpoint={"sent": True}, known=frozenset({URN}))
    _, failure = play(linkedin.publish(again), [DUPLICATE])
    assert isinstance(failure, Rejected)


def row(commentary: str, after: float = 1, **more: Any) -> dict[str, Any]:
    made = int((OLD + timedelta(seconds=after)).timestamp() * 1000)
    return {"id": URN, "commentary": commentary, "createdAt": made, **more}


def look(*rows: Any, text: str = "hello", account: Account = PAGE, **more: Any) -> Any:
    asked = job(text=text, account=account, **{"intent_at": OLD, **more})
    return play(linkedin.settle(asked), [reply({"elements": list(rows)})])[1]


OURS: JsonObject = {"uploads": [{"urn": "urn:li:image:1"}]}
SHOWN = {"media": {"id": "urn:li:image:1"}}
OTHER = {"multiImage": {"images": [{"id": "urn:li:image:2"}]}}


@pytest.mark.parametrize(
    ("text", "found", "more"),
    [
        ("hello", row("hello"), {}),
        ("a (b) #c", row(r"a \(b\) {hashtag|\#|c}"), {}),
        ("ask @Acme", row("ask @[Acme](urn:li:organization:1)"), {}),
        ("", row("", content=SHOWN), {"checkpoint": OURS}),
        ("hello", row("altered", content=SHOWN), {"checkpoint": OURS}),
    ],
)
def test_a_pages_post_is_recognised_though_linkedin_writes_it_differently(text, found, more):
    assert look(found, text=text, **more).id == URN


def test_a_pages_post_that_is_not_listed_is_absent_and_a_look_alike_leaves_it_open():
    assert look() == Absent()
    assert look(row("hello", after=-300)) == Absent()
    assert look(row("", content=OTHER), text="", checkpoint=OURS) == Absent()
    assert isinstance(look(row("hello", after=-30)), Unsettled)


@pytest.mark.parametrize(
    ("text", "seconds", "outcome"),
    [("hello", 300, Absent), ("hello", 20, Unsettled), ("", 300, Unsettled)],
)
def test_a_members_post_is_sent_again_only_where_a_duplicate_would_be_told(text, seconds, outcome):
    asked = job(text=text, intent_at=NOW - timedelta(seconds=seconds))
    steps, found = play(linkedin.settle(asked), [])
    assert type(found) is outcome
    assert steps == []
