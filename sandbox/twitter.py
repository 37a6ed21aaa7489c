"""X, API v2: https://docs.x.com/x-api"""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.routes import Call, Refused, Route, SimulatedPlatform, Wording, answer

FIELDS = frozenset({"text", "media", "reply", "quote_tweet_id", "poll", "reply_settings"})


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> web.Response:
    return answer({"title": title, "detail": detail, "type": kind, "status": status}, status)


def tweet(call: Call) -> web.Response:
    unknown = set(call.form) - FIELDS
    text = str(call.form.get("text", ""))
    if unknown or not (text or "media" in call.form):
        raise Refused(_invalid(f"unknown or missing fields: {sorted(unknown) or 'text'}"))
    if len(text) > 25_000:
        raise Refused(_invalid("text is too long"))
    if len(text) > 280:
        raise Refused(problem(403, "Forbidden", "You are not permitted to perform this action."))
    if call.world.has_text(call.account, text):
        words = "You are not allowed to create a Tweet with duplicate content."
        raise Refused(problem(403, "Forbidden", words))
    post_id = call.world.number(19)
    url = f"https://x.com/{call.account.username}/status/{post_id}"
    call.world.accept(call.account, post_id, url, kind="text", text=text)
    data = {"id": post_id, "text": text, "edit_history_tweet_ids": [post_id]}
    return answer({"data": data}, 201, _limits(99, 900))


def timeline(call: Call) -> web.Response:
    if call.path("user") != call.account.id:
        raise Refused(problem(403, "Forbidden", "not your timeline"))
    start = call.request.query.get("start_time")
    since = datetime.fromisoformat(start).timestamp() if start else 0.0
    data = [
        {
            "id": post.id,
            "text": post.text,
            "created_at": datetime.fromtimestamp(post.at, UTC).isoformat().replace("+00:00", "Z"),
        }
        for post in call.world.posts_of(call.account, since)
    ][: int(call.request.query.get("max_results", 10))]
    body: dict[str, Any] = {"meta": {"result_count": len(data)}}
    return answer({"data": data, **body} if data else body, headers=_limits(899, 900))


def token(call: Call) -> web.Response:
    scheme, _, pair = call.request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic" or b":" not in base64.b64decode(pair):
        return answer({"error": "unauthorized_client"}, 401)
    account = call.world.by_refresh_token("twitter", str(call.form.get("refresh_token")))
    if account is None:
        words = "Value passed for the token was invalid."
        return answer({"error": "invalid_request", "error_description": words}, 400)
    call.world.replace_token(account, 7200)
    return answer(
        {
            "token_type": "bearer",
            "expires_in": 7200,
            "access_token": account.token,
            "refresh_token": account.refresh_token,
            "scope": "tweet.read tweet.write users.read media.write offline.access",
        }
    )


def throttled(seconds: float) -> web.Response:
    refusal = problem(429, "Too Many Requests", "Too Many Requests")
    refusal.headers.update(_limits(0, seconds))
    return refusal


def _limits(remaining: int, seconds: float) -> dict[str, str]:
    return {
        "api-version": "2.164",
        "x-rate-limit-limit": "100",
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(int(time.time() + seconds) + 1),  # noqa: TID251  a header of a clock on the wall
    }


def _invalid(message: str) -> web.Response:
    body = {
        "errors": [{"message": message, "parameters": {}}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }
    return answer(body, 400)


def unauthorized() -> web.Response:
    return problem(401, "Unauthorized", "Unauthorized")


TWITTER = SimulatedPlatform(
    "twitter",
    (
        Route("POST", "/2/tweets", "publish", tweet),
        Route("GET", "/2/users/{user}/tweets", "read", timeline),
        Route("POST", "/2/oauth2/token", "refresh", token, authorised=False),
    ),
    Wording(
        unknown_token=unauthorized,
        expired_token=unauthorized,
        revoked_token=unauthorized,
        forbidden=lambda: problem(
            403, "Forbidden", "oauth", "https://api.twitter.com/2/problems/oauth1-permissions"
        ),
        rejected=lambda: problem(403, "Forbidden", "You are not permitted to perform this action."),
        throttled=throttled,
        outage=lambda status: problem(status, "Service Unavailable", "Service Unavailable"),
    ),
)
