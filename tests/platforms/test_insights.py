"""What the adapters ask for figures, and what they make of the answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from domain.analytics import NO_FIGURES, Figures
from domain.cadence import Usage
from domain.content import ContentType, Platform
from domain.failures import PermissionMissing, Throttled, TokenExpired, Unavailable
from platforms.adapter import Account, Findings, Reading, Sought, Survey
from platforms.registry import ADAPTERS
from tests.make import NOW
from tests.platforms.script import play, reply, requests, sent_to

PAGE = Account("urn:li:organization:5583111", "acme")
MEMBER = Account("782bbtaQ", "ann")
INVALID = {"error": {"code": 100, "message": "(#100) valid insights metric", "type": "X"}}
GONE = {"error": {"code": 100, "error_subcode": 33, "message": "does not exist", "type": "X"}}
TOO_FEW = {"error": {"code": 10, "message": "Not enough viewers", "type": "X"}}


def survey(
    *ids: str, kind: ContentType = ContentType.TEXT, account: Account | None = None
) -> Survey:
    posts = [Sought(post, kind, NOW - timedelta(hours=3)) for post in ids]
    return Survey(account or Account("4400", "ada"), posts, NOW)


def read(platform: Platform, asked: Survey, replies: Sequence[Any]) -> tuple[Any, Any]:
    return play(ADAPTERS[platform].metrics.read(asked), replies)


def only(found: Findings) -> Reading:
    (reading,) = found.readings.values()
    assert reading is not None
    return reading


def insights(**values: Any) -> dict[str, Any]:
    return {
        "data": [
            {"name": name, "period": "lifetime", "values": [{"value": value}], "title": name}
            for name, value in values.items()
        ],
        "paging": {"next": "https://graph.example/next?access_token=secret"},
    }


def tweet(post: str, **private: Any) -> dict[str, Any]:
    public = {
        "retweet_count": 2,
        "reply_count": 1,
        "like_count": 9,
        "quote_count": 1,
        "bookmark_count": 3,
        "impression_count": 812,
    }
    return {"id": post, "text": "hello", "public_metrics": public, **private}


def test_x_is_asked_for_a_hundred_posts_in_one_call():
    ids = [str(number) for number in range(100, 200)]
    steps, found = read(
        Platform.TWITTER, survey(*ids), [reply({"data": [tweet(post) for post in ids]})]
    )
    (request,) = requests(steps)
    assert request.query["ids"] == ",".join(ids)
    assert ADAPTERS[Platform.TWITTER].metrics.batch == len(ids) == len(found.readings)


def test_x_tells_clicks_only_beside_what_is_public():
    private = {"url_link_clicks": 14, "user_profile_clicks": 5, "engagements": 31}
    missing = {"type": "https://api.x.com/2/problems/resource-not-found", "value": "9"}
    hidden = {"type": "https://api.x.com/2/problems/not-authorized-for-resource", "value": "10"}
    posts = [tweet("7", non_public_metrics=private), tweet("8")]
    answer = {"data": posts, "errors": [missing, hidden]}
    _, found = read(Platform.TWITTER, survey("7", "8", "9", "10"), [reply(answer)])
    young, old = found.readings["7"].figures, found.readings["8"].figures
    assert young == Figures(
        likes=9,
        comments=1,
        shares=3,
        impressions=812,
        clicks=14,
        saves=3,
        more={"quote_count": 1, "user_profile_clicks": 5, "engagements": 31},
    )
    assert old.clicks is None
    assert old.reach is None
    assert found.readings["9"] is None
    assert found.readings["10"].figures == NO_FIGURES


def test_x_says_how_much_of_its_window_is_used():
    limits = {"limit": "300", "remaining": "30", "reset": str(int(NOW.timestamp()) + 600)}
    headers: Any = {f"x_rate_limit_{name}": value for name, value in limits.items()}
    _, found = read(Platform.TWITTER, survey("7"), [reply({"data": []}, **headers)])
    assert found.usage == Usage(0.9, NOW + timedelta(minutes=10))


def test_tiktok_is_asked_for_twenty_videos_and_never_for_one_without_an_id():
    video = {"id": "73", "like_count": 12, "comment_count": 2, "share_count": 1, "view_count": 940}
    answer = {"data": {"videos": [video]}, "error": {"code": "ok", "message": ""}}
    steps, found = read(Platform.TIKTOK, survey("73", "74", "v_pub_url~v2.9"), [reply(answer)])
    (request,) = requests(steps)
    assert request.body == {"filters": {"video_ids": ["73", "74"]}}
    assert found.readings["73"].figures == Figures(12, 2, 1, 940)
    assert found.readings["74"] is None
    assert found.readings["v_pub_url~v2.9"] is None
    assert ADAPTERS[Platform.TIKTOK].metrics.batch == 20


def test_threads_counts_every_way_of_sharing_and_tells_no_reach():
    answer = insights(views=320, likes=7, replies=4, reposts=2, quotes=1, shares=3)
    steps, found = read(Platform.THREADS, survey("18"), [reply(answer)])
    assert sent_to(steps) == ["GET /v1.0/18/insights"]
    assert only(found).figures == Figures(
        likes=7, comments=4, shares=6, impressions=320, more={"reposts": 2, "quotes": 1}
    )


@pytest.mark.parametrize(
    ("kind", "has", "lacks"),
    [
        (ContentType.IMAGE, "saved", "navigation"),
        (ContentType.REEL, "ig_reels_avg_watch_time", "profile_visits"),
        (ContentType.STORY, "link_clicks", "saved"),
    ],
)
def test_instagram_is_asked_only_for_what_the_kind_of_media_has(
    kind: ContentType, has: str, lacks: str
):
    steps, _ = read(Platform.INSTAGRAM, survey("18", kind=kind), [reply(insights())])
    (request,) = requests(steps)
    assert has in request.query["metric"].split(",")
    assert lacks not in request.query["metric"].split(",")


def test_instagram_delays_are_nothing_told_and_not_zero():
    _, found = read(Platform.INSTAGRAM, survey("18", kind=ContentType.IMAGE), [reply({"data": []})])
    assert only(found).figures == NO_FIGURES


def test_a_story_that_too_few_have_seen_tells_nothing_and_holds_up_no_other():
    _, found = read(
        Platform.INSTAGRAM,
        survey("18", "19", kind=ContentType.STORY),
        [reply(TOO_FEW, 403), reply(insights(reach=9, views=12, replies=1))],
    )
    assert found.readings["18"].figures == NO_FIGURES
    assert found.readings["19"].figures == Figures(comments=1, impressions=12, reach=9)
    assert found.failure is None


def test_a_missing_right_ends_the_survey_and_says_so():
    _, found = read(
        Platform.INSTAGRAM, survey("18", "19", kind=ContentType.IMAGE), [reply(TOO_FEW, 403)]
    )
    assert isinstance(found.failure, PermissionMissing)
    assert found.readings == {}


@pytest.mark.parametrize("platform", [Platform.THREADS, Platform.INSTAGRAM])
def test_what_is_gone_and_what_is_refused_do_not_hold_up_the_others(platform: Platform):
    _, found = read(
        platform,
        survey("1", "2", "3", kind=ContentType.IMAGE),
        [reply(GONE, 400), reply(INVALID, 400), reply(insights(views=5))],
    )
    assert found.readings["1"] is None
    assert found.readings["2"].figures == NO_FIGURES
    assert "insights metric" in found.readings["2"].raw["refused"]
    assert found.readings["3"].figures.impressions == 5


def test_what_was_read_before_a_limit_is_kept():
    busy = {"error": {"code": 80002, "message": "too many calls", "type": "X"}}
    usage = {"17": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 7}]}
    _, found = read(
        Platform.INSTAGRAM,
        survey("1", "2", "3", kind=ContentType.IMAGE),
        [
            reply(insights(views=5)),
            reply(busy, 400, x_business_use_case_usage=json.dumps(usage)),
        ],
    )
    assert list(found.readings) == ["1"]
    assert isinstance(found.failure, Throttled)
    assert found.failure.until == NOW + timedelta(minutes=7)


def test_meta_says_how_much_is_used_and_when_it_opens():
    business = {"17": [{"type": "instagram", "call_count": 12, "total_time": 81}]}
    _, found = read(
        Platform.INSTAGRAM,
        survey("1", kind=ContentType.IMAGE),
        [
            reply(
                insights(views=5),
                x_app_usage=json.dumps({"call_count": 28, "total_time": 25}),
                x_business_use_case_usage=json.dumps(business),
            )
        ],
    )
    assert found.usage == Usage(0.81, NOW + timedelta(minutes=60))


@pytest.mark.parametrize("header", ["", "{", "[]", "3", '{"17": 5}', '{"17": [5]}'])
def test_a_usage_header_that_cannot_be_read_tells_nothing(header: str):
    _, found = read(Platform.THREADS, survey("1"), [reply(insights(views=5), x_app_usage=header)])
    assert found.usage is None


def test_facebook_counts_are_fields_and_views_are_insights():
    counts = {
        "comments": {"data": [], "summary": {"total_count": 4}},
        "reactions": {"data": [], "summary": {"total_count": 9}},
        "shares": {"count": 2},
        "id": "10_20",
    }
    views = insights(post_media_view=320, post_total_media_view_unique=131, post_clicks=6)
    steps, found = read(Platform.FACEBOOK, survey("10_20"), [reply(counts), reply(views)])
    assert sent_to(steps) == ["GET /v25.0/10_20", "GET /v25.0/10_20/insights"]
    assert only(found).figures == Figures(9, 4, 2, 320, 131, 6)
    _, found = read(Platform.FACEBOOK, survey("10_20"), [reply({"id": "1"}), reply({"data": []})])
    assert only(found).figures == Figures(shares=0)


def test_a_reel_on_facebook_has_insights_of_its_own_and_a_story_none():
    told = insights(
        blue_reels_play_count=900,
        post_video_likes_by_reaction_type={"REACTION_LIKE": 7, "REACTION_LOVE": 2},
        post_video_social_actions={"COMMENT": 3, "SHARE": 1},
    )
    steps, found = read(Platform.FACEBOOK, survey("77", kind=ContentType.REEL), [reply(told)])
    assert sent_to(steps) == ["GET /v25.0/77/video_insights"]
    assert only(found).figures == Figures(likes=9, comments=3, shares=1, impressions=900)
    steps, found = read(Platform.FACEBOOK, survey("78", kind=ContentType.STORY), [])
    assert steps == []
    assert only(found).figures == NO_FIGURES


def statistics(name: str, urn: str) -> dict[str, Any]:
    totals = {
        "impressionCount": 840,
        "uniqueImpressionsCount": 610,
        "clickCount": 22,
        "likeCount": 14,
        "commentCount": 3,
        "shareCount": 1,
        "engagement": 0.0476,
    }
    return {name: urn, "totalShareStatistics": totals}


def test_a_page_on_linkedin_is_asked_for_all_its_posts_in_one_call():
    share, ugc, idle = "urn:li:share:7", "urn:li:ugcPost:8", "urn:li:share:9"
    answer = {"elements": [statistics("share", share), statistics("ugcPost", ugc)]}
    steps, found = read(Platform.LINKEDIN, survey(share, ugc, idle, account=PAGE), [reply(answer)])
    (request,) = requests(steps)
    assert "&shares=List(urn%3Ali%3Ashare%3A7,urn%3Ali%3Ashare%3A9)" in request.path
    assert "&ugcPosts=List(urn%3Ali%3AugcPost%3A8)" in request.path
    expected = Figures(14, 3, 1, 840, 610, 22)
    assert found.readings[share].figures == found.readings[ugc].figures == expected
    assert found.readings[idle].figures == NO_FIGURES


def test_a_member_on_linkedin_is_asked_metric_by_metric():
    def told(number: int) -> Any:
        return reply({"elements": [{"count": number, "metricType": "X"}]})

    replies = [told(812), told(700), told(9), reply({"elements": []}), told(1)]
    refused = reply({"status": 400, "message": "queryType is not known"}, 400)
    steps, found = read(
        Platform.LINKEDIN, survey("urn:li:share:7", account=MEMBER), [*replies, refused]
    )
    assert len(requests(steps)) == 6
    assert "entity=(share:urn%3Ali%3Ashare%3A7)&queryType=IMPRESSION" in requests(steps)[0].path
    assert only(found).figures == Figures(
        likes=9, comments=None, shares=1, impressions=812, reach=700
    )
    _, found = read(
        Platform.LINKEDIN, survey("urn:li:share:7", account=MEMBER), [reply({"status": 404}, 404)]
    )
    assert found.readings == {"urn:li:share:7": None}


@pytest.mark.parametrize("platform", Platform)
def test_a_token_that_has_ended_is_told_apart(platform: Platform):
    graph = {"error": {"code": 190, "error_subcode": 463, "message": "expired", "type": "X"}}
    words = {
        Platform.TWITTER: reply({"title": "Unauthorized"}, 401),
        Platform.LINKEDIN: reply({"serviceErrorCode": 65602, "message": "expired"}, 401),
        Platform.TIKTOK: reply({"data": {}, "error": {"code": "access_token_invalid"}}, 401),
    }
    urn = "urn:li:share:7" if platform is Platform.LINKEDIN else "7"
    asked = survey(urn, account=PAGE if platform is Platform.LINKEDIN else None)
    _, found = read(platform, asked, [words.get(platform, reply(graph, 400))])
    failure = found.failure if isinstance(found, Findings) else found
    assert isinstance(failure, TokenExpired)


def test_what_is_raw_is_the_publications_own_part_of_the_answer():
    _, found = read(Platform.THREADS, survey("18"), [reply(insights(views=3))])
    assert only(found).raw == {"insights": [{"name": "views", "values": [{"value": 3}]}]}


def test_an_answer_that_is_none_is_an_outage():
    flow = ADAPTERS[Platform.TIKTOK].metrics.read(survey("7"))
    answer = {"data": {}, "error": {"code": "internal_error"}}
    _, failure = play(flow, [reply(answer)])
    assert isinstance(failure, Unavailable)
