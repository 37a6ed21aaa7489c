"""Reading posts: lookup, timeline, metrics, in either vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.clock import iso, seconds
from sandbox.ledger import Post
from sandbox.routes import Call, answer
from sandbox.twitter.wording import PROBLEMS, forbidden, invalid, missing, not_found

MONTH: Final = 30 * 86_400
PRIVATE: Final = ("non_public_metrics", "organic_metrics")
#: What the newer version calls things that the older one calls otherwise.
RENAMED: Final = {
    "retweet_count": "repost_count",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
}
SPANS: Final = {"hourly": 3600.0, "daily": 86_400.0, "weekly": 604_800.0}


def lookup(call: Call) -> web.Response:
    ids = [found for found in call.query.get("ids", "").split(",") if found]
    if not 1 <= len(ids) <= 100:
        raise invalid("ids: must be 1 to 100", {"ids": [",".join(ids[:3])]})
    found = {post_id: _visible(call, post_id) for post_id in ids}
    errors = [missing(post_id) for post_id, post in found.items() if post is None]
    data = [_shown(call, post, errors) for post in found.values() if post is not None]
    body: dict[str, Any] = {"data": data} if data else {}
    return answer({**body, **_includes(call, found.values()), **_errors(errors)})


def single(call: Call) -> web.Response:
    post = _visible(call, call.path("id"))
    if post is None:
        raise not_found(f"tweet with id: [{call.path('id')}]")
    errors: list[dict[str, Any]] = []
    return answer(
        {"data": _shown(call, post, errors), **_includes(call, [post]), **_errors(errors)}
    )


def timeline(call: Call) -> web.Response:
    if call.path("user") != call.account.id:
        raise forbidden("not your timeline")
    count = _count(call)
    posts = _between(call)
    start = int(call.query.get("pagination_token", "0") or 0)
    page = posts[start : start + count]
    errors: list[dict[str, Any]] = []
    data = [_shown(call, post, errors) for post in page]
    meta: dict[str, Any] = {"result_count": len(data)}
    if not data:
        return answer({"meta": meta})
    meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
    if len(posts) > start + count:
        meta["next_token"] = str(start + count)
    return answer({"data": data, "meta": meta, **_includes(call, page), **_errors(errors)})


def analytics(call: Call) -> web.Response:
    ids = [found for found in call.query.get("ids", "").split(",") if found]
    posts = [post for post_id in ids if (post := call.post(post_id)) is not None]
    start, end = _time(call, "start_time", 0.0), _time(call, "end_time", call.now)
    span = SPANS.get(call.query.get("granularity", "total"))
    if span is None:
        return answer(
            {"data": [{"id": p.id, **_between_times(call, p, start, end)} for p in posts]}
        )
    data = [
        {
            "id": post.id,
            "timestamped_metrics": [
                {
                    "timestamp": iso(at),
                    "metrics": _between_times(call, post, at, min(at + span, end)),
                }
                for at in _steps(max(start, post.at), end, span)
            ],
        }
        for post in posts
    ]
    return answer({"data": data})


def _steps(start: float, end: float, span: float) -> list[float]:
    return [start + number * span for number in range(min(1000, int((end - start) // span) + 1))]


def _between_times(call: Call, post: Post, start: float, end: float) -> Mapping[str, int]:
    """What a post gained between two times."""
    names = {
        "impressions": "impressions",
        "likes": "likes",
        "replies": "comments",
        "retweets": "shares",
        "quote_tweets": "quotes",
        "bookmarks": "saves",
        "url_clicks": "clicks",
        "user_profile_clicks": "profile_visits",
        "follows": "follows",
    }
    of = call.world.growth.of
    gained = {name: of(post, ours, end) - of(post, ours, start) for name, ours in names.items()}
    return {**gained, "engagements": sum(gained.values()) - gained["impressions"]}


def _between(call: Call) -> list[Post]:
    """The posts of the timeline that the query asks for."""
    start, end = _time(call, "start_time", 0.0), _time(call, "end_time", float("inf"))
    since, until = call.query.get("since_id", ""), call.query.get("until_id")
    no_replies = "replies" in call.query.get("exclude", "").split(",")
    return [
        post
        for post in call.posts()
        if start <= post.at < end
        and post.id > since
        and (until is None or post.id < until)
        and not (no_replies and post.reply_to)
    ]


def _visible(call: Call, post_id: str) -> Post | None:
    post = call.world.ledger.by_id.get(("twitter", post_id))
    return post if post is not None and post.there(call.now) else None


def _shown(call: Call, post: Post, errors: list[dict[str, Any]]) -> dict[str, Any]:
    names = call.query.get("post.fields", call.query.get("tweet.fields", ""))
    fields = {name for name in names.split(",") if name}
    available = _available(call, post)
    for name in PRIVATE:
        if name in fields and (post.account != call.account.id or call.now - post.at > MONTH):
            del available[name]
            errors.append(_not_yours(post.id, name))
    shown = {
        name: value
        for name, value in available.items()
        if name in fields | {"id", "text", "edit_history_tweet_ids"} and value is not None
    }
    if "post.fields" not in call.query:
        return shown
    return _renamed(shown)


def _renamed(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        RENAMED.get(name, name): _renamed(value) if isinstance(value, dict) else value
        for name, value in found.items()
    }


def _available(call: Call, post: Post) -> dict[str, Any]:
    def figure(name: str) -> int:
        return call.figure(post, name)

    public = {
        "retweet_count": figure("shares"),
        "reply_count": figure("comments"),
        "like_count": figure("likes"),
        "quote_count": figure("quotes"),
        "bookmark_count": figure("saves"),
        "impression_count": figure("impressions"),
    }
    private = {
        "impression_count": figure("impressions"),
        "url_link_clicks": figure("clicks"),
        "user_profile_clicks": figure("profile_visits"),
        "engagements": sum(public.values()) - public["impression_count"] + figure("clicks"),
    }
    replied = [{"type": "replied_to", "id": post.reply_to}] if post.reply_to else None
    long = {"text": post.text} if len(post.text) > 280 else None
    return {
        "id": post.id,
        "text": post.shown if long is None else post.shown[:276] + "…",
        "edit_history_tweet_ids": [post.id],
        "created_at": iso(post.at),
        "author_id": post.account,
        "entities": {"urls": post.details["entities"]} if post.details["entities"] else None,
        "note_tweet": long,
        "attachments": {"media_keys": post.details["media_keys"]}
        if post.details["media_keys"]
        else None,
        "referenced_tweets": replied,
        "public_metrics": public,
        **dict.fromkeys(PRIVATE, private),
    }


def _includes(call: Call, posts: Any) -> dict[str, Any]:
    if "attachments.media_keys" not in call.query.get("expansions", ""):
        return {}
    found = [
        {
            "media_key": key,
            "type": {"3": "photo", "7": "video"}.get(key.partition("_")[0], "animated_gif"),
            "alt_text": alt,
            "public_metrics": {"view_count": call.figure(post, "views")},
        }
        for post in posts
        if post is not None
        for key, alt in zip(post.details["media_keys"], post.details["alt_texts"], strict=True)
    ]
    return {"includes": {"media": found}} if found else {}


def _errors(errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"errors": errors} if errors else {}


def _not_yours(post_id: str, name: str) -> dict[str, Any]:
    return {
        "resource_id": post_id,
        "field": f"{name}",
        "title": "Field Authorization Error",
        "detail": f"Sorry, you are not authorized to access '{name}' on the Tweet.",
        "section": "data",
        "type": f"{PROBLEMS}not-authorized-for-field",
    }


def _count(call: Call) -> int:
    given = call.query.get("max_results", "10")
    if not given.isdecimal() or not 5 <= int(given) <= 100:
        raise invalid(f"max_results: {given} is not between 5 and 100", {"max_results": [given]})
    return int(given)


def _time(call: Call, name: str, usual: float) -> float:
    given = call.query.get(name)
    try:
        return usual if given is None else seconds(given)
    except ValueError as fault:
        raise invalid(f"{name}: not a time", {name: [given]}) from fault
