"""What Meta's APIs (Threads, Instagram, Facebook Pages) share: their errors.

Their HTTP statuses say little; the ``code`` and ``error_subcode`` of the error decide
(https://developers.facebook.com/docs/graph-api/guides/error-handling).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.content import Content, Json, JsonObject
from domain.failures import (
    Failure,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from domain.options import Option
from platforms.adapter import Published, PublishFlow
from platforms.flow import Answer, Reply, Request, Save, Step, Unreadable, optional
from platforms.usage import meta_regain


class Meaning(StrEnum):
    """What an error says of the call."""

    SPAM_GUARD = "spam guard"  # the publishing call may have got through all the same
    DUPLICATE = "duplicate"  # the text is there already, perhaps by an earlier try of ours
    APP_LIMIT = "limit of the application"
    LIMIT = "limit of the account"
    NOT_READY = "not ready"
    GONE = "gone"  # what was prepared earlier has to be prepared anew
    EXPIRED = "token expired"
    REVOKED = "token revoked"
    FORBIDDEN = "permission missing"
    AGAIN = "again"  # refused for now, and nothing was done
    OUTAGE = "outage"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the code table: ``codes``, ``subcodes`` and ``words`` (lower case, somewhere in
    the message) that are given must all hold. ``advice`` is added for people."""

    meaning: Meaning
    advice: str = ""
    codes: Collection[int] | None = None
    subcodes: Collection[int] | None = None
    words: str | None = None

    def holds(self, code: int, subcode: int, said: str = "") -> bool:
        fits = self.codes is None or code in self.codes
        fits = fits and (self.subcodes is None or subcode in self.subcodes)
        return fits and (self.words is None or self.words in said.lower())


CONNECT: Final = "connect the account again"
WAIT_HOURS: Final = "wait some hours before trying again"
UNBLOCK: Final = "open the account in its app and do what it asks for"
REACHABLE: Final = "make sure that the media's URL can be fetched by anybody"
CONVERT: Final = "convert the media to what the platform accepts"

# Read from above: the first line that holds decides. Numbers of seven digits come as subcode, as
# code, or as the code of a video's processing error.
TABLE: Final = (
    Row(Meaning.REFUSED, "the application has to sign its calls", words="appsecret_proof"),
    Row(Meaning.FORBIDDEN, "make it a professional account", words="not an instagram business"),
    Row(Meaning.REVOKED, CONNECT, words="session has been invalidated"),
    Row(Meaning.AGAIN, REACHABLE, words="could not be fetched from this uri"),
    Row(Meaning.SPAM_GUARD, WAIT_HOURS, subcodes={2207051}),
    Row(Meaning.DUPLICATE, codes={506}),
    Row(Meaning.DUPLICATE, subcodes={1366051}),
    Row(Meaning.LIMIT, subcodes={2207042, 1390008}),
    Row(Meaning.APP_LIMIT, codes={4}),
    Row(Meaning.LIMIT, codes={17, 32, 341, 613, *range(80000, 80015)}),
    Row(Meaning.NOT_READY, subcodes={2207027, 4279009}),
    Row(Meaning.GONE, subcodes={2207006, 2207008, 2207020, 4279004}),
    Row(Meaning.GONE, codes={100}, subcodes={33}),
    Row(Meaning.EXPIRED, codes={190}, subcodes={463}),
    Row(Meaning.REVOKED, CONNECT, codes={190, 102}),
    Row(Meaning.FORBIDDEN, UNBLOCK, subcodes={4279013, 2207050, 4854002}),
    Row(Meaning.FORBIDDEN, UNBLOCK, subcodes={1404006, 1404078, 1404112}),
    Row(
        Meaning.FORBIDDEN,
        "connect the account again and grant every permission",
        codes={3, 10, 210, 283, *range(200, 300)},
    ),
    Row(Meaning.REFUSED, WAIT_HOURS, codes={368}),
    Row(Meaning.REFUSED, "the application has to sign its calls", codes={104}),
    Row(Meaning.REFUSED, "leave out link_attachment", subcodes={4279047}),
    Row(Meaning.REFUSED, "choose a thumb_offset within the video", subcodes={2207057}),
    Row(Meaning.REFUSED, "post a link that can be opened", codes={1609005, 1500}),
    Row(Meaning.REFUSED, "the platform's standards forbid it", subcodes={1404102, 1346003}),
    Row(Meaning.REFUSED, "shorten the text, or use fewer tags", codes={36004}),
    Row(Meaning.AGAIN, REACHABLE, codes={389, 9004}),
    Row(Meaning.AGAIN, REACHABLE, subcodes={2207003, 2207052, 2207077}),
    Row(Meaning.AGAIN, codes={6000}),
    Row(Meaning.AGAIN, subcodes={1363019, 1363021, 1363030, 1363033, 1363037, 1363041, 1363045}),
    Row(Meaning.AGAIN, subcodes={2207076, 2207082}),
    Row(Meaning.REFUSED, CONVERT, codes={324, 352, 382, 6001, 36000, 36001, 36003}),
    Row(
        Meaning.REFUSED,
        CONVERT,
        subcodes={1366046, 2069019, 1363040, *range(1363022, 1363027), 1363031, 1363032},
    ),
    Row(Meaning.REFUSED, CONVERT, subcodes={1363127, 1363128, 1363129, 2207026}),
    Row(Meaning.OUTAGE, subcodes={2207001, 2207032, 2207053}),
    Row(Meaning.OUTAGE, codes={-2, -1, 1, 2}),
)
HOUR: Final = timedelta(hours=1)


