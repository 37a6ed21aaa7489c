"""Reading on Facebook: posts, films, photos, stories, insights, comments, the Page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.facebook.reels import status
from sandbox.ledger import Post
from sandbox.meta import insights as entries
from sandbox.meta.graph import between, check_user, chosen, missing, page, refuse, timestamp
from sandbox.routes import Call, answer
from sandbox.work import Work

FILMS: Final = ("video", "reel", "story")
STATUS_TYPES: Final = {
    "text": "mobile_status_update",
    "video": "added_video",
    "reel": "added_video",
}
POST_METRICS: Final = {
    "post_media_view": "views",
    "post_total_media_view_unique": "reach",
    "post_clicks": "clicks",
    "post_video_views": "views",
    "post_clicks_by_type": "clicks",
    "post_reactions_by_type_total": "likes",
}
BY_TYPE: Final = {"post_clicks_by_type": "link clicks", "post_reactions_by_type_total": "like"}
PAGE_METRICS: Final = {
    "page_media_view": "views",
    "page_total_media_view_unique": "reach",
    "page_total_actions": "clicks",
    "page_actions_post_reactions_total": "likes",
    "page_post_engagements": "likes",
    "page_follows": "follows",
    "page_daily_follows": "follows",
    "page_daily_unfollows_unique": "quotes",
}
VIDEO_METRICS: Final = {
    "blue_reels_play_count": "views",
    "fb_reels_total_plays": "views",
    "post_impressions_unique": "reach",
    "post_video_social_actions": "comments",
    "post_video_likes_by_reaction_type": "likes",
    "post_video_view_time": "views",
}


def read(call: Call) -> web.Response:
    node = call.path("node")
    if node in ("me", call.account.id):
        return answer(chosen(call, _profile(call)))
    work = call.work(node)
    if work is not None:
        return answer(chosen(call, _film(call, work) if work.kind in FILMS else {"id": node}))
    return answer(chosen(call, shown(call, _post(call))))


def posts(call: Call) -> web.Response:
    check_user(call)
    found = [post for post in call.posts() if post.kind not in ("story", "reel")]
    return page(call, between(call, found), shown)


def reels(call: Call) -> web.Response:
    return _films(call, "reel")


def videos(call: Call) -> web.Response:
    return _films(call, "video")


def stories(call: Call) -> web.Response:
    check_user(call)
    data = [
        {
            "post_id": post.id,
            "status": "PUBLISHED",
            "creation_time": int(post.at),
            "media_type": "video" if "video_id" in post.details else "photo",
            "media_id": post.details["media_id"],
            "url": post.url,
        }
        for post in between(call, [post for post in call.posts() if post.kind == "story"])
    ]
    return answer({"data": data})


def insights(call: Call) -> web.Response:
    if call.path("node") in ("me", call.account.id):
        return _page_insights(call)
    post = _post(call)
    wanted = entries.metrics(call, POST_METRICS)
    data = []
    for name in wanted:
        value = call.figure(post, POST_METRICS[name])
        by_type = {BY_TYPE[name]: value} if name in BY_TYPE else value
        data.append(entries.lifetime(post.id, name, by_type))
    return answer({"data": data})


def video_insights(call: Call) -> web.Response:
    work = call.work(call.path("node"), *FILMS)
    post = call.post(str(work.details.get("post_id"))) if work else None
    if post is None:
        raise missing()
    wanted = entries.metrics(call, VIDEO_METRICS)
    data = [
        entries.lifetime(call.path("node"), name, call.figure(post, VIDEO_METRICS[name]))
        for name in wanted
    ]
    return answer({"data": data})


def comment(call: Call) -> web.Response:
    post, words = _post(call), call.field("message")
    if not words.strip():
        raise refuse(100, "(#100) Param message is needed")
    return answer({"id": call.accept_comment(post, words).id})


def comments(call: Call) -> web.Response:
    made = [
        {"id": c.id, "message": c.text, "created_time": timestamp(c.at)}
        for c in _post(call).comments
    ]
    return answer({"data": made})


def change(call: Call) -> web.Response:
    post = _post(call)
    post.shown = call.field("message")
    return answer({"success": True})


def delete(call: Call) -> web.Response:
    post = _post(call)
    post.removed_at = call.now
    return answer({"success": True})


def accounts(call: Call) -> web.Response:
    account = call.account
    tasks = ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
    found = {
        "id": account.id,
        "name": account.name or account.username,
        "username": account.username,
        "category": "Brand",
        "tasks": tasks,
        "access_token": account.token,
    }
    return answer({"data": [chosen(call, found)]})


def permissions(call: Call) -> web.Response:
    granted = sorted(call.account.scopes or ("pages_manage_posts", "pages_read_engagement"))
    return answer({"data": [{"permission": name, "status": "granted"} for name in granted]})


def shown(call: Call, post: Post) -> Mapping[str, Any]:
    """Every field of a post."""
    likes, shares = call.figure(post, "likes"), call.figure(post, "shares")
    replies = call.figure(post, "comments") + len(post.comments)
    return {
        "id": post.id,
        "message": post.shown or None,
        "description": post.shown or None,
        "created_time": timestamp(post.at),
        "updated_time": timestamp(post.at),
        "permalink_url": post.url,
        "url": post.url,
        "status_type": STATUS_TYPES.get(post.kind, "added_photos"),
        "is_published": True,
        "shares": {"count": shares} if shares else None,
        "comments": {"data": [], "summary": {"total_count": replies}},
        "reactions": {"data": [], "summary": {"total_count": likes}},
        "from": {"id": post.account},
    }


def _films(call: Call, kind: str) -> web.Response:
    check_user(call)

    def film(of: Call, post: Post) -> Mapping[str, Any]:
        return {**shown(of, post), "id": post.details["video_id"], "post_id": post.id}

    return page(call, between(call, [post for post in call.posts() if post.kind == kind]), film)


def _film(call: Call, work: Work) -> Mapping[str, Any]:
    found = status(call, work)
    there = found["publishing_phase"]["status"] == "complete"
    return {
        "id": work.id,
        "status": found,
        "post_id": work.details.get("post_id") if there else None,
        "permalink_url": work.details.get("url") if there else None,
        "description": work.text or None,
    }


def _post(call: Call) -> Post:
    """The post of this id, or of the film of this id."""
    node = call.path("node")
    work = call.work(node, *FILMS)
    post = call.post(str(work.details.get("post_id")) if work else node)
    if post is None:
        raise missing()
    return post


def _page_insights(call: Call) -> web.Response:
    wanted = entries.metrics(call, PAGE_METRICS)
    start, end = entries.span(call, 2, 90)
    data = []
    for name in wanted:
        ours = PAGE_METRICS[name]
        days = entries.by_day(call, ours, start, end)
        data.append(entries.series(call.account.id, name, days))
    return answer({"data": data})


def _profile(call: Call) -> Mapping[str, Any]:
    account = call.account
    linked = account.traits.get("instagram")
    followers = call.world.growth.followers(account, call.now)
    return {
        "id": account.id,
        "name": account.name or account.username,
        "username": account.username,
        "link": f"https://www.facebook.com/{account.username}",
        "followers_count": followers,
        "fan_count": followers,
        "picture": {"data": {"url": account.avatar}},
        "instagram_business_account": {"id": linked} if linked else None,
    }
