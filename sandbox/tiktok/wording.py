"""How TikTok words its answers: an envelope whose error code decides, whatever the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.limits import MINUTE, Limit
from sandbox.routes import Call, Refused, Wording, answer

STATUSES: Final = {
    "access_token_invalid": 401,
    "scope_not_authorized": 401,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
    "invalid_params": 400,
    "invalid_publish_id": 400,
    "token_not_authorized_for_specified_publish_id": 400,
    "publish_not_cancellable": 400,
}


def envelope(
    data: Mapping[str, Any], code: str = "ok", message: str = "", status: int = 200
) -> web.Response:
    error = {"code": code, "message": message, "log_id": "20261101000000SANDBOX"}
    return answer({"data": data, "error": error}, status)


def error(code: str, message: str = "", status: int | None = None) -> web.Response:
    """With the status that belongs to the code: 403 for those that name a risk or a right."""
    return envelope({}, code, message or code, status or STATUSES.get(code, 403))


def refuse(code: str, message: str = "", status: int | None = None) -> Refused:
    return Refused(error(code, message, status))


def a_minute(name: str, count: int, *, app: bool = False) -> tuple[Limit, ...]:
    return (Limit(name, count, MINUTE, app=app),)


def quota(call: Call, _seconds: float) -> web.Response:
    """The day's posts are used up; when creator_info says so it does with status 200."""
    asked = call.request.path.endswith("/creator_info/query/")
    return error("spam_risk_too_many_posts", status=200 if asked else 403)


WORDING: Final = Wording(
    unknown_token=lambda: error("access_token_invalid", "The access token is invalid."),
    expired_token=lambda: error("access_token_invalid", "The access token has expired."),
    revoked_token=lambda: error("access_token_invalid", "The access token was revoked."),
    forbidden=lambda: error("scope_not_authorized", "The user did not authorize the scope."),
    rejected=lambda: error("spam_risk_text"),
    duplicate=lambda _call: error("spam_risk"),
    throttled=lambda _call, _seconds: error("rate_limit_exceeded"),
    quota=quota,
    outage=lambda status: error("internal_error", "Please try again later.", status),
)
