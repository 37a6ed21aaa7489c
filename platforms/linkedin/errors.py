"""What LinkedIn's refusals mean
(https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling).

An error has a ``code``, a ``serviceErrorCode`` or codes of its inputs, and seldom all of them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.content import Json
from domain.failures import Failure
from platforms import refusals
from platforms.flow import Answer, Unreadable
from platforms.refusals import Meaning, Row, Said

URN: Final = re.compile(r"urn:li:(?:share|ugcPost):\d+")
SHORT_WAIT: Final = timedelta(minutes=5)
OPERATOR_ACTS: Final = timedelta(hours=1)
CONNECT: Final = "connect the account again"
GRANT: Final = "connect the account again with every permission, or give it a role of the Page"
CHANGE: Final = "change the post"
BUG: Final = "this is a fault of the publishing engine: report it"

# Read from above: the first line that holds decides.
TABLE: Final = (
    Row(Meaning.LIMIT, statuses={429}),
    Row(Meaning.EXPIRED, codes={"65602", "EXPIRED_ACCESS_TOKEN"}),
    Row(Meaning.REVOKED, CONNECT, codes={"65601", "REVOKED_ACCESS_TOKEN"}),
    Row(Meaning.REVOKED, CONNECT, codes={"65600", "INVALID_ACCESS_TOKEN"}),
    Row(Meaning.REFUSED, BUG, codes={"EMPTY_ACCESS_TOKEN"}),
    Row(Meaning.REVOKED, CONNECT, statuses={401}),
    Row(Meaning.AGAIN, words="unable to obtain activity"),
    Row(Meaning.AGAIN, words="resource is forbidden"),
    Row(Meaning.FORBIDDEN, GRANT, statuses={403}),
    Row(Meaning.OPERATOR, "an operator has to set another API version", statuses={426}),
    Row(Meaning.AGAIN, codes={"MEDIA_ASSET_WAITING_UPLOAD"}),
    Row(Meaning.STALE, codes={"INVALID_IMAGE_ID", "INVALID_VIDEO_ID", "INVALID_DOCUMENT_ID"}),
    Row(Meaning.STALE, codes={"EXPIRED_UPLOAD_URL"}),
    Row(
        Meaning.REFUSED,
        "convert the media to what LinkedIn accepts",
        codes={"MEDIA_ASSET_PROCESSING_FAILED", "UPDATING_ASSET_FAILED"},
    ),
    Row(Meaning.REFUSED, "shorten it", codes={"FIELD_LENGTH_TOO_LONG"}),
    Row(Meaning.REFUSED, "post a link that can be opened", codes={"INVALID_URL"}),
    Row(Meaning.DUPLICATE, "change the text", statuses={422}, codes={"DUPLICATE_POST"}),
    Row(Meaning.REFUSED, CHANGE, statuses={400, 422}),
    Row(Meaning.REFUSED, "what it refers to is not there, or was deleted", statuses={404}),
    Row(Meaning.AGAIN, statuses={409}),
    Row(Meaning.REFUSED, BUG, statuses={411}),
)


def refusal(answer: Answer, now: datetime, item: str = "content") -> Failure:
    """The failure that an answer below 500 tells of; ``item`` is what was being sent."""
    said = _said(answer)
    row = refusals.row_of(said, TABLE)
    until = now + OPERATOR_ACTS if row.meaning is Meaning.OPERATOR else _reset(said.words, now)
    whole_app = "APPLICATION" in said.words
    return refusals.failure(said, row, until=until, whole_app=whole_app, item=item)


def meaning(answer: Answer) -> Meaning:
    """What a refusal says of the call."""
    return refusals.row_of(_said(answer), TABLE).meaning


def duplicate_of(answer: Answer) -> str | None:
    """The URN of the post that LinkedIn takes this one for a duplicate of."""
    if answer.ok or meaning(answer) is not Meaning.DUPLICATE:
        return None
    found = URN.search(_said(answer).words)
    return found.group() if found else None


def _said(answer: Answer) -> Said:
    body = _body(answer)
    details = body.get("errorDetails")
    inputs = details.get("inputErrors") if isinstance(details, dict) else None
    codes = [body.get("code"), body.get("serviceErrorCode")]
    listed = inputs if isinstance(inputs, list) else []
    codes += [one.get("code") for one in listed if isinstance(one, dict)]
    known = [str(code) for code in codes if code is not None]
    return Said(
        "LinkedIn",
        answer.status,
        frozenset(known),
        str(body.get("message") or ""),
        known[0][:100] if known else None,
        answer.headers.get("x-li-uuid"),
    )


def _reset(words: str, now: datetime) -> datetime:
    """Day limits open at midnight UTC; of others nothing is told."""
    if "DAY" not in words:
        return now + SHORT_WAIT
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def _body(answer: Answer) -> dict[str, Json]:
    try:
        return answer.json()
    except Unreadable:
        return {}
