"""Each platform is asked who the account is, and what it does not tell stays unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.content import Platform
from domain.failures import Failure, TokenExpired, TokenRevoked
from platforms.adapter import Account, Profile, Quota
from platforms.registry import ADAPTERS
from tests.make import NOW
from tests.platforms.script import ACCOUNT, play, reply, requests, sent_to

QUOTA = {"data": [{"quota_usage": 4, "config": {"quota_total": 50, "quota_duration": 86400}}]}
LINKEDIN_PAGE = Account("urn:li:organization:5583111", "acme")


def ask(platform: Platform, *answers: Any, account: Account = ACCOUNT) -> Any:
    return play(ADAPTERS[platform].profile(account, NOW), [*answers])


def told(platform: Platform, *answers: Any, account: Account = ACCOUNT) -> Profile:
    _, profile = ask(platform, *map(reply, answers), account=account)
    assert isinstance(profile, Profile)
    return profile


def test_x_tells_everything_under_either_name():
    user = {"id": "4400", "username": "acme", "name": "Acme", "profile_image_url": "https://p/a"}
    metrics = {"followers_count": 120, "following_count": 3, "tweet_count": 55}
    whole = Profile("4400", "acme", "Acme", "https://p/a", 120, 3, 55)
    assert told(Platform.TWITTER, {"data": {**user, "public_metrics": metrics}}) == whole
    metrics["post_count"] = metrics.pop("tweet_count")
    assert told(Platform.TWITTER, {"data": {**user, "public_metrics": metrics}}) == whole


def test_threads_tells_followers_and_quota_in_calls_of_their_own():
    user = {"id": "4400", "username": "ada", "threads_profile_picture_url": "https://p/a"}
    insights = {"data": [{"name": "followers_count", "total_value": {"value": 321}}]}
    found = told(Platform.THREADS, user, insights, QUOTA)
    assert (found.followers, found.following, found.posts) == (321, None, None)
    assert found.quota == Quota(4, 50, timedelta(days=1))


def test_threads_without_the_scope_for_insights_tells_the_rest():
    denied = reply({"error": {"code": 10, "message": "no permission"}}, 400)
    _, found = ask(Platform.THREADS, reply({"id": "4400", "username": "ada"}), denied, denied)
    assert found == Profile("4400", "ada")


def test_instagram_tells_its_quota_which_is_not_the_same_everywhere():
    user = {"id": "4400", "username": "ada", "followers_count": 9, "media_count": 7}
    found = told(Platform.INSTAGRAM, user, QUOTA)
    assert (found.followers, found.posts) == (9, 7)
    assert found.quota is not None
    assert found.quota.total == 50


def test_a_page_has_followers_or_at_least_fans():
    page = {"id": "4400", "name": "Acme", "picture": {"data": {"url": "https://p/a"}}}
    assert told(Platform.FACEBOOK, {**page, "followers_count": 5, "fan_count": 4}).followers == 5
    found = told(Platform.FACEBOOK, {**page, "fan_count": 4})
    assert (found.followers, found.avatar, found.username) == (4, "https://p/a", None)


def test_linkedin_tells_of_members_and_pages():
    member = told(
        Platform.LINKEDIN,
        {"sub": "782b", "name": "Ann Lee", "picture": "https://p/a"},
        {"elements": [{"memberFollowersCount": 321}]},
    )
    assert member == Profile("782b", None, "Ann Lee", "https://p/a", 321)
    page = told(
        Platform.LINKEDIN,
        {"id": 5583111, "localizedName": "Acme", "vanityName": "acme"},
        {"firstDegreeSize": 1200},
        account=LINKEDIN_PAGE,
    )
    assert page == Profile(LINKEDIN_PAGE.platform_user_id, "acme", "Acme", None, 1200)


def test_tiktok_without_all_scopes_tells_what_the_basic_one_shows():
    error = {"code": "scope_not_authorized", "message": "no", "log_id": "1"}
    user = {"open_id": "4400", "display_name": "Acme"}
    answers = (
        reply({"data": {}, "error": error}, 401),
        reply({"data": {"user": user}, "error": {"code": "ok"}}),
    )
    steps, found = ask(Platform.TIKTOK, *answers)
    assert found == Profile("4400", None, "Acme")
    assert [request.query["fields"] for request in requests(steps)][1].count(",") == 2


REFUSED = {
    Platform.THREADS: ({"error": {"code": 190, "error_subcode": 463}}, 401, TokenExpired),
    Platform.INSTAGRAM: ({"error": {"code": 190, "error_subcode": 458}}, 401, TokenRevoked),
    Platform.FACEBOOK: ({"error": {"code": 190, "error_subcode": 460}}, 401, TokenRevoked),
    Platform.TWITTER: ({"title": "Unauthorized", "status": 401}, 401, TokenExpired),
    Platform.LINKEDIN: ({"status": 401, "serviceErrorCode": 65602}, 401, TokenExpired),
    Platform.TIKTOK: (
        {"data": {}, "error": {"code": "access_token_invalid", "message": "no"}},
        401,
        TokenExpired,
    ),
}


@pytest.mark.parametrize("platform", Platform)
def test_a_token_that_is_refused_is_told_as_when_publishing(platform: Platform):
    body, status, kind = REFUSED[platform]
    _, failure = ask(platform, reply(body, status))
    assert isinstance(failure, kind)


@pytest.mark.parametrize("platform", Platform)
def test_a_profile_only_reads(platform: Platform):
    for account in (Account("4400", "ada"), LINKEDIN_PAGE):
        steps, outcome = ask(
            platform, *[reply({"data": {}, "error": {"code": "ok"}})] * 3, account=account
        )
        assert all(sent.startswith("GET ") for sent in sent_to(steps))
        assert outcome is None or isinstance(outcome, Profile | Failure)
