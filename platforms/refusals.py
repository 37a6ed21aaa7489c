"""Tables of refusals: from what a platform says to what it means for the post.

X and LinkedIn tell their refusals apart by status, code and, where they give nothing else, words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

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


class Meaning(StrEnum):
    """What a refusal says of the call."""

    LIMIT = "limit of the account"
    OPERATOR = "an operator has to act"  # the whole application is refused
    EXPIRED = "token expired"
    REVOKED = "token revoked"
    FORBIDDEN = "permission missing"
    AGAIN = "again"  # refused for now, and nothing was done
    STALE = "stale"  # what was prepared earlier has to be prepared anew
    DUPLICATE = "duplicate"  # the text is there already, perhaps by an earlier try of ours
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: all that is given must hold. ``words`` is a piece of what the platform
    says, in lower case; ``advice`` is added for people."""

    meaning: Meaning
    advice: str = ""
    statuses: Collection[int] | None = None
    codes: Collection[str] | None = None
    words: str = ""

    def holds(self, said: Said) -> bool:
        fits = self.statuses is None or said.status in self.statuses
        known = self.codes is None or not said.codes.isdisjoint(self.codes)
        return fits and known and self.words in said.words.lower()


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal in the platform's own terms. ``label`` is the code for people's support."""

    platform: str
    status: int
    codes: frozenset[str]
    words: str
    label: str | None = None
    trace: str | None = None


KINDS: Final[Mapping[Meaning, type[Failure]]] = {
    Meaning.EXPIRED: TokenExpired,
    Meaning.REVOKED: TokenRevoked,
    Meaning.FORBIDDEN: PermissionMissing,
    Meaning.AGAIN: Unavailable,
    Meaning.STALE: Unavailable,
    Meaning.DUPLICATE: OutcomeUnknown,
}


def row_of(said: Said, table: Iterable[Row]) -> Row:
    """The first line that holds."""
    return next((row for row in table if row.holds(said)), Row(Meaning.REFUSED))


def failure(said: Said, row: Row, *, until: datetime, whole_app: bool, item: str) -> Failure:
    """The failure that a refusal means. ``until`` and ``whole_app`` are those of a limit; ``item``
    is what a refusal of the content is about."""
    words = f"{said.platform}: {said.words.rstrip('. ') or 'no reason given'}"
    words = f"{words}; {row.advice}" if row.advice else words
    words = words if item == "content" else f"{item}: {words}"
    if row.meaning in (Meaning.LIMIT, Meaning.OPERATOR):
        return Throttled(
            words,
            until=until,
            whole_app=whole_app or row.meaning is Meaning.OPERATOR,
            code=said.label,
            status=said.status,
            trace=said.trace,
        )
    kind = KINDS.get(row.meaning)
    if kind is None:
        return Rejected(words, item=item, code=said.label, status=said.status, trace=said.trace)
    return kind(words, code=said.label, status=said.status, trace=said.trace)


def placed(refused: Rejected, count: int) -> Rejected:
    """The same refusal; one of "the media" names the only one of a post, if it has ``count`` 1."""
    return of_item(refused, 0) if refused.item == "media" and count == 1 else refused


def of_item(refused: Rejected, position: int) -> Rejected:
    """The same refusal, naming which of the media it is about."""
    item = f"media[{position}]"
    words = refused.message if refused.message.startswith(item) else f"{item}: {refused.message}"
    return Rejected(words, item=item, code=refused.code, status=refused.status, trace=refused.trace)
