"""X, API v2 (https://docs.x.com/x-api): text posts.

One call makes the post. X refuses the same text again for a while (403), which says that an
earlier try got through, not which post it made; the account's timeline tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.content import Json
from domain.failures import (
    Failure,
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from platforms import timeline
from platforms.flow import (
    Answer,
    Job,
    Published,
    PublishFlow,
    Request,
    SettleFlow,
    Unreadable,
    call,
    fenced,
    text_of,
)

WINDOW: Final = timedelta(minutes=15)
# The longest windows first: on 429 the quarter-hour one may have room while the day has none.
RESET_HEADERS: Final = ("x-user-limit-24hour", "x-app-limit-24hour", "x-rate-limit")
MISSING_RIGHTS: Final = frozenset(
    {"unsupported-authentication", "oauth1-permissions", "client-forbidden"}
)


def publish(job: Job) -> PublishFlow:
    """``POST /2/tweets``. Option ``reply_settings`` is passed on."""
    body: dict[str, Json] = {"text": job.content.text}
    if "reply_settings" in job.content.options:
        body["reply_settings"] = job.content.options["reply_settings"]
    answer = yield from fenced(Request("POST", "/2/tweets", body=body))
    if not answer.ok:
        raise refusal(answer, job.now)
    post_id = text_of(_object(answer, "data").get("id"), answer.status)
    return Published(post_id, permalink(job.account.username, post_id))


def settle(job: Job) -> SettleFlow:
    """Looks through the account's latest posts."""
    query = {
        "max_results": "100",
        "start_time": timeline.since(job).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "exclude": "retweets",
        "tweet.fields": "created_at,text,entities,note_tweet",
    }
    path = f"/2/users/{job.account.platform_user_id}/tweets"
    answer = yield from call(Request("GET", path, query=query))
    if not answer.ok:
        raise refusal(answer, job.now)
    return timeline.sought(job, _posts(answer, job.account.username))


def permalink(username: str, post_id: str) -> str:
    return f"https://x.com/{username}/status/{post_id}"


def refusal(answer: Answer, now: datetime) -> Failure:
    """The failure that an answer below 500 tells of. Problems are told apart by the last part of
    their ``type``, by status, and where X gives nothing else by their words."""
    problem = _problem(answer)
    kind = str(problem.get("type", "")).rpartition("/")[2]
    detail = str(problem.get("detail") or problem.get("title") or "no reason given")
    status = answer.status
    if status == 429 or kind == "usage-capped":
        return Throttled("X: the rate limit is used up", until=_reset(answer, now), status=status)
    if status == 401:
        return TokenExpired("X does not accept the access token", status=status)
    if status == 402:
        return PermissionMissing(
            "X: the app's credits are used up; an operator has to add some", code=kind, status=402
        )
    if status == 403 and "duplicate" in detail.lower():
        return OutcomeUnknown("X says that it has this text already", code="duplicate", status=403)
    if status == 403 and (kind == "user-suspended" or "suspended" in detail.lower()):
        return TokenRevoked("X: the account is suspended", code=kind, status=status)
    if status == 403 and kind in MISSING_RIGHTS:
        return PermissionMissing(f"X: {detail}", code=kind, status=status)
    if status == 409:
        return Unavailable(f"X: {detail}", code=kind, status=status)
    return Rejected(f"X: {_reason(problem, detail)}", item="content", code=kind, status=status)


def _reset(answer: Answer, now: datetime) -> datetime:
    """The latest reset among the limits that are used up."""
    resets = [
        datetime.fromtimestamp(int(answer.headers[f"{prefix}-reset"]), UTC)
        for prefix in RESET_HEADERS
        if answer.headers.get(f"{prefix}-remaining") == "0"
        and answer.headers.get(f"{prefix}-reset", "").isdecimal()
    ]
    return max(resets, default=now + WINDOW)


def _problem(answer: Answer) -> dict[str, Json]:
    try:
        return answer.json()
    except Unreadable:
        return {}


def _reason(problem: dict[str, Json], detail: str) -> str:
    errors = problem.get("errors")
    if isinstance(errors, list):
        return "; ".join(str(e.get("message")) for e in errors if isinstance(e, dict)) or detail
    return detail


def _object(answer: Answer, name: str) -> dict[str, Json]:
    value = answer.json().get(name)
    if not isinstance(value, dict):
        raise Unreadable(answer.status)
    return value


def _posts(answer: Answer, username: str) -> Iterator[tuple[str, Published]]:
    posts = answer.json().get("data", [])
    if not isinstance(posts, list):
        raise Unreadable(answer.status)
    for post in posts:
        if isinstance(post, dict):
            post_id = text_of(post.get("id"), answer.status)
            yield str(post.get("text", "")), Published(post_id, permalink(username, post_id))
