"""How X words its refusals: problems after RFC 9457, by type and detail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.limits import DAY, QUARTER_HOUR, Window
from sandbox.routes import Call, Refused, Wording, answer

PROBLEMS: Final = "https://api.twitter.com/2/problems/"
NOT_PERMITTED: Final = "You are not permitted to perform this action."
#: Posts in 24 hours by plan, which alone have the 24 hour headers.
PLANS: Final = {"free": 17, "basic": 100}


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> web.Response:
    return answer({"title": title, "detail": detail, "type": kind, "status": status}, status)


def invalid(message: str, parameters: Mapping[str, Any] | None = None) -> Refused:
    body = {
        "errors": [{"message": message, "parameters": dict(parameters or {})}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}invalid-request",
    }
    return Refused(answer(body, 400))


def forbidden(detail: str = NOT_PERMITTED) -> Refused:
    return Refused(problem(403, "Forbidden", detail))


def not_found(what: str) -> Refused:
    detail = f"Could not find {what}."
    return Refused(problem(404, "Not Found Error", detail, f"{PROBLEMS}resource-not-found"))


def missing(resource_id: str) -> dict[str, Any]:
    """The entry of ``errors`` for one of several posts that is not there."""
    return {
        "value": resource_id,
        "detail": f"Could not find tweet with ids: [{resource_id}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": resource_id,
        "type": f"{PROBLEMS}resource-not-found",
    }


def duplicate(_call: Call) -> web.Response:
    words = "You are not allowed to create a Tweet with duplicate content."
    return problem(403, "Forbidden", words)


def throttled(call: Call, seconds: float) -> web.Response:
    window = Window(100, 0, call.now + seconds)
    call.request["window"] = window
    return problem(429, "Too Many Requests", "Too Many Requests")


def day_full(call: Call, seconds: float) -> web.Response:
    """The cap of 24 hours is used up while the short window is open."""
    call.request["day"] = Window(PLANS["free"], 0, call.now + seconds)
    return problem(429, "Too Many Requests", "Too Many Requests")


def headers(call: Call) -> Mapping[str, str]:
    """Those of every answer: the short window, and that of 24 hours where the plan has one."""
    window = call.request.get("window") or Window(900, 899, call.now + QUARTER_HOUR)
    found = {"api-version": "2.164", **_limit("x-rate-limit-", window)}
    day = call.request.get("day") or _plan_day(call)
    if day is not None:
        found |= _limit("x-user-limit-24hour-", day)
        found |= _limit("x-app-limit-24hour-", Window(10_000, 9_999, day.reset))
    return found


def _plan_day(call: Call) -> Window | None:
    plan = call.sender.traits.get("plan") if call.sender else None
    if call.sender is None or plan not in PLANS:
        return None
    made = call.world.ledger.count_since("twitter", call.sender.id, call.now - DAY)
    limit = PLANS[plan]
    return Window(limit, max(0, limit - made), call.now + DAY)


def _limit(prefix: str, window: Window) -> dict[str, str]:
    return {
        f"{prefix}limit": str(window.limit),
        f"{prefix}remaining": str(window.remaining),
        f"{prefix}reset": str(int(window.reset) + 1),
    }


def unauthorized() -> web.Response:
    return problem(401, "Unauthorized", "Unauthorized")


def no_permission() -> web.Response:
    words = "Your client app is not configured with the appropriate permissions."
    return problem(403, "Forbidden", words, f"{PROBLEMS}oauth1-permissions")


WORDING: Final = Wording(
    unknown_token=unauthorized,
    expired_token=unauthorized,
    revoked_token=unauthorized,
    forbidden=no_permission,
    rejected=lambda: problem(403, "Forbidden", NOT_PERMITTED),
    duplicate=duplicate,
    throttled=throttled,
    quota=day_full,
    outage=lambda status: problem(status, "Service Unavailable", "Service Unavailable"),
)