class Gone(Unavailable):
    """What an earlier run prepared is no more, or not yet to be seen; see `anew`."""


def refusal(answer: Answer, now: datetime, *, published: bool = False) -> Failure:
    """The failure that an error answer tells of. ``published``: it answers the publishing call, so
    an outage may have come after the post was made."""
    return failure_of(_error(answer), answer, now, published=published)


def failure_of(
    error: Mapping[str, Json], answer: Answer, now: datetime, *, published: bool = False
) -> Failure:
    """Likewise for an error that stands elsewhere in ``answer``: a video's processing error."""
    code, subcode = _number(error, "code"), _number(error, "error_subcode")
    row = _row(code, subcode, error, answer)
    words = _words(error, row.advice)
    if row.meaning is Meaning.NOT_READY and published:
        return NotReady(words, after=10)
    label = f"{code}/{subcode}" if subcode else str(code)
    trace = str(error.get("fbtrace_id") or "")[:255] or None
    if row.meaning in (Meaning.LIMIT, Meaning.APP_LIMIT):
        return Throttled(
            words,
            until=now + meta_regain(answer.headers),
            whole_app=row.meaning is Meaning.APP_LIMIT,
            code=label,
            status=answer.status,
            trace=trace,
        )
    kind = _kind(row.meaning, published=published)
    if kind is Rejected:
        item = "media" if row.advice in (CONVERT, REACHABLE) else "content"
        return Rejected(words, item=item, code=label, status=answer.status, trace=trace)
    return kind(words, code=label, status=answer.status, trace=trace)


def is_duplicate(answer: Answer) -> bool:
    """Whether the platform refused a post because its text is there already."""
    error = _error(answer)
    row = _row(_number(error, "code"), _number(error, "error_subcode"), error, answer)
    return row.meaning is Meaning.DUPLICATE


def is_missing(answer: Answer) -> bool:
    """Whether the platform says that there is no such object, or none that the token may see."""
    error = _error(answer)
    return (_number(error, "code"), _number(error, "error_subcode")) == (100, 33)


def object_of(answer: Answer, now: datetime, *, published: bool = False) -> dict[str, Json]:
    """The answer's object. Raises what an error tells of."""
    if not answer.ok:
        raise refusal(answer, now, published=published)
    return answer.json()


