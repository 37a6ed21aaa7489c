"""What TikTok's ``error.code`` and ``fail_reason`` mean
(https://developers.tiktok.com/doc/tiktok-api-v2-error-handling,
https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status).

The code decides, whatever the HTTP status: TikTok refuses some things with 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from platforms.flow import Answer, Unreadable


@dataclass(frozen=True, slots=True)
class Line:
    """What one code means. ``advice`` is added for people; ``wait`` is how long a limit is left
    alone; ``item`` is what of the post it is about."""

    kind: type[Failure]
    advice: str = ""
    wait: timedelta = timedelta(hours=1)
    whole_app: bool = False
    item: str = "content"


MINUTE: Final = timedelta(minutes=1)
GRANT: Final = "connect the account again and grant every permission"
CONVERT: Final = Line(Rejected, "convert the media to what TikTok accepts", item="media")
FETCHABLE: Final = Line(Unavailable, "make sure that the media's URL can be fetched by anybody")
BANNED: Final = Line(PermissionMissing, "TikTok lets the account post nothing: ask it why")
AGAIN: Final = Line(Unavailable)
REFUSED: Final = Line(Rejected)
LIMIT: Final = Line(Throttled, wait=MINUTE)
# A rolling day; TikTok does not say when it opens, so it is asked again every hour.
DAILY: Final = Line(Throttled)
EXPIRED: Final = Line(TokenExpired)

CODES: Final[Mapping[str, Line]] = {
    "rate_limit_exceeded": LIMIT,
    "spam_risk_too_many_posts": DAILY,
    "spam_risk_too_many_pending_share": DAILY,
    "reached_active_user_cap": Line(Throttled, whole_app=True),
    "access_token_invalid": EXPIRED,
    "auth_removed": Line(TokenRevoked, "connect the account again"),
    "scope_not_authorized": Line(PermissionMissing, GRANT),
    "scope_permission_missed": Line(PermissionMissing, GRANT),
    "spam_risk_user_banned_from_posting": BANNED,
    "unaudited_client_can_only_post_to_private_accounts": Line(
        PermissionMissing, "until TikTok has audited the application, make the account private"
    ),
    "url_ownership_unverified": Line(
        Rejected, "verify the media's domain in TikTok's developer portal", item="media"
    ),
    "privacy_level_option_mismatch": Line(
        Rejected,
        "choose a privacy_level that the creator has",
        item="metadata.tiktok.privacy_level",
    ),
    "spam_risk": REFUSED,
    "spam_risk_text": REFUSED,
    "invalid_param": REFUSED,
    "invalid_params": REFUSED,
    "invalid_file_upload": CONVERT,
    "app_version_check_failed": Line(Rejected, "the creator has to update the TikTok app"),
    "invalid_publish_id": REFUSED,
    "token_not_authorized_for_specified_publish_id": REFUSED,
    "internal_error": AGAIN,
    # reasons of a post that failed after it was taken
    "file_format_check_failed": CONVERT,
    "duration_check_failed": CONVERT,
    "frame_rate_check_failed": CONVERT,
    "picture_size_check_failed": CONVERT,
    "internal": AGAIN,
    "video_pull_failed": FETCHABLE,
    "photo_pull_failed": FETCHABLE,
    "publish_cancelled": REFUSED,
}
BY_STATUS: Final = {401: EXPIRED, 429: LIMIT}


def refusal(
    code: str,
    message: str,
    now: datetime,
    answer: Answer | None = None,
    *,
    published: bool = False,
) -> Failure:
    """The failure that an ``error.code`` or a ``fail_reason`` tells of. ``published``: it answers a
    publishing call, so an outage may have come after the post was taken."""
    status = answer.status if answer else None
    line = CODES.get(code) or BY_STATUS.get(status or 0, REFUSED)
    words = f"TikTok: {message or code}"
    if line.advice:
        words = f"{words.rstrip('. ')}; {line.advice}"
    if line.kind is Throttled:
        until = now + line.wait
        return Throttled(words, until=until, whole_app=line.whole_app, code=code, status=status)
    if line.kind is Rejected:
        return Rejected(words, item=line.item, code=code, status=status)
    kind = OutcomeUnknown if published and line is AGAIN else line.kind
    return kind(words, code=code, status=status)


def data_of(answer: Answer, now: datetime, *, published: bool = False) -> dict[str, Json]:
    """The ``data`` of the envelope. Raises what its ``error.code`` tells of, and `Unreadable`."""
    body = answer.json()
    error, data = body.get("error"), body.get("data")
    if not isinstance(error, dict):
        raise Unreadable(answer.status)
    if error.get("code") != "ok":
        code, message = str(error.get("code")), str(error.get("message") or "")
        raise refusal(code, message, now, answer, published=published)
    if not isinstance(data, dict):
        raise Unreadable(answer.status)
    return data
