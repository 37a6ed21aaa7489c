"""Why a publication did not go out: one small tree, named for facts. Callers branch on type.

Failure
├── Throttled            wait until the reset; costs no attempt
├── NotReady             the platform is still working; costs no attempt
├── Unavailable          surely not accepted; try again later
├── OutcomeUnknown       it may have been accepted; ask before anything else
└── Final                trying the same again cannot help
    ├── TokenExpired     refresh once, then go on
    ├── TokenRevoked     a person has to connect the account again
    ├── TokenUnreadable  the stored token cannot be decrypted
    ├── PermissionMissing
    ├── Rejected         the platform, or its published limits, refuse this content
    └── TooLate          the late window has ended
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class FailureKind(StrEnum):
    """Stored beside a failed or waiting publication; programs branch on it."""

    THROTTLED = "throttled"
    NOT_READY = "not_ready"
    UNAVAILABLE = "unavailable"
    UNCONFIRMED = "unconfirmed"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105  the name of a kind
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  the name of a kind
    TOKEN_UNREADABLE = "token_unreadable"  # noqa: S105  the name of a kind
    PERMISSION_MISSING = "permission_missing"
    REJECTED = "rejected"
    TOO_LATE = "too_late"
    NO_TARGET = "no_target"
    QUARANTINED = "quarantined"


class Failure(Exception):
    """``message`` is for people and says what to do; ``code``, ``status`` (HTTP) and ``trace``
    (the platform's request id) are for their support. None of them ever holds a secret."""

    kind: ClassVar[FailureKind]

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        trace: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.trace = trace


class Throttled(Failure):
    """A limit is used up; ``until`` (aware) is when the platform says that it opens again.
    ``whole_app`` tells a limit of the application from one of the account; ``alone``: it is one of
    this kind of post, and the account's others go on."""

    kind = FailureKind.THROTTLED

    def __init__(
        self,
        message: str,
        *,
        until: datetime,
        whole_app: bool = False,
        alone: bool = False,
        code: str | None = None,
        status: int | None = None,
        trace: str | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, trace=trace)
        self.until = until
        self.whole_app = whole_app
        self.alone = alone


class NotReady(Failure):
    """The platform still works on what it was given; ask again in ``after`` seconds."""

    kind = FailureKind.NOT_READY

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message)
        self.after = after


class Unavailable(Failure):
    """The platform could not be reached or could not do it; surely nothing was published."""

    kind = FailureKind.UNAVAILABLE


class OutcomeUnknown(Failure):
    """The publishing call left and no clear answer came back; it must never be repeated blindly."""

    kind = FailureKind.UNCONFIRMED


class Final(Failure):
    """Doing the same again cannot help."""


class AccountUnusable(Failure):
    """Nothing can be sent for the account until somebody connects it again, or mends what the
    message names. Its publications wait for that."""


class TokenExpired(AccountUnusable):
    """The access token has run out; a refresh may mend it."""

    kind = FailureKind.TOKEN_EXPIRED


class TokenRevoked(AccountUnusable):
    """The platform no longer honours the connection; only its owner can connect it again."""

    kind = FailureKind.TOKEN_REVOKED


class TokenUnreadable(AccountUnusable):
    """The stored token cannot be decrypted with the keys at hand."""

    kind = FailureKind.TOKEN_UNREADABLE


class PermissionMissing(AccountUnusable):
    """The connection was made without a permission that this content needs."""

    kind = FailureKind.PERMISSION_MISSING


class Rejected(Final):
    """The content is refused. ``item`` names the part: ``content``, ``media[2]``, ``title`` …"""

    kind = FailureKind.REJECTED

    def __init__(
        self,
        message: str,
        *,
        item: str | None = None,
        code: str | None = None,
        status: int | None = None,
        trace: str | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, trace=trace)
        self.item = item


class TooLate(Final):
    """The publication was not sent within its late window."""

    kind = FailureKind.TOO_LATE