def rows(answer: Answer, now: datetime) -> list[dict[str, Json]]:
    """The ``data`` list of an answer. Raises what an error tells of, and `Unreadable`."""
    data = object_of(answer, now).get("data")
    if not isinstance(data, list):
        raise Unreadable(answer.status)
    return [row for row in data if isinstance(row, dict)]


def field_of(request: Request, name: str) -> Generator[Step, Reply, str | None]:
    """One field of something public, such as its address; None: it is not to be had."""
    answer = yield from optional(request)
    try:
        value = answer.json().get(name) if answer else None
    except Unreadable:
        return None
    return value if isinstance(value, str) else None


def moment(value: Json) -> datetime | None:
    """A time as Meta writes it (``2026-09-30T12:00:05+0000``, or unix seconds); None: not one."""
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value, UTC)
        return datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S%z")
    except (ValueError, OverflowError, OSError):
        return None


def recent(
    posts: Iterable[dict[str, Json]], time_field: str, since: datetime
) -> list[dict[str, Json]]:
    """Those of the rows that are not known to be older than ``since``."""
    return [row for row in posts if (moment(row.get(time_field)) or since) >= since]


def formed(options: JsonObject, names: Iterable[str]) -> dict[str, str]:
    """Those of the options that are set, as form fields: numbers and texts as they are, ``true``
    and ``false``, and anything larger as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name in names
        if (value := options.get(name)) is not None
    }


def passed_on(content: Content, options: Iterable[Option]) -> dict[str, str]:
    """The settings of a content that go with its kind, as form fields."""
    names = [option.name for option in options if option.goes_with(content.kind)]
    return formed(content.options, names)


def anew(flow: PublishFlow) -> PublishFlow:
    """Run ``flow``; when what an earlier run prepared is `Gone`, forget it, so that the next try
    prepares it again (unpublished containers and photos live for 24 hours)."""
    try:
        published: Published = yield from flow
    except Gone:
        yield Save({})
        raise
    return published


def _row(code: int, subcode: int, error: Mapping[str, Json], answer: Answer) -> Row:
    if not subcode and code >= 1_000_000:
        subcode = code
    said = f"{error.get('message')} {error.get('error_user_msg')}"
    for row in TABLE:
        if row.holds(code, subcode, said):
            return row
    if error.get("is_transient") is True:
        return Row(Meaning.OUTAGE)
    if answer.status == 429:
        return Row(Meaning.LIMIT)
    if answer.status == 401 and not code:
        return Row(Meaning.EXPIRED)
    return Row(Meaning.REFUSED)


def _kind(meaning: Meaning, *, published: bool) -> type[Failure]:
    """Before the publishing call nothing is in doubt; a thing that is not ready then is one that
    the platform does not show yet, or no longer has: worth a few tries, not endless ones."""
    match meaning:
        case Meaning.SPAM_GUARD | Meaning.DUPLICATE:
            return OutcomeUnknown if published else Rejected
        case Meaning.OUTAGE:
            return OutcomeUnknown if published else Unavailable
        case Meaning.NOT_READY | Meaning.GONE:
            return Unavailable if published else Gone
        case Meaning.AGAIN:
            return Unavailable
        case Meaning.EXPIRED:
            return TokenExpired
        case Meaning.REVOKED:
            return TokenRevoked
        case Meaning.FORBIDDEN:
            return PermissionMissing
    return Rejected


def _error(answer: Answer) -> Mapping[str, Json]:
    try:
        error = answer.json().get("error")
    except Unreadable:
        return {}
    return error if isinstance(error, dict) else {}


def _number(error: Mapping[str, Json], name: str) -> int:
    value = error.get(name)
    return value if isinstance(value, int) else 0


def _words(error: Mapping[str, Json], advice: str) -> str:
    told = error.get("error_user_msg") or error.get("message")
    said = str(told) if told else "the platform refused it without a reason"
    return f"{said.rstrip('. ')}; {advice}" if advice else said
