"""X: posts, threads, what its refusals mean, and how a post is found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.content import ContentType, JsonObject
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
from platforms.flow import Fenced, Save, Wait
from platforms.refusals import Meaning
from platforms.twitter import errors
from platforms.twitter import posts as twitter
from platforms.twitter.limits import LIMITS
from tests.make import NOW
from tests.platforms.script import film, job, photo, play, reply, requests, sent_to

OLD = NOW - timedelta(minutes=5)
TILL = int((NOW + timedelta(minutes=7)).timestamp())
PROBLEMS = "https://api.x.com/2/problems/"
INVALID_MEDIA = {
    "errors": [
        {"parameters": {"media.media_ids": ["[193]"]}, "message": "Your media IDs are invalid."}
    ],
    "title": "Invalid Request",
    "type": f"{PROBLEMS}invalid-request",
}
DUPLICATE = reply({"detail": "You are not allowed to create a Tweet with duplicate content."}, 403)
HEAD = reply({"data": {"id": "77"}}, 201)

# One for each line of the fact sheet's table.
ANSWERS = [
    (reply(INVALID_MEDIA, 400), Unavailable),
    (reply({"type": f"{PROBLEMS}invalid-request", "detail": "One is wrong."}, 400), Rejected),
    (reply({"detail": "the segments do not add up to the stated size"}, 400), Unavailable),
    (reply({"title": "Unauthorized", "type": "about:blank"}, 401), TokenExpired),
    (reply({"title": "CreditsDepleted", "type": f"{PROBLEMS}credits"}, 402), Throttled),
    (DUPLICATE, Rejected),
    (reply({"type": f"{PROBLEMS}user-suspended"}, 403), TokenRevoked),
    (reply({"detail": "Your account is suspended."}, 403), TokenRevoked),
    (reply({"type": f"{PROBLEMS}unsupported-authentication"}, 403), PermissionMissing),
    (reply({"type": f"{PROBLEMS}oauth1-permissions"}, 403), PermissionMissing),
    (reply({"type": f"{PROBLEMS}client-forbidden"}, 403), PermissionMissing),
    (reply({"detail": "You are not permitted to perform this action."}, 403), Rejected),
    (reply({"detail": "Too many cashtags."}, 403), Rejected),
    (reply({"detail": "It holds an invalid URL."}, 403), Rejected),
    (reply({"type": f"{PROBLEMS}resource-not-found"}, 404), Rejected),
    (reply({"type": f"{PROBLEMS}conflict"}, 409), Unavailable),
    (reply(b"", 413), Rejected),
    (reply({"title": "Too Many Requests"}, 429), Throttled),
    (reply({"type": f"{PROBLEMS}usage-capped"}, 429), Throttled),
    (reply({"type": f"{PROBLEMS}usage-capped"}, 403), Throttled),
    (reply(b"<html>", 400), Rejected),
]


@pytest.mark.parametrize(("answer", "kind"), ANSWERS)
def test_each_refusal_is_its_failure(answer, kind):
    _, failure = play(twitter.publish(job()), [answer])
    assert type(failure) is kind
    assert failure.status == answer.status


def test_every_line_of_the_table_is_tested():
    said = [errors._said(answer) for answer, _ in ANSWERS]
    unused = [row for row in errors.TABLE if not any(row.holds(one) for one in said)]
    assert [row.words for row in unused] == ["segments don't add up"]


def limited(status: int = 429, body: Any = None, **headers: str) -> Throttled:
    _, failure = play(twitter.publish(job()), [reply(body or {}, status, **headers)])
    assert isinstance(failure, Throttled)
    return failure


def test_the_latest_reset_of_the_limits_that_are_used_up_counts():
    failure = limited(
        x_rate_limit_remaining="5",
        x_rate_limit_reset=str(TILL + 999),
        x_user_limit_24hour_remaining="0",
        x_user_limit_24hour_reset=str(TILL),
    )
    assert failure.until == datetime.fromtimestamp(TILL, UTC)
    assert not failure.whole_app


def test_a_day_limit_of_the_app_holds_back_all_accounts():
    failure = limited(x_app_limit_24hour_remaining="0", x_app_limit_24hour_reset=str(TILL))
    assert failure.whole_app


def test_without_headers_a_limit_is_a_quarter_of_an_hour():
    assert limited().until == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("period", "until"),
    [
        ("Daily", datetime(2026, 11, 25, tzinfo=UTC)),
        ("Monthly", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_cap_opens_with_its_period(period, until):
    body = {"type": f"{PROBLEMS}usage-capped", "period": period, "scope": "App"}
    failure = limited(429, body)
    assert (failure.until, failure.whole_app) == (until, True)


def test_spent_credits_pause_the_platform_and_spare_the_account():
    failure = limited(402, {"title": "CreditsDepleted", "detail": "Your account has no credits."})
    assert failure.whole_app
    assert "an operator has to add credits" in failure.message


def test_a_text_is_one_call():
    steps, done = play(twitter.publish(job()), [HEAD])
    assert sent_to(steps) == ["POST /2/tweets"]
    assert requests(steps)[0].body == {"text": "hello"}
    assert done == Published("77", "https://x.com/ada/status/77")


def test_settings_are_passed_on():
    options: JsonObject = {
        "reply_settings": "following",
        "quote_tweet_id": "5",
        "geo": {"place_id": "1"},
    }
    steps, _ = play(twitter.publish(job(options=options)), [HEAD])
    assert requests(steps)[0].body == {"text": "hello", **options}


POLL: JsonObject = {"options": ["a", "b"], "duration_minutes": 60}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"poll": POLL, "quote_tweet_id": "5"}, "quote_tweet_id"),
        ({"reply_settings": "friends"}, "reply_settings"),
        ({"poll": {"options": ["a"], "duration_minutes": 60}}, "poll.options"),
        ({"poll": {"options": ["a", "b" * 26], "duration_minutes": 60}}, "poll.options"),
        ({"poll": {"options": ["a", "b"], "duration_minutes": 1}}, "poll.duration_minutes"),
        ({"poll": "yes"}, "poll"),
        ({"thread": ["one"] * 26}, "thread"),
        ({"thread": ["one", "日" * 141]}, "thread[1]"),
    ],
)
def test_what_x_would_refuse_of_the_settings_is_named(options, field):
    (breach,) = breaches(job(options=options).content, LIMITS)
    assert breach.field == f"metadata.twitter.{field}"


def test_a_poll_and_photos_exclude_each_other():
    one = job(ContentType.IMAGE, media=(photo(),), options={"poll": POLL})
    (breach,) = breaches(one.content, LIMITS)
    assert "does not go with image" in breach.message


@pytest.mark.parametrize("kind", ["image", "carousel", "video", "text"])
def test_what_x_takes_is_not_refused(kind):
    media = {"image": (photo(),), "carousel": (photo(), photo()), "video": (film(),)}.get(kind, ())
    assert breaches(job(ContentType(kind), media=media).content, LIMITS) == ()


@pytest.mark.parametrize("kind", [ContentType.STORY, ContentType.REEL, ContentType.MIXED])
def test_what_x_does_not_have_is_refused_with_the_reason(kind):
    (breach,) = breaches(job(kind, media=(film(),)).content, LIMITS)
    assert breach.field == "content_type"
    assert f"twitter takes no {kind}" in breach.message


THREAD: JsonObject = {"thread": ["two", "three"]}
NAMED: JsonObject = {
    "published_id": "77",
    "published_url": "https://x.com/ada/status/77",
    "published_at": OLD.isoformat(),
    "parts": [],
}


def test_each_post_of_a_thread_is_a_fenced_answer_to_the_one_before():
    replies = [HEAD, reply({"data": {"id": "78"}}, 201), reply({"data": {"id": "79"}}, 201)]
    steps, done = play(twitter.publish(job(options=THREAD)), replies)
    assert len([step for step in steps if isinstance(step, Fenced)]) == 3
    _, second, third = (request.body for request in requests(steps))
    assert second == {"text": "two", "reply": {"in_reply_to_tweet_id": "77"}}
    assert third == {"text": "three", "reply": {"in_reply_to_tweet_id": "78"}}
    assert (done.id, done.remark) == ("77", None)


def test_a_thread_that_breaks_off_says_which_part_is_missing():
    _, done = play(
        twitter.publish(job(options=THREAD)),
        [HEAD, reply({"data": {"id": "78"}}, 201), reply(b"", 413)],
    )
    assert done.id == "77"
    assert "further post 2 of 2 was not posted" in done.remark


def doubtful(*rows: Any, sent_part: int = 0):
    """A thread whose next part may be there, and what the timeline shows."""
    kept = {**NAMED, "parts": ["78"][:sent_part], "sent": True, "tries": 1}
    asked = job(options=THREAD, checkpoint=kept, intent_at=OLD)
    return play(twitter.settle(asked), [reply({"data": list(rows)})])


def answering(parent: str | None, post_id: str, text: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": post_id, "text": text, "created_at": OLD.isoformat()}
    return (
        row
        if parent is None
        else {**row, "referenced_tweets": [{"type": "replied_to", "id": parent}]}
    )


def test_a_part_that_is_there_is_not_sent_again():
    steps, _ = doubtful(answering("77", "78", "two"))
    assert requests(steps)[-1].body == {"text": "three", "reply": {"in_reply_to_tweet_id": "78"}}


def test_a_part_is_not_taken_for_one_of_another_thread():
    steps, _ = doubtful(answering("5", "78", "two"))
    assert requests(steps)[-1].body == {"text": "two", "reply": {"in_reply_to_tweet_id": "77"}}


def test_a_part_that_was_altered_leaves_the_question_open():
    steps, _ = doubtful(answering("77", "78", "tw*"))
    assert isinstance(steps[-1], Wait)
    assert [step for step in steps if isinstance(step, Fenced)] == []


def look(*rows: Any, text: str = "hello", **more: Any):
    """What becomes of an open question, when the timeline shows these rows."""
    body = {"data": list(rows)} if rows else {"meta": {"result_count": 0}}
    return play(twitter.settle(job(text=text, **{"intent_at": OLD, **more})), [reply(body)])


def row(text: str, after: float = 1.0, **more: Any) -> dict[str, Any]:
    made = (OLD + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"id": "9", "text": text, "created_at": made, **more}


LINK = "https://t.co/a"
OURS: JsonObject = {"uploads": [{"id": "1", "key": "3_1"}]}


@pytest.mark.parametrize(
    ("text", "found", "more"),
    [
        ("hello", row("hello"), {}),
        ("a < b & c", row("a &lt; b &amp; c"), {}),
        ("see https://example.org/s", row(f"see {LINK}"), {}),
        ("x" * 300, row("x" * 100, note_tweet={"text": "x" * 300}), {}),
        ("x" * 300, row("x" * 100, note_post={"text": "x" * 300}), {}),
        (
            "hello",
            row(f"hello {LINK}", entities={"urls": [{"url": LINK, "media_key": "3_1"}]}),
            {},
        ),
        ("", row(LINK, attachments={"media_keys": ["3_1"]}), {"checkpoint": OURS}),
        ("hello", row("altered", attachments={"media_keys": ["3_1"]}), {"checkpoint": OURS}),
    ],
)
def test_a_post_is_recognised_though_x_writes_it_differently(text, found, more):
    _, done = look(found, text=text, **more)
    assert (done.id, done.url) == ("9", "https://x.com/ada/status/9")


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        ([], {}),
        ([row("other words")], {}),
        ([row("hello", referenced_tweets=[{"type": "replied_to", "id": "5"}])], {}),
        ([row("hello", attachments={"media_keys": ["3_2"]})], {}),
        ([row(LINK, attachments={"media_keys": ["3_2"]})], {"text": "", "checkpoint": OURS}),
    ],
)
def test_what_is_surely_another_is_not_taken_for_it(rows, more):
    _, found = look(*rows, **more)
    assert found == Absent()


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([row("hello", after=-30)], "hello"),
        ([row("one two three four fi")], "one two three four five"),
        ([row(""), row("")], ""),
    ],
)
def test_a_look_alike_leaves_the_question_open(rows, text):
    _, found = look(*rows, text=text)
    assert isinstance(found, Unsettled)


def test_a_twin_made_before_does_not_hide_the_post():
    _, found = look(row("hello", after=1, id="2"), row("hello", after=-30, id="1"))
    assert found.id == "2"


def test_what_x_has_already_without_an_earlier_try_of_ours_is_refused():
    steps, failure = play(twitter.publish(job()), [DUPLICATE])
    assert isinstance(failure, Rejected)
    assert "change the text" in failure.message
    assert steps[-1] == Save({})


def test_what_x_has_already_after_an_earlier_try_is_looked_for_from_that_try_on():
    first = int((NOW - timedelta(hours=1)).timestamp())
    again = job(checkpoint={"first_sent": first})
    steps, failure = play(twitter.publish(again), [DUPLICATE])
    assert isinstance(failure, OutcomeUnknown)
    kept = steps[-1]
    assert isinstance(kept, Save)
    early = row("hello", after=-3000)
    _, found = look(early, checkpoint=kept.checkpoint)
    assert found.id == "9"
    _, gone = look(checkpoint=kept.checkpoint)
    assert isinstance(gone.because, Rejected)


def test_a_refusal_that_is_no_doubt_does_not_count_as_an_earlier_try():
    steps, _ = play(twitter.publish(job()), [reply({}, 429)])
    assert steps[-1] == Save({})


def test_a_call_that_never_left_does_not_count_as_an_earlier_try():
    steps, failure = play(twitter.publish(job()), [Unavailable("no connection")])
    assert isinstance(failure, Unavailable)
    assert steps[-1] == Save({})


def test_the_fields_are_asked_for_under_the_name_that_the_account_is_set_to():
    renamed = Account("4400", "ada", {"field_names": "post"})
    steps, _ = look(account=renamed)
    assert "referenced_posts" in requests(steps)[0].query["post.fields"]
    steps, _ = look()
    assert "referenced_tweets" in requests(steps)[0].query["tweet.fields"]


def test_media_that_x_does_not_take_any_more_are_uploaded_anew():
    until = int((NOW + timedelta(hours=20)).timestamp())
    entry = {"id": "193", "key": "3_193", "until": until, "sent_all": True, "processed": True}
    one = job(ContentType.IMAGE, media=(photo(),), checkpoint={"uploads": [entry]})
    steps, failure = play(twitter.publish(one), [reply(INVALID_MEDIA, 400)])
    assert isinstance(failure, Unavailable)
    assert steps[-1] == Save({})
    assert errors.meaning(reply(INVALID_MEDIA, 400)) is Meaning.STALE
