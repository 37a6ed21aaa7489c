"""Each adapter asks for the right calls, and reads every answer for what it says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.content import ContentType, Platform
from domain.failures import (
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from platforms.adapter import Absent, Published, Unsettled
from platforms.facebook import posts as facebook
from platforms.flow import Fenced, Save, Unreadable, Wait
from platforms.instagram import posts as instagram
from platforms.registry import ADAPTERS
from platforms.threads import posts as threads
from platforms.twitter import posts as twitter
from tests.make import NOW
from tests.platforms.script import film, form_of, job, photo, play, quota, reply, requests, sent_to


def graph(code: int, subcode: int | None = None, status: int = 400, **more: object):
    error = {"message": "words", "code": code, "error_subcode": subcode, "fbtrace_id": "T", **more}
    return reply({"error": error}, status)


GRAPH_ANSWERS = [
    (graph(190, 463), TokenExpired),
    (graph(190, 458), TokenRevoked),
    (graph(190, 460), TokenRevoked),
    (graph(10), PermissionMissing),
    (graph(200), PermissionMissing),
    (graph(4), Throttled),
    (graph(32), Throttled),
    (graph(80001), Throttled),
    (graph(9, 2207042), Throttled),
    (graph(4, 2207051), OutcomeUnknown),
    (graph(506, 1455006), OutcomeUnknown),
    (graph(9007, 2207027), NotReady),
    (graph(24, 4279009), NotReady),
    (graph(2), OutcomeUnknown),
    (graph(100, is_transient=True), OutcomeUnknown),
    (graph(25, 2207050), PermissionMissing),
    (graph(100), Rejected),
    (graph(36003, 2207009), Rejected),
    (reply({}, 429), Throttled),
    (reply(b"<html>", 400), Rejected),
]


@pytest.mark.parametrize(("answer", "kind"), GRAPH_ANSWERS)
def test_meta_says_no_in_many_ways(answer, kind):
    _, failure = play(facebook.publish(job()), [answer])
    assert type(failure) is kind


def test_before_the_publishing_call_an_outage_of_meta_is_surely_nothing():
    _, failure = play(threads.publish(job()), [graph(2)])
    assert type(failure) is Unavailable


def test_meta_says_in_minutes_when_a_limit_opens():
    usage = '{"1": [{"estimated_time_to_regain_access": 19}]}'
    answer = reply({"error": {"code": 80001}}, 400, x_business_use_case_usage=usage)
    _, failure = play(facebook.publish(job()), [answer])
    assert isinstance(failure, Throttled)
    assert failure.until == NOW + timedelta(minutes=19)


def test_a_limit_of_the_application_pauses_more_than_the_account():
    _, of_app = play(facebook.publish(job()), [graph(4)])
    _, of_page = play(facebook.publish(job()), [graph(32)])
    assert [getattr(found, "whole_app", None) for found in (of_app, of_page)] == [True, False]


def test_a_thread_is_made_seen_ready_published_and_looked_up():
    answers = [
        reply({"id": "c1"}),
        reply({"status": "FINISHED"}),
        quota(),
        reply({"id": "m1"}),
        reply({"id": "m1", "permalink": "https://www.threads.com/@ada/post/X"}),
    ]
    steps, done = play(threads.publish(job()), answers)
    assert sent_to(steps) == [
        "POST /v1.0/4400/threads",
        "GET /v1.0/c1",
        "GET /v1.0/4400/threads_publishing_limit",
        "POST /v1.0/4400/threads_publish",
        "GET /v1.0/m1",
    ]
    assert form_of(requests(steps)[0]) == {"media_type": "TEXT", "text": "hello"}
    assert form_of(requests(steps)[3]) == {"creation_id": "c1"}
    assert [type(step) for step in steps].count(Fenced) == 1
    assert done == Published("m1", "https://www.threads.com/@ada/post/X")


def test_a_container_in_progress_frees_the_worker_and_is_not_made_twice():
    steps, _ = play(
        instagram.publish(job(ContentType.IMAGE, media=(photo(),))),
        [reply({"id": "c1"}), reply({"status_code": "IN_PROGRESS"})],
    )
    assert Save({"container": "c1"}) in steps
    assert isinstance(steps[-1], Wait)
    again = job(ContentType.IMAGE, media=(photo(),), checkpoint={"container": "c1"})
    steps, _ = play(instagram.publish(again), [reply({"status_code": "FINISHED"}), quota()])
    assert sent_to(steps)[0] == "GET /v25.0/c1"
    assert sent_to(steps)[-1] == "POST /v25.0/4400/media_publish"


def test_a_carousel_with_one_bad_item_publishes_nothing_and_names_the_item():
    items = (photo(), photo(), photo())
    answers = [
        *(reply({"id": f"c{n}"}) for n in range(3)),
        reply({"status": "FINISHED"}),
        reply({"status": "ERROR", "error_message": "INVALID_DURATION"}),
    ]
    steps, failure = play(threads.publish(job(ContentType.CAROUSEL, media=items)), answers)
    assert isinstance(failure, Rejected)
    assert failure.item == "media[1]"
    assert not [step for step in steps if isinstance(step, Fenced)]


def test_a_carousel_is_its_items_and_then_the_whole():
    items = (photo(alt_text="a lake"), film())
    answers = [
        reply({"id": "c0"}),
        reply({"id": "c1"}),
        reply({"status_code": "FINISHED"}),
        reply({"status_code": "FINISHED"}),
        reply({"id": "whole"}),
        reply({"status_code": "FINISHED"}),
        quota(),
        reply({"id": "m1"}),
        reply({"permalink": "https://i/p/1"}),
    ]
    steps, done = play(instagram.publish(job(ContentType.CAROUSEL, media=items)), answers)
    first, second = (form_of(request) for request in requests(steps)[:2])
    assert first["alt_text"] == "a lake"
    assert second["media_type"] == "VIDEO"
    assert form_of(requests(steps)[4])["children"] == "c0,c1"
    assert done == Published("m1", "https://i/p/1")


REASONS = [
    *(
        (threads, "error_message", why, Unavailable)
        for why in ("FAILED_DOWNLOADING_VIDEO", "UNKNOWN")
    ),
    *(
        (threads, "error_message", why, Rejected)
        for why in (
            "FAILED_PROCESSING_AUDIO",
            "FAILED_PROCESSING_VIDEO",
            "INVALID_ASPEC_RATIO",
            "INVALID_BIT_RATE",
            "INVALID_DURATION",
            "INVALID_FRAME_RATE",
            "INVALID_AUDIO_CHANNELS",
            "INVALID_AUDIO_CHANNEL_LAYOUT",
        )
    ),
    *(
        (instagram, "status", f"Error: Media upload has failed with error code {number}", kind)
        for number, kind in (
            (2207026, Rejected),
            (2207057, Rejected),
            (2207003, Unavailable),
            (2207052, Unavailable),
            (2207076, Unavailable),
            (2207082, Unavailable),
        )
    ),
]


@pytest.mark.parametrize(("module", "field", "reason", "kind"), REASONS)
def test_a_container_that_failed_is_retried_only_when_that_may_help(module, field, reason, kind):
    status = "status" if module is threads else "status_code"
    one = job(ContentType.IMAGE, media=(photo(),), checkpoint={"container": "c"})
    steps, failure = play(module.publish(one), [reply({status: "ERROR", field: reason})])
    assert type(failure) is kind
    assert reason in failure.message
    assert Save({}) in steps


def test_a_container_that_was_published_before_is_never_published_again():
    answers = [reply({"status": "PUBLISHED"})]
    _, failure = play(threads.publish(job(checkpoint={"container": "c"})), answers)
    assert type(failure) is OutcomeUnknown


def test_a_page_photo_carries_its_alt_text():
    steps, done = play(
        facebook.publish(job(ContentType.IMAGE, media=(photo(alt_text="a lake"),))),
        [reply({"id": "1", "post_id": "9_1"})],
    )
    assert sent_to(steps) == ["POST /v25.0/4400/photos"]
    assert form_of(requests(steps)[0])["alt_text_custom"] == "a lake"
    assert done == Published("9_1", "https://www.facebook.com/9_1")


OLD = NOW - timedelta(minutes=5)
TIMELINES: list[Any] = [
    (twitter, {}, [], {"data": [{"id": "1", "text": "other"}, {"id": "2", "text": "hello"}]}, {}),
    (facebook, {}, [], {"data": [{"id": "2", "message": "hello"}]}, {"data": []}),
]


@pytest.mark.parametrize(("module", "checkpoint", "before", "found", "nothing"), TIMELINES)
def test_an_open_question_is_answered_by_the_accounts_own_list(
    module, checkpoint, before, found, nothing
):
    asked = job(checkpoint=checkpoint, intent_at=OLD)
    _, there = play(module.settle(asked), [*before, reply(found)])
    assert isinstance(there, Published)
    assert there.id == "2"
    _, gone = play(module.settle(asked), [*before, reply(nothing)])
    assert gone == Absent()
    early = job(checkpoint=checkpoint, intent_at=NOW - timedelta(seconds=20))
    _, unclear = play(module.settle(early), [*before, reply(nothing)])
    assert isinstance(unclear, Unsettled)


def test_a_published_container_is_there_even_while_the_list_does_not_show_it():
    asked = job(checkpoint={"container": "c"}, intent_at=OLD)
    _, answer = play(threads.settle(asked), [reply({"status": "PUBLISHED"}), reply({"data": []})])
    assert isinstance(answer, Unsettled)


@pytest.mark.parametrize("platform", Platform)
def test_settling_never_publishes(platform: Platform):
    asked = job(checkpoint={"container": "c", "publish_id": "p"}, intent_at=OLD)
    answer = reply({"error": {"code": "rate_limit_exceeded"}}, 429)
    steps, _ = play(ADAPTERS[platform].settle(asked), [answer])
    assert not [step for step in steps if isinstance(step, Fenced)]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b'{"data": []}', b'{"id": null}'])
def test_an_answer_of_an_unknown_shape_is_not_taken_for_a_post(body: bytes):
    for module in (twitter, facebook):
        with pytest.raises(Unreadable):
            play(module.publish(job()), [reply(body)])
