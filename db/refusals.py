"""What the database refuses, as one clear error: which field, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError

# Constraints whose own text does not tell a person what to do.
REMEDIES: Final = {
    "users_email_is_unique": ("email", "a user with this address exists already"),
    "users_email_has_an_at": ("email", "this is no address"),
    "idx_social_accounts_user_platform": (
        "platform",
        "the user has an account on this platform already; a user has one on each",
    ),
    "social_accounts_user_id_fkey": ("user", "there is no such user"),
    "posts_user_id_fkey": ("user", "there is no such user"),
    "post_publications_social_account_id_fkey": ("account", "there is no such account"),
}
REFUSALS: Final = (psycopg.errors.IntegrityError, psycopg.errors.DataError, psycopg.errors.NoData)


class Refused(Exception):
    """``field`` is at fault; ``remedy`` says what would be accepted, if the database knows."""

    def __init__(self, field: str, what: str, remedy: str | None = None) -> None:
        super().__init__(f"{field}: {what}" + (f"; {remedy}" if remedy else ""))
        self.field = field
        self.what = what
        self.remedy = remedy


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the database refuses within the block into `Refused`."""
    try:
        yield
    except DBAPIError as fault:
        if not isinstance(fault.orig, psycopg.Error) or not _is_refusal(fault.orig):
            raise
        raise _told(fault.orig) from None


def _is_refusal(fault: psycopg.Error) -> bool:
    return isinstance(fault, REFUSALS) or fault.sqlstate == "P0002"


def _told(fault: psycopg.Error) -> Refused:
    diagnosis = fault.diag
    constraint = diagnosis.constraint_name or ""
    if constraint in REMEDIES:
        return Refused(*REMEDIES[constraint])
    field = diagnosis.column_name or constraint or "input"
    what = (diagnosis.message_primary or "refused").removeprefix(f"{field} ")
    return Refused(field, what, diagnosis.message_hint)
