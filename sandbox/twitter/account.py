"""The account: OAuth 2 tokens, and the profile."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from aiohttp import web

from sandbox.routes import Call, answer

LIFETIME: Final = 7200
ALL_SCOPES: Final = "tweet.read tweet.write users.read media.write offline.access"


def token(call: Call) -> web.Response:
    if not _client(call):
        return answer({"error": "unauthorized_client"}, 401)
    if call.form.get("grant_type") != "refresh_token":
        return answer({"error": "unsupported_grant_type"}, 400)
    given = str(call.form.get("refresh_token"))
    account = call.world.accounts.refreshable("twitter", given, call.now)
    if account is None:
        words = "Value passed for the token was invalid."
        return answer({"error": "invalid_request", "error_description": words}, 400)
    call.world.accounts.renew(account, call.now, LIFETIME)
    return answer(
        {
            "token_type": "bearer",
            "expires_in": LIFETIME,
            "access_token": account.token,
            "refresh_token": account.refresh_token,
            "scope": " ".join(sorted(account.scopes)) if account.scopes else ALL_SCOPES,
        }
    )


def revoke(call: Call) -> web.Response:
    accounts, given = call.world.accounts, ("twitter", str(call.form.get("token")))
    account = accounts.by_token.get(given) or accounts.by_refresh.get(given)
    if account is not None:
        account.revoked = True
    return answer({"revoked": True})


def me(call: Call) -> web.Response:
    names = {"id", "username", "name", *call.query.get("user.fields", "").split(",")}
    account, mine = call.account, call.posts()
    newer = "post.fields" in call.query
    available = {
        "id": account.id,
        "username": account.username,
        "name": account.name or account.username,
        "profile_image_url": account.avatar,
        "verified": bool(account.traits.get("premium")),
        "verified_type": "blue" if account.traits.get("premium") else "none",
        "public_metrics": {
            "followers_count": call.world.growth.followers(account, call.now),
            "following_count": account.following,
            "post_count" if newer else "tweet_count": len(mine),
            "listed_count": 1,
            "like_count": 7,
            "media_count": sum(bool(post.media) for post in mine),
        },
    }
    return answer({"data": {name: available[name] for name in available if name in names}})


def _client(call: Call) -> bool:
    """A confidential client by Basic, a public one by its id in the form."""
    scheme, _, pair = call.request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return "client_id" in call.form
    try:
        return b":" in base64.b64decode(pair, validate=True)
    except binascii.Error:
        return False
