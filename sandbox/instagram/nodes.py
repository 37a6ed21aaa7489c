"""Reading on Instagram: containers, posts, stories, quotas, insights, comments, the profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.instagram.login import by_facebook
from sandbox.instagram.posts import allowed, made_today
from sandbox.ledger import Post
from sandbox.meta import insights as entries
from sandbox.meta.containers import state_of
from sandbox.meta.graph import (
    between,
    check_user,
    chosen,
    missing,
    page,
    refuse,
    timestamp,
)
from sandbox.routes import Call, answer
from sandbox.work import DAY, Work

MEDIA_TYPES: Final = {"carousel": "CAROUSEL_ALBUM", "image": "IMAGE"}
PRODUCTS: Final = {"reel": "REELS", "story": "STORY"}
COMMON: Final = {
    "reach": "reach",
    "views": "views",
    "shares": "shares",
    "total_interactions": "likes",
    "reposts": "quotes",
}
TALK: Final = {"likes": "likes", "comments": "comments", "saved": "saves"}
VISITS: Final = {
    "follows": "follows",
    "profile_visits": "profile_visits",
    "profile_activity": "clicks",
}
METRICS: Final = {
    "FEED": {**COMMON, **TALK, **VISITS},
    "REELS": {
        **COMMON,
        **TALK,
        "ig_reels_avg_watch_time": "reach",
        "ig_reels_video_view_total_time": "views",
    },
    "STORY": {
        **COMMON,
        **VISITS,
        "replies": "comments",
        "navigation": "views",
        "link_clicks": "clicks",
    },
}
ACCOUNT_METRICS: Final = {
    "views": "views",
    "reach": "reach",
    "accounts_engaged": "likes",
    "total_interactions": "likes",
    "likes": "likes",
    "comments": "comments",
    "saves": "saves",
    "shares": "shares",
    "replies": "comments",
    "reposts": "quotes",
    "profile_links_taps": "clicks",
    "follows_and_unfollows": "follows",
    "follower_count": "follows",
}
FEW: Final = 100


async def read(call: Call) -> web.Response:
    node = call.path("node")
    if node in ("me", call.account.id):
        return answer(chosen(call, _profile(call)))
    work = call.work(node)
    if work is not None:
        return answer(chosen(call, await _container(call, work)))
    return answer(chosen(call, shown(call, _post(call))))


def posts(call: Call) -> web.Response:
    check_user(call)
    found = [post for post in call.posts() if post.kind != "story"]
    return page(call, between(call, found), shown)


def stories(call: Call) -> web.Response:
    check_user(call)
    found = [p for p in call.posts() if p.kind == "story" and call.now - p.at < DAY]
    return page(call, found, shown)


def quota(call: Call) -> web.Response:
    check_user(call)
    config = {"quota_total": allowed(call), "quota_duration": 86_400}
    available = {"quota_usage": made_today(call), "config": config}
    found = chosen(call, available) or {"quota_usage": available["quota_usage"]}
    return answer({"data": [found]})


def insights(call: Call) -> web.Response:
    if call.path("node") in ("me", call.account.id):
        return _account_insights(call)
    post = _post(call)
    if post.kind == "story" and call.now - post.at >= DAY:
        return answer({"data": []})
    return entries.of_post(call, post, METRICS[PRODUCTS.get(post.kind, "FEED")])


def comment(call: Call) -> web.Response:
    post, words = _post(call), call.field("message")
    if not words.strip():
        raise refuse(100, "(#100) Param message is needed")
    made = call.accept_comment(post, words)
    if "fields" in call.query or "fields" in call.form:
        raise refuse(20, "(#20) An unknown error has occurred", 1772107)
    return answer({"id": made.id})


def comments(call: Call) -> web.Response:
    made = [
        {"id": c.id, "text": c.text, "timestamp": timestamp(c.at)} for c in _post(call).comments
    ]
    return answer({"data": made})


def change(call: Call) -> web.Response:
    post = _post(call)
    post.details["comment_enabled"] = call.field("comment_enabled")
    return answer({"success": True})


def delete(call: Call) -> web.Response:
    if not by_facebook(call.account):
        raise missing("delete")
    post = _post(call)
    post.removed_at = call.now
    return answer({"success": True, "deleted_id": post.id})


def _post(call: Call) -> Post:
    post = call.post(call.path("node"))
    if post is None:
        raise missing()
    return post


def _account_insights(call: Call) -> web.Response:
    wanted = entries.metrics(call, ACCOUNT_METRICS)
    start, end = entries.span(call, 1, 30)
    followers = call.world.growth.followers(call.account, call.now)
    if "follower_count" in wanted and followers < FEW:
        raise refuse(10, "(#10) Not enough followers for follower_count")
    data = []
    for name in wanted:
        ours = ACCOUNT_METRICS[name]
        if call.query.get("metric_type") == "total_value":
            data.append(
                entries.total(call.account.id, name, entries.gained(call, ours, start, end))
            )
            continue
        days = entries.by_day(call, ours, start, end)
        data.append(entries.series(call.account.id, name, days))
    return answer({"data": data})


def shown(call: Call, post: Post) -> Mapping[str, Any]:
    """Every field of a post."""
    return {
        "id": post.id,
        "caption": post.shown or None,
        "media_type": MEDIA_TYPES.get(post.kind, _type_of(post)),
        "media_product_type": PRODUCTS.get(post.kind, "FEED"),
        "permalink": post.url,
        "shortcode": post.details.get("shortcode"),
        "timestamp": timestamp(post.at),
        "username": call.account.username,
        "owner": {"id": post.account},
        "alt_text": post.details.get("alt_text"),
        "like_count": call.figure(post, "likes"),
        "comments_count": call.figure(post, "comments") + len(post.comments),
    }


def _type_of(post: Post) -> str:
    """A story is what its medium is."""
    pictures = (".jpg", ".jpeg")
    still = any(url.partition("?")[0].endswith(pictures) for url in post.media)
    return "IMAGE" if still else "VIDEO"


async def _container(call: Call, work: Work) -> Mapping[str, Any]:
    state = "IN_PROGRESS" if "waiting" in work.details else await state_of(call, work)
    words = {
        "IN_PROGRESS": "In Progress: Media is still being processed.",
        "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
        "PUBLISHED": "Published: Media has been published.",
        "EXPIRED": "Expired: The container was not published within 24 hours.",
    }
    failed = f"Error: Media upload has failed with error code {work.failure}"
    return {"id": work.id, "status_code": state, "status": words.get(state, failed)}


def _profile(call: Call) -> Mapping[str, Any]:
    account = call.account
    own = not by_facebook(account)
    return {
        "id": account.id,
        "user_id": account.id if own else None,
        "username": account.username,
        "name": account.name or account.username,
        "account_type": "BUSINESS" if own else None,
        "profile_picture_url": account.avatar,
        "followers_count": call.world.growth.followers(account, call.now),
        "follows_count": account.following,
        "media_count": sum(post.kind != "story" for post in call.posts()),
    }
