"""Figures: of an organisation's and of a member's posts, and followers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from sandbox.ledger import Post
from sandbox.linkedin import restli
from sandbox.linkedin.wording import check, forbidden, is_page, not_found, refuse, urn_of
from sandbox.routes import Call, Refused, answer

DAY: Final = 86_400.0
SHARE_FIELDS: Final = {
    "impressionCount": "impressions",
    "uniqueImpressionsCount": "reach",
    "clickCount": "clicks",
    "likeCount": "likes",
    "commentCount": "comments",
    "shareCount": "shares",
}
MEMBER_TYPES: Final = {
    "IMPRESSION": "impressions",
    "MEMBERS_REACHED": "reach",
    "REACTION": "likes",
    "COMMENT": "comments",
    "RESHARE": "shares",
    "POST_SAVE": "saves",
    "POST_SEND": "quotes",
}


def of_page(call: Call) -> web.Response:
    """organizationalEntityShareStatistics: by post, or of all posts by day."""
    _check_page(call, "rw_organization_admin", "organizationalEntityShareStatistics")
    if call.query.get("organizationalEntity") != urn_of(call.account):
        raise Refused(forbidden("organizationalEntityShareStatistics"))
    wanted = [*restli.items(call, "shares"), *restli.items(call, "ugcPosts")]
    if wanted:
        posts = [post for urn in wanted if (post := call.post(urn)) is not None]
        return _elements(_share(call, post) for post in posts if call.figure(post, "impressions"))
    times = restli.numbers(call, "timeIntervals")
    spans = _days(call, times) if times else [(0.0, call.now)]
    return _elements(
        {
            "organizationalEntity": urn_of(call.account),
            "totalShareStatistics": _totals(call, call.posts(), start, end),
            **(
                {"timeRange": {"start": int(start * 1000), "end": int(end * 1000)}} if times else {}
            ),
        }
        for start, end in spans
    )


def of_member(call: Call) -> web.Response:
    """memberCreatorPostAnalytics: one metric a call, of one post or of all."""
    check(call)
    if is_page(call.account) or not call.account.allows("r_member_postAnalytics"):
        raise Refused(forbidden("memberCreatorPostAnalytics"))
    kind = call.query.get("queryType", "")
    if kind not in MEMBER_TYPES:
        raise refuse("INVALID_VALUE_FOR_FIELD", f"queryType: one of {', '.join(MEMBER_TYPES)}")
    posts, times = _entities(call), restli.numbers(call, "dateRange")
    daily = call.query.get("aggregation") == "DAILY"
    if daily and kind == "MEMBERS_REACHED":
        raise refuse("INVALID_VALUE_FOR_FIELD", "MEMBERS_REACHED is not given by day")
    name = "com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1"
    spans = _days(call, _as_millis(times)) if daily else [(0.0, call.now)]
    return _elements(
        {
            "count": sum(_gained(call, post, MEMBER_TYPES[kind], *span) for post in posts),
            "dateRange": _date_range(*span) if daily else {},
            "metricType": {name: kind},
        }
        for span in spans
    )


def social_metadata(call: Call) -> web.Response:
    check(call)
    post = call.post(call.path("urn"))
    if post is None:
        raise not_found(call.path("urn"))
    likes, comments = call.figure(post, "likes"), call.figure(post, "comments")
    reactions = {"LIKE": {"reactionType": "LIKE", "count": likes}} if likes else {}
    summary = {"count": comments + len(post.comments), "topLevelCount": len(post.comments)}
    return answer(
        {
            "entity": post.id,
            "reactionSummaries": reactions,
            "commentSummary": summary,
            "commentsState": "OPEN",
        }
    )


def social_actions(call: Call) -> web.Response:
    check(call)
    post = call.post(call.path("urn"))
    if post is None:
        raise not_found(call.path("urn"))
    comments = call.figure(post, "comments") + len(post.comments)
    return answer(
        {
            "target": post.id,
            "likesSummary": {"totalLikes": call.figure(post, "likes")},
            "commentsSummary": {
                "totalFirstLevelComments": comments,
                "aggregatedTotalComments": comments,
            },
        }
    )


def page_followers(call: Call) -> web.Response:
    check(call)
    if call.query.get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
        raise refuse("INVALID_VALUE_FOR_FIELD", "edgeType: COMPANY_FOLLOWED_BY_MEMBER")
    if call.path("urn") != urn_of(call.account):
        raise not_found(call.path("urn"))
    return answer({"firstDegreeSize": call.world.growth.followers(call.account, call.now)})


def member_followers(call: Call) -> web.Response:
    check(call)
    if is_page(call.account) or not call.account.allows("r_member_profileAnalytics"):
        raise Refused(forbidden("memberFollowersCount"))
    count = call.world.growth.followers(call.account, call.now)
    return _elements([{"memberFollowersCount": count}])


def page_follower_statistics(call: Call) -> web.Response:
    _check_page(call, "rw_organization_admin", "organizationalEntityFollowerStatistics")
    times = restli.numbers(call, "timeIntervals")
    gains = {"organicFollowerGain": int(call.world.growth.followers_a_day), "paidFollowerGain": 0}
    return _elements(
        {
            "organizationalEntity": urn_of(call.account),
            "followerGains": gains,
            "timeRange": {"start": int(start * 1000), "end": int(end * 1000)},
        }
        for start, end in _days(call, times)
    )


def _check_page(call: Call, scope: str, resource: str) -> None:
    check(call)
    if not is_page(call.account) or not call.account.allows(scope):
        raise Refused(forbidden(resource))


def _share(call: Call, post: Post) -> dict[str, Any]:
    key = "share" if ":share:" in post.id else "ugcPost"
    totals = _totals(call, [post], 0.0, call.now)
    return {
        "organizationalEntity": urn_of(call.account),
        key: post.id,
        "totalShareStatistics": totals,
    }


def _totals(call: Call, posts: Iterable[Post], start: float, end: float) -> dict[str, float]:
    mine = list(posts)
    totals: dict[str, float] = {
        field: sum(_gained(call, post, name, start, end) for post in mine)
        for field, name in SHARE_FIELDS.items()
    }
    acts = sum(totals[name] for name in ("clickCount", "likeCount", "commentCount", "shareCount"))
    return {**totals, "engagement": acts / max(1, totals["impressionCount"])}


def _gained(call: Call, post: Post, name: str, start: float, end: float) -> int:
    of = call.world.growth.of
    return of(post, name, end) - (of(post, name, start) if start > post.at else 0)


def _entities(call: Call) -> list[Post]:
    if call.query.get("q") == "me":
        return call.posts()
    entity = call.query.get("entity", "").strip("()").partition(":")[2]
    post = call.post(entity)
    if post is None:
        raise not_found(entity)
    return [post]


def _days(call: Call, times: dict[str, int]) -> list[tuple[float, float]]:
    """The days from ``timeRange.start`` to ``timeRange.end``, in milliseconds; at most a year."""
    start = times.get("timeRange.start", int((call.now - 7 * DAY) * 1000)) / 1000
    end = min(times.get("timeRange.end", int(call.now * 1000)) / 1000, call.now)
    count = min(366, max(0, int((end - start) // DAY)))
    return [(start + number * DAY, start + (number + 1) * DAY) for number in range(count)]


def _as_millis(times: dict[str, int]) -> dict[str, int]:
    """``start.day`` and so on as the milliseconds of ``timeRange.start``."""
    found = {}
    for edge in ("start", "end"):
        parts = [times.get(f"{edge}.{name}") for name in ("year", "month", "day")]
        if None not in parts:
            year, month, day = (int(part or 1) for part in parts)
            moment = datetime(year, month, day, tzinfo=UTC)
            found[f"timeRange.{edge}"] = int(moment.timestamp() * 1000)
    return found


def _date_range(start: float, end: float) -> dict[str, Any]:
    def date(at: float) -> dict[str, int]:
        found = datetime.fromtimestamp(at, UTC)
        return {"day": found.day, "month": found.month, "year": found.year}

    return {"start": date(start), "end": date(end)}


def _elements(elements: Iterable[Any]) -> web.Response:
    found = list(elements)
    return answer({"elements": found, "paging": {"start": 0, "count": 10, "links": []}})
