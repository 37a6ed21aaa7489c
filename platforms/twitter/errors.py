"""What X's refusals mean (https://docs.x.com/x-api/fundamentals/response-codes-and-errors).

Problems are told apart by the last part of their ``type``, by status, and where X gives nothing
else by their words.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.content import Json
from domain.failures import Failure
from platforms import refusals
from platforms.flow import Answer, Unreadable
from platforms.refusals import Meaning, Row, Said

WINDOW: Final = timedelta(minutes=15)
OPERATOR_ACTS: Final = timedelta(hours=1)
# The longest windows first: on 429 the quarter-hour one may have room while the day has none.
APP_HEADER: Final = "x-app-limit-24hour"
RESET_HEADERS: Final = ("x-user-limit-24hour", APP_HEADER, "x-rate-limit")
CONNECT: Final = "connect the account again and grant every permission"
SUSPENDED: Final = "open the account on X and do what it asks for"
MISSING_RIGHTS: Final = ("unsupported-authentication", "oauth1-permissions", "client-forbidden")

# Read from above: the first line that holds decides.
TABLE: Final = (
    Row(Meaning.LIMIT, codes={"usage-capped"}),
    Row(Meaning.LIMIT, statuses={429}),
    Row(Meaning.OPERATOR, "an operator has to add credits to the app", statuses={402}),
    Row(Meaning.EXPIRED, statuses={401}),
    Row(Meaning.DUPLICATE, "change the text", statuses={403}, words="duplicate"),
    Row(Meaning.REVOKED, SUSPENDED, statuses={403}, codes={"user-suspended"}),
    Row(Meaning.REVOKED, SUSPENDED, statuses={403}, words="suspended"),
    Row(Meaning.FORBIDDEN, CONNECT, statuses={403}, codes=MISSING_RIGHTS),
    Row(Meaning.REFUSED, "use one cashtag at most", statuses={403}, words="cashtag"),
    Row(Meaning.REFUSED, "post a link that can be opened", statuses={403}, words="invalid url"),
    Row(
        Meaning.REFUSED,
        "X gives no nearer reason: text or video too long for this account, a reply or mention"
        " that it may not make, or a feature that it does not have",
        statuses={403},
        words="not permitted to perform",
    ),
    Row(Meaning.STALE, statuses={400}, words="media ids are invalid"),
    Row(Meaning.STALE, statuses={400}, words="segments do not add up"),
    Row(Meaning.STALE, statuses={400}, words="segments don't add up"),
    Row(Meaning.REFUSED, "what it refers to is not there, or was deleted", statuses={404}),
    Row(Meaning.AGAIN, statuses={409}),
    Row(Meaning.REFUSED, "X takes no parts of that size", statuses={413}),
)


def refusal(answer: Answer, now: datetime, item: str = "content") -> Failure:
    """The failure that an answer below 500 tells of; ``item`` is what was being sent."""
    said = _said(answer)
    row = refusals.row_of(said, TABLE)
    until = now + OPERATOR_ACTS if row.meaning is Meaning.OPERATOR else _reset(answer, now)
    whole_app = _used_up(answer, APP_HEADER) or _problem(answer).get("scope") == "App"
    return refusals.failure(said, row, until=until, whole_app=whole_app, item=item)


def meaning(answer: Answer) -> Meaning:
    """What a refusal says of the call."""
    return refusals.row_of(_said(answer), TABLE).meaning


def object_of(answer: Answer, now: datetime, item: str = "content") -> dict[str, Json]:
    """The ``data`` object of an answer. Raises what a refusal tells of, and `Unreadable`."""
    if not answer.ok:
        raise refusal(answer, now, item)
    value = answer.json().get("data")
    if not isinstance(value, dict):
        raise Unreadable(answer.status)
    return value


def _said(answer: Answer) -> Said:
    problem = _problem(answer)
    kind = str(problem.get("type", "")).rpartition("/")[2]
    words = str(problem.get("detail") or problem.get("title") or "")
    errors = problem.get("errors")
    if isinstance(errors, list):
        told = (str(error.get("message")) for error in errors if isinstance(error, dict))
        words = "; ".join(told) or words
    label = None if kind in ("", "about:blank") else kind
    return Said("X", answer.status, frozenset({kind}), words, label)


def _problem(answer: Answer) -> dict[str, Json]:
    try:
        return answer.json()
    except Unreadable:
        return {}


def _reset(answer: Answer, now: datetime) -> datetime:
    """The latest reset among the limits that are used up; the end of the period of a cap."""
    resets = [
        datetime.fromtimestamp(int(answer.headers[f"{prefix}-reset"]), UTC)
        for prefix in RESET_HEADERS
        if _used_up(answer, prefix) and answer.headers.get(f"{prefix}-reset", "").isdecimal()
    ]
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match _problem(answer).get("period"):
        case "Daily":
            resets.append(midnight + timedelta(days=1))
        case "Monthly":
            resets.append((midnight.replace(day=1) + timedelta(days=32)).replace(day=1))
    return max(resets, default=now + WINDOW)


def _used_up(answer: Answer, prefix: str) -> bool:
    return answer.headers.get(f"{prefix}-remaining") == "0"
