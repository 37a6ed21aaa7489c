"""LinkedIn: https://learn.microsoft.com/linkedin/marketing/community-management"""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from sandbox.routes import Call, Refused, Route, SimulatedPlatform, Wording, answer

NEEDED = ("author", "commentary", "visibility", "distribution", "lifecycleState")


def error(status: int, message: str, **more: Any) -> web.Response:
    return answer({"status": status, "message": message, **more}, status)


def forbidden() -> web.Response:
    return error(403, "Not enough permissions", serviceErrorCode=100, code="ACCESS_DENIED")


def post(call: Call) -> web.Response:
    _check_version(call)
    missing = [name for name in NEEDED if name not in call.form]
    if missing:
        raise Refused(error(400, f"missing {missing}", code="MISSING_FIELD"))
    if call.form["author"] != _urn(call):
        raise Refused(forbidden())
    text = _shown(str(call.form["commentary"]))
    if len(text) > 3000:
        raise Refused(error(400, "commentary is too long", code="FIELD_LENGTH_TOO_LONG"))
    earlier = call.world.has_text(call.account, text)
    if earlier is not None:
        raise Refused(_duplicate(earlier.id))
    urn = f"urn:li:share:{call.world.number(7)}"
    url = f"https://www.linkedin.com/feed/update/{urn}/"
    call.world.accept(call.account, urn, url, kind="text", text=text)
    return web.Response(status=201, headers={"x-restli-id": urn})


def posts(call: Call) -> web.Response:
    _check_version(call)
    if ":organization:" not in _urn(call):
        raise Refused(forbidden())
    if call.request.query.get("author") != _urn(call):
        raise Refused(error(400, "author is not yours", code="INVALID_URN_ID"))
    elements = [
        {
            "id": found.id,
            "commentary": found.text,
            "author": _urn(call),
            "lifecycleState": "PUBLISHED",
            "createdAt": int(found.at * 1000),
        }
        for found in call.world.posts_of(call.account)
    ]
    return answer({"elements": elements, "paging": {"start": 0, "count": len(elements)}})


def token(call: Call) -> web.Response:
    account = call.world.by_refresh_token("linkedin", str(call.form.get("refresh_token")))
    if account is None or "client_secret" not in call.form:
        return answer({"error": "invalid_request", "error_description": "expired or revoked"}, 400)
    call.world.replace_token(account, 5_184_000)
    return answer(
        {
            "access_token": account.token,
            "expires_in": 5_184_000,
            "refresh_token": account.refresh_token,
            "refresh_token_expires_in": 29_000_000,
        }
    )


def _check_version(call: Call) -> None:
    version = call.request.headers.get("linkedin-version", "")
    if not re.fullmatch(r"20\d{4}", version):
        raise Refused(
            error(426, f"Requested version {version} is not active", code="NONEXISTENT_VERSION")
        )


def _urn(call: Call) -> str:
    known = call.account.id
    return known if known.startswith("urn:") else f"urn:li:person:{known}"


def _shown(commentary: str) -> str:
    """What the reader sees: escapes undone, and the text cut at a bare parenthesis."""
    cut = re.split(r"(?<!\\)\(", commentary)[0]
    return re.sub(r"\\(.)", r"\1", cut)


def _duplicate(urn: str) -> web.Response:
    details = {
        "inputErrors": [{"description": "Duplicate post is detected", "code": "DUPLICATE_POST"}]
    }
    return error(422, f"Content is a duplicate of {urn}", errorDetails=details)


LINKEDIN = SimulatedPlatform(
    "linkedin",
    (
        Route("POST", "/rest/posts", "publish", post),
        Route("GET", "/rest/posts", "read", posts),
        Route("POST", "/oauth/v2/accessToken", "refresh", token, authorised=False),
    ),
    Wording(
        unknown_token=lambda: error(
            401, "Invalid access token", serviceErrorCode=65600, code="INVALID_ACCESS_TOKEN"
        ),
        expired_token=lambda: error(
            401, "The token has expired", serviceErrorCode=65602, code="EXPIRED_ACCESS_TOKEN"
        ),
        revoked_token=lambda: error(
            401, "The token was revoked", serviceErrorCode=65601, code="REVOKED_ACCESS_TOKEN"
        ),
        forbidden=forbidden,
        rejected=lambda: error(422, "The content is not acceptable", code="UNPROCESSABLE_ENTITY"),
        throttled=lambda _seconds: error(
            429, "Resource level throttle limit is reached.", serviceErrorCode=101
        ),
        outage=lambda status: error(status, "Internal error", code="INTERNAL_SERVER_ERROR"),
    ),
)
