"""The account: OAuth tokens, profile, and its own videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.ledger import Post
from sandbox.routes import Call, Refused, answer
from sandbox.tiktok.posts import PUBLIC
from sandbox.tiktok.wording import WORDING, envelope, refuse

LIFETIME, REFRESH_LIFETIME = 86_400, 31_536_000
FIELD_SCOPES: Final = {
    **dict.fromkeys(("open_id", "union_id", "avatar_url", "display_name"), "user.info.basic"),
    **dict.fromkeys(
        ("username", "is_verified", "bio_description", "profile_deep_link"), "user.info.profile"
    ),
    **dict.fromkeys(
        ("follower_count", "following_count", "likes_count", "video_count"), "user.info.stats"
    ),
}
CUT: Final = 150


def token(call: Call) -> web.Response:
    """Flat JSON; a refusal comes with status 200."""
    given = str(call.form.get("refresh_token"))
    if not {"client_key", "client_secret"} <= set(call.form):
        return _oauth_error("invalid_client", "client_key and client_secret are needed")
    if call.form.get("grant_type") != "refresh_token":
        return _oauth_error("unsupported_grant_type", "Only refresh_token is simulated.")
    account = call.world.accounts.refreshable("tiktok", given, call.now)
    if account is None:
        return _oauth_error("invalid_grant", "Refresh token is invalid or expired.")
    call.world.accounts.renew(account, call.now, LIFETIME)
    return answer(
        {
            "access_token": account.token,
            "expires_in": LIFETIME,
            "open_id": account.id,
            "refresh_token": account.refresh_token,
            "refresh_expires_in": REFRESH_LIFETIME,
            "scope": ",".join(sorted(account.scopes or {"user.info.basic", "video.publish"})),
            "token_type": "Bearer",
        }
    )


def revoke(call: Call) -> web.Response:
    account = call.world.accounts.by_token.get(("tiktok", str(call.form.get("token"))))
    if account is not None:
        account.revoked = True
    return answer({})


def user_info(call: Call) -> web.Response:
    names = [name for name in call.query.get("fields", "").split(",") if name]
    if not names or not set(names) <= set(FIELD_SCOPES):
        raise refuse("invalid_params", f"fields: of {', '.join(FIELD_SCOPES)}")
    if not all(call.account.allows(FIELD_SCOPES[name]) for name in names):
        raise Refused(WORDING.forbidden())
    account, mine = call.account, _public(call)
    available = {
        "open_id": account.id,
        "union_id": f"union-{account.id}",
        "avatar_url": account.avatar,
        "display_name": account.name or account.username,
        "username": account.username,
        "is_verified": False,
        "bio_description": "",
        "profile_deep_link": f"https://vm.tiktok.com/{account.id}",
        "follower_count": call.world.growth.followers(account, call.now),
        "following_count": account.following,
        "likes_count": sum(call.figure(post, "likes") for post in mine),
        "video_count": len(mine),
    }
    return envelope({"user": {name: available[name] for name in names}})


def query(call: Call) -> web.Response:
    """Own public videos by id, 20 a call; ids that are not known are simply left out."""
    filters = call.form.get("filters")
    ids = filters.get("video_ids", []) if isinstance(filters, dict) else []
    if not isinstance(ids, list) or not 1 <= len(ids) <= 20:
        raise refuse("invalid_params", "filters.video_ids: 1 to 20")
    wanted = {str(video_id) for video_id in ids}
    found = [_chosen(call, post) for post in _public(call) if post.id in wanted]
    return envelope({"videos": found, "cursor": 0, "has_more": False})


def listed(call: Call) -> web.Response:
    """Own public videos, newest first, made before ``cursor`` (ms)."""
    count = int(call.form.get("max_count", 10))
    if not 1 <= count <= 20:
        raise refuse("invalid_params", "max_count: 1 to 20")
    cursor = int(call.form.get("cursor") or (call.now + 1) * 1000)
    posts = [post for post in _public(call) if post.at * 1000 < cursor]
    shown = posts[:count]
    following = int(shown[-1].at * 1000) if shown else cursor
    return envelope(
        {
            "videos": [_chosen(call, post) for post in shown],
            "cursor": following,
            "has_more": len(posts) > count,
        }
    )


def _public(call: Call) -> list[Post]:
    """What lists show: public, and through moderation."""
    late = call.world.settings.moderation_seconds
    return [
        post
        for post in call.posts()
        if post.details.get("privacy_level") == PUBLIC
        and post.kind != "draft"
        and call.now >= post.at + late
    ]


def _chosen(call: Call, post: Post) -> dict[str, Any]:
    names = [name for name in call.query.get("fields", "").split(",") if name]
    available: Mapping[str, Any] = {
        "id": post.id,
        "create_time": int(post.at),
        "cover_image_url": "https://sandbox.example/cover.jpg",
        "share_url": f"{post.url}?utm_campaign=sandbox",
        "title": post.shown[:CUT] if post.kind == "video" else str(post.details["title"])[:CUT],
        "video_description": post.shown[:CUT],
        "duration": 10,
        "height": 1920,
        "width": 1080,
        "embed_link": f"https://www.tiktok.com/player/v1/{post.id}",
        "embed_html": "",
        "like_count": call.figure(post, "likes"),
        "comment_count": call.figure(post, "comments"),
        "share_count": call.figure(post, "shares"),
        "view_count": call.figure(post, "views"),
        "is_aigc": False,
    }
    if not names or not set(names) <= set(available):
        raise refuse("invalid_params", f"fields: of {', '.join(available)}")
    return {name: available[name] for name in names}


def _oauth_error(code: str, words: str) -> web.Response:
    body = {"error": code, "error_description": words, "log_id": "20261101000000SANDBOX"}
    return answer(body)
