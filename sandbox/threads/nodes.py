"""Reading on Threads: containers, posts, lists, quotas, insights, the profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.ledger import Post
from sandbox.meta import insights as entries
from sandbox.meta.containers import state_of
from sandbox.meta.graph import between, check_user, chosen, missing, page, refuse, timestamp
from sandbox.routes import Call, answer
from sandbox.threads.posts import allowed, made_today, media_type
from sandbox.work import Work

DELETES_A_DAY: Final = 100
EARLIEST: Final = 1_712_991_600
POST_METRICS: Final = {
    "views": "views",
    "likes": "likes",
    "replies": "comments",
    "reposts": "shares",
    "quotes": "quotes",
    "shares": "saves",
}
TOTALS: Final = {name: POST_METRICS[name] for name in ("likes", "replies", "reposts", "quotes")}
ACCOUNT_METRICS: Final = ("views", *TOTALS, "clicks", "followers_count", "follower_demographics")


async def read(call: Call) -> web.Response:
    node = call.path("node")
    if node in ("me", call.account.id):
        return answer(chosen(call, _profile(call)))
    work = call.work(node)
    if work is not None:
        return answer(chosen(call, await _container(call, work)))
    post = call.post(node)
    if post is None:
        raise missing()
    return answer(chosen(call, shown(call, post)))


def posts(call: Call) -> web.Response:
    check_user(call)
    found = [post for post in call.posts() if post.reply_to is None]
    return page(call, between(call, found), shown)


def replies(call: Call) -> web.Response:
    check_user(call)
    found = [post for post in call.posts() if post.reply_to is not None]
    return page(call, between(call, found), shown)


def delete(call: Call) -> web.Response:
    post = call.post(call.path("node"))
    if post is None:
        raise missing("delete")
    post.removed_at = call.now
    return answer({"success": True, "deleted_id": post.id})


def quota(call: Call) -> web.Response:
    check_user(call)
    available = {
        "quota_usage": made_today(call, replies=False),
        "config": _config(allowed(call, replies=False)),
        "reply_quota_usage": made_today(call, replies=True),
        "reply_config": _config(allowed(call, replies=True)),
        "delete_quota_usage": 0,
        "delete_config": _config(DELETES_A_DAY),
        "location_search_quota_usage": 0,
        "location_search_config": _config(500),
    }
    return answer({"data": [chosen(call, available)]})


def insights(call: Call) -> web.Response:
    post = call.post(call.path("node"))
    if post is None:
        raise missing()
    if post.kind == "repost":
        return answer({"data": []})
    return entries.of_post(call, post, POST_METRICS)


def account_insights(call: Call) -> web.Response:
    check_user(call)
    wanted = entries.metrics(call, ACCOUNT_METRICS)
    start, end = entries.span(call, 2, 3650)
    if start < EARLIEST:
        raise refuse(100, f"(#100) since must be {EARLIEST} or later")
    return answer({"data": [_account_entry(call, name, start, end) for name in wanted]})


def _account_entry(call: Call, name: str, start: float, end: float) -> dict[str, Any]:
    node = call.account.id
    if name == "views":
        return entries.series(node, name, entries.by_day(call, name, start, end))
    if name == "followers_count":
        count = call.world.growth.followers(call.account, call.now)
        return entries.total(node, name, count)
    if name == "clicks":
        value = entries.gained(call, "clicks", start, end)
        links = [{"value": value, "link_url": "https://example.org/"}]
        return {"name": name, "period": "day", "link_total_values": links, "id": node}
    if name == "follower_demographics":
        raise refuse(100, "(#100) breakdown must be one of country, city, age, gender")
    return entries.total(node, name, entries.gained(call, TOTALS[name], start, end))


def shown(call: Call, post: Post) -> Mapping[str, Any]:
    """Every field of a post."""
    return {
        "id": post.id,
        "media_product_type": "THREADS",
        "media_type": media_type(post),
        "permalink": post.url,
        "owner": {"id": post.account},
        "username": call.account.username,
        "text": post.shown or None,
        "timestamp": timestamp(post.at),
        "shortcode": post.details.get("shortcode"),
        "is_quote_post": "quote_of" in post.details,
        "is_reply": post.reply_to is not None,
        "replied_to": {"id": post.reply_to} if post.reply_to else None,
        "topic_tag": post.details.get("topic_tag"),
        "link_attachment_url": post.details.get("link_attachment"),
        "alt_text": post.details.get("alt_text"),
        "reply_audience": post.details.get("reply_control", "everyone").upper(),
    }


async def _container(call: Call, work: Work) -> Mapping[str, Any]:
    state = await state_of(call, work)
    reason = work.failure if state == "ERROR" else None
    return {"id": work.id, "status": state, "error_message": reason}


def _profile(call: Call) -> Mapping[str, Any]:
    account = call.account
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name or account.username,
        "threads_profile_picture_url": account.avatar,
        "threads_biography": "",
        "is_verified": False,
    }


def _config(total: int) -> dict[str, int]:
    return {"quota_total": total, "quota_duration": 86_400}
