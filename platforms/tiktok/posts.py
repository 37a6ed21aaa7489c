"""TikTok Content Posting API v2, video by upload
(https://developers.tiktok.com/doc/content-posting-api-get-started).

Nothing is posted without bytes, so the last chunk is the fenced call; the ``publish_id`` of the
first call tells afterwards what became of it. TikTok never refuses a duplicate.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Final

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
from platforms.flow import (
    Absent,
    Answer,
    Job,
    MediaFacts,
    Published,
    PublishFlow,
    Reply,
    Request,
    Save,
    SettleFlow,
    Settlement,
    Step,
    Unreadable,
    Unsettled,
    Upload,
    Wait,
    call,
    fenced,
    measure,
    text_of,
    upload,
)
from platforms.tiktok.limits import VIDEO_TYPES

ONE_CHUNK: Final = 64_000_000
CHUNK: Final = 10 * 1024**2
POLL_EVERY: Final = 5.0
POLL_FOR: Final = 3600.0
UPLOAD_SECONDS: Final = 300.0
PREFERENCE: Final = (
    "PUBLIC_TO_EVERYONE",
    "FOLLOWER_OF_CREATOR",
    "MUTUAL_FOLLOW_FRIENDS",
    "SELF_ONLY",
)
DAILY: Final = frozenset({"spam_risk_too_many_posts", "spam_risk_too_many_pending_share"})
WHOLE_APP: Final = "reached_active_user_cap"
ACCOUNT: Final = frozenset(
    {
        "scope_not_authorized",
        "scope_permission_missed",
        "unaudited_client_can_only_post_to_private_accounts",
        "url_ownership_unverified",
        "spam_risk_user_banned_from_posting",
    }
)
AGAIN: Final = frozenset({"internal_error", "internal", "video_pull_failed"})


def publish(job: Job) -> PublishFlow:
    """Options: ``privacy_level`` (default: the widest that the creator has), ``disable_comment``,
    ``disable_duet``, ``disable_stitch``."""
    facts = yield from measure(job.content.media[0])
    level = yield from _privacy(job)
    answer = yield from call(_init(job, facts, level))
    data = _data(answer, job.now)
    publish_id = text_of(data.get("publish_id"), answer.status)
    upload_url = text_of(data.get("upload_url"), answer.status)
    yield Save({"publish_id": publish_id})
    *before, last = _chunks(job, facts, upload_url)
    for chunk in before:
        answer = yield from upload(chunk)
        _check_upload(answer)
    answer = yield from fenced(last)
    _check_upload(answer)
    yield Wait(POLL_EVERY, POLL_FOR, "TikTok is processing the video")
    raise TypeError("a wait ends the flow")


def settle(job: Job) -> SettleFlow:
    """The publish_id tells; while TikTok is at work there is nothing to doubt, only to wait for."""
    publish_id = job.checkpoint.get("publish_id")
    if not isinstance(publish_id, str):
        return Unsettled("the publish_id was not kept")
    settlement = yield from _status(job, publish_id)
    if isinstance(settlement, Unsettled):
        yield Wait(POLL_EVERY, POLL_FOR, settlement.why)
    return settlement


def refusal(code: str, message: str, now: datetime, answer: Answer | None = None) -> Failure:
    """The failure that an ``error.code`` or a ``fail_reason`` tells of."""
    status = answer.status if answer else None
    words = f"TikTok: {message or code}"
    if code == "rate_limit_exceeded":
        until = now + timedelta(minutes=1)
        return Throttled(words, until=until, code=code, status=status)
    if code in DAILY or code == WHOLE_APP:
        until = now + timedelta(hours=1)
        return Throttled(words, until=until, whole_app=code == WHOLE_APP, code=code, status=status)
    if code == "access_token_invalid":
        return TokenExpired(words, code=code, status=status)
    if code == "auth_removed":
        return TokenRevoked(f"{words}; connect the account again", code=code, status=status)
    if code in ACCOUNT:
        return PermissionMissing(words, code=code, status=status)
    if code in AGAIN:
        return Unavailable(words, code=code, status=status)
    return Rejected(words, item="content", code=code, status=status)


def _privacy(job: Job) -> Generator[Step, Reply, str]:
    """What the creator may choose has to be asked before every post."""
    answer = yield from call(Request("POST", "/v2/post/publish/creator_info/query/", body={}))
    options = _data(answer, job.now).get("privacy_level_options")
    if not isinstance(options, list):
        raise Unreadable(answer.status)
    wanted = job.content.options.get("privacy_level")
    if wanted is not None and wanted not in options:
        raise Rejected(
            f"TikTok: privacy_level {wanted} is not open to this creator; one of"
            f" {', '.join(map(str, options))} is",
            item="metadata.tiktok.privacy_level",
        )
    return str(wanted or next((level for level in PREFERENCE if level in options), "SELF_ONLY"))


def _init(job: Job, facts: MediaFacts, privacy_level: str) -> Request:
    post_info: dict[str, Json] = {"title": job.content.text, "privacy_level": privacy_level}
    for name in ("disable_comment", "disable_duet", "disable_stitch"):
        post_info[name] = bool(job.content.options.get(name, False))
    size, count = _division(facts)
    source: dict[str, Json] = {
        "source": "FILE_UPLOAD",
        "video_size": facts.size,
        "chunk_size": size,
        "total_chunk_count": count,
    }
    body: dict[str, Json] = {"post_info": post_info, "source_info": source}
    return Request("POST", "/v2/post/publish/video/init/", body=body)


def _division(facts: MediaFacts) -> tuple[int, int]:
    """Chunk size and count: whole up to 64 MB, else pieces, the rest merged into the last."""
    if facts.size <= ONE_CHUNK:
        return facts.size, 1
    return CHUNK, facts.size // CHUNK


def _chunks(job: Job, facts: MediaFacts, upload_url: str) -> list[Upload]:
    size, count = _division(facts)
    chunks = []
    for place in range(count):
        first = place * size
        last = facts.size - 1 if place == count - 1 else first + size - 1
        headers = {
            "content-type": facts.mime_type if facts.mime_type in VIDEO_TYPES else "video/mp4",
            "content-range": f"bytes {first}-{last}/{facts.size}",
        }
        request = Request("PUT", upload_url, headers=headers, scheme=None, timeout=UPLOAD_SECONDS)
        chunks.append(Upload(request, job.content.media[0], first, last))
    return chunks


def _check_upload(answer: Answer) -> None:
    if not answer.ok:
        raise Unavailable(
            f"TikTok did not take the upload: HTTP {answer.status}", status=answer.status
        )


def _status(job: Job, publish_id: str) -> Generator[Step, Reply, Settlement]:
    body: dict[str, Json] = {"publish_id": publish_id}
    answer = yield from call(Request("POST", "/v2/post/publish/status/fetch/", body=body))
    data = _data(answer, job.now)
    match data.get("status"):
        case "PUBLISH_COMPLETE":
            return _published(job, publish_id, data)
        case "FAILED":
            reason = str(data.get("fail_reason") or "no reason given")
            return Absent(refusal(reason, reason, job.now))
    return Unsettled("TikTok is processing the video")


def _published(job: Job, publish_id: str, data: dict[str, Json]) -> Published:
    """Public posts get an id, at times only after moderation; until then the publish_id stands."""
    found = data.get("publicaly_available_post_id") or data.get("publicly_available_post_id")
    post_id = found[0] if isinstance(found, list) and found else found
    if not post_id:
        return Published(publish_id, None)
    return Published(
        str(post_id), f"https://www.tiktok.com/@{job.account.username}/video/{post_id}"
    )


def _data(answer: Answer, now: datetime) -> dict[str, Json]:
    """The ``data`` of the envelope: only ``error.code`` says whether it is good."""
    body = answer.json()
    error, data = body.get("error"), body.get("data")
    if not isinstance(error, dict):
        raise Unreadable(answer.status)
    if error.get("code") != "ok":
        raise refusal(str(error.get("code")), str(error.get("message") or ""), now, answer)
    if not isinstance(data, dict):
        raise Unreadable(answer.status)
    return data
