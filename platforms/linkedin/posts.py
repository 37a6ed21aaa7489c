"""LinkedIn Posts API (https://learn.microsoft.com/linkedin/marketing/community-management): text.

A Page's posts can be listed; a member's cannot. There LinkedIn's own refusal of duplicates (422,
with the URN of the post that it has) tells on the next try what became of the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from domain.content import Json
from domain.failures import (
    Failure,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from platforms import timeline
from platforms.flow import (
    Absent,
    Answer,
    Job,
    Published,
    PublishFlow,
    Request,
    Save,
    SettleFlow,
    Unreadable,
    Unsettled,
    call,
    fenced,
    text_of,
)

VERSION: Final = "202609"
HEADERS: Final = {"linkedin-version": VERSION, "x-restli-protocol-version": "2.0.0"}
RESERVED: Final = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)")
URN: Final = re.compile(r"urn:li:(?:share|ugcPost):\d+")
EXPIRED: Final = 65602


def publish(job: Job) -> PublishFlow:
    """``POST /rest/posts``. Option ``visibility`` is PUBLIC (default), CONNECTIONS or LOGGED_IN."""
    tried = "sent" in job.checkpoint
    yield Save({"sent": True})
    body: dict[str, Json] = {
        "author": author(job),
        "commentary": little_text(job.content.text),
        "visibility": job.content.options.get("visibility", "PUBLIC"),
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    answer = yield from fenced(Request("POST", "/rest/posts", headers=HEADERS, body=body))
    if not answer.ok:
        earlier = _duplicate_of(answer)
        if earlier is not None and tried and earlier not in job.known:
            return _published(earlier)
        raise refusal(answer, job.now)
    return _published(text_of(answer.headers.get("x-restli-id"), answer.status))


def settle(job: Job) -> SettleFlow:
    """A Page is looked through. A member's post is taken for absent after a minute: LinkedIn
    refuses it, with the URN, if it is there after all."""
    if ":organization:" not in author(job):
        waited = job.intent_at is not None and job.now - job.intent_at >= timeline.SURE_AFTER
        return Absent() if waited else Unsettled("LinkedIn does not list a member's posts")
    path = f"/rest/posts?q=author&author={quote(author(job), safe='')}&count=100&sortBy=CREATED"
    answer = yield from call(Request("GET", path, headers={**HEADERS, "x-restli-method": "FINDER"}))
    if not answer.ok:
        raise refusal(answer, job.now)
    return timeline.sought(job, _posts(answer, timeline.since(job)))


def author(job: Job) -> str:
    """The URN that posts: as stored, or of a person with that id."""
    stored = job.account.platform_user_id
    return stored if stored.startswith("urn:") else f"urn:li:person:{stored}"


def little_text(text: str) -> str:
    """LinkedIn's "little text": reserved characters escaped, or the text is cut at them. A ``#``
    that begins a hashtag stays."""
    return RESERVED.sub(lambda found: "\\" + found.group(), text)


def plain_text(commentary: str) -> str:
    """What `little_text` was made from."""
    return re.sub(r"\\([\\|{}@\[\]()<>#*_~])", r"\1", commentary)


def refusal(answer: Answer, now: datetime) -> Failure:
    """The failure that an answer below 500 tells of."""
    body = _body(answer)
    code = str(body.get("code") or body.get("serviceErrorCode") or "")
    words = f"LinkedIn: {body.get('message') or 'no reason given'}"
    told = {
        "code": code or None,
        "status": answer.status,
        "trace": answer.headers.get("x-li-uuid"),
    }
    match answer.status:
        case 401 if body.get("serviceErrorCode") == EXPIRED:
            return TokenExpired(words, **told)  # type: ignore[arg-type]
        case 401:
            return TokenRevoked(words, **told)  # type: ignore[arg-type]
        case 403 | 426:
            return PermissionMissing(words, **told)  # type: ignore[arg-type]
        case 409:
            return Unavailable(words, **told)  # type: ignore[arg-type]
        case 422 if _duplicate_of(answer):
            return Rejected(f"{words}; change the text", item="content", **told)  # type: ignore[arg-type]
        case 429:
            until, whole_app = _reset(words, now), "APPLICATION" in words
            return Throttled(words, until=until, whole_app=whole_app, **told)  # type: ignore[arg-type]
    return Rejected(words, item="content", **told)  # type: ignore[arg-type]


def _reset(words: str, now: datetime) -> datetime:
    """Day limits open at midnight UTC; of others nothing is told."""
    if "DAY" not in words:
        return now + timedelta(minutes=5)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def _duplicate_of(answer: Answer) -> str | None:
    if answer.status != 422 or b"DUPLICATE_POST" not in answer.content:
        return None
    found = URN.search(str(_body(answer).get("message")))
    return found.group() if found else None


def _published(urn: str) -> Published:
    return Published(urn, f"https://www.linkedin.com/feed/update/{urn}/")


def _posts(answer: Answer, since: datetime) -> Iterator[tuple[str, Published]]:
    rows = answer.json().get("elements")
    if not isinstance(rows, list):
        raise Unreadable(answer.status)
    for row in rows:
        if isinstance(row, dict):
            made = row.get("createdAt")
            if isinstance(made, int) and made >= since.timestamp() * 1000:
                urn = text_of(row.get("id"), answer.status)
                yield plain_text(str(row.get("commentary", ""))), _published(urn)


def _body(answer: Answer) -> dict[str, Json]:
    try:
        return answer.json()
    except Unreadable:
        return {}
