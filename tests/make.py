"""Rows for tests, written as another service would write them."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from db.seal import Keyring
from domain.content import ContentType, MediaType, Platform

TOKEN_KEYS = "test:" + base64.b64encode(b"k" * 32).decode()
KEYRING = Keyring.parse(TOKEN_KEYS)
PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class MadeAccount:
    """A connected account, and what the sandbox has to know of it."""

    id: uuid.UUID
    platform: Platform
    platform_user_id: str
    token: str = field(repr=False)

    @property
    def sandbox_entry(self) -> dict[str, Any]:
        return {
            "platform": self.platform,
            "id": self.platform_user_id,
            "token": self.token,
            "username": "tester",
        }


@dataclass(frozen=True)
class MadePost:
    """A post and its publications, by platform."""

    id: uuid.UUID
    publications: Mapping[Platform, uuid.UUID]

    @property
    def only(self) -> uuid.UUID:
        (publication,) = self.publications.values()
        return publication


def a_user(session: psycopg.Connection, **columns: Any) -> uuid.UUID:
    user_id = uuid.uuid4()
    _insert(
        session,
        "users",
        {
            "id": user_id,
            "name": "Tester",
            "email": f"{user_id}@example.org",
            "password": PASSWORD,
            **columns,
        },
    )
    return user_id


def an_account(
    session: psycopg.Connection, user: uuid.UUID, platform: Platform, **columns: Any
) -> MadeAccount:
    account_id, token = uuid.uuid4(), f"secret-{uuid.uuid4().hex}"
    made = MadeAccount(account_id, platform, str(uuid.uuid4().int % 10**16), token)
    _insert(
        session,
        "social_accounts",
        {
            "id": account_id,
            "user_id": user,
            "platform": platform,
            "platform_user_id": made.platform_user_id,
            "username": "tester",
            "access_token": KEYRING.seal(token, row=account_id, column="access_token"),
            **columns,
        },
    )
    return made


def a_post(
    session: psycopg.Connection,
    user: uuid.UUID,
    accounts: Sequence[MadeAccount],
    *,
    due_in: timedelta = timedelta(0),
    media: Sequence[tuple[MediaType, str]] = (),
    **columns: Any,
) -> MadePost:
    """A scheduled post; in one transaction, as a service would."""
    post_id = uuid.uuid4()
    with session.transaction():
        _insert(
            session,
            "posts",
            {
                "id": post_id,
                "user_id": user,
                "content": f"hello {post_id}",
                "content_type": ContentType.TEXT,
                "status": "scheduled",
                **columns,
            },
            {"scheduled_at": "clock_timestamp() + %(due_in)s"},
            due_in=due_in,
        )
        for order, (kind, url) in enumerate(media):
            row = {"post_id": post_id, "type": kind, "url": url, "order": order}
            _insert(session, "media", row)
        publications = {account.platform: uuid.uuid4() for account in accounts}
        for account in accounts:
            row = {
                "id": publications[account.platform],
                "post_id": post_id,
                "social_account_id": account.id,
            }
            _insert(session, "post_publications", row)
    return MadePost(post_id, publications)


def row_of(session: psycopg.Connection, table: str, row_id: uuid.UUID) -> Any:
    """All columns of one row, by attribute."""
    with session.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor:
        return cursor.execute(f"SELECT * FROM {table} WHERE id = %s", [row_id]).fetchone()


def value(session: psycopg.Connection, query: str, *parameters: Any) -> Any:
    """The one value of the one row that a query finds."""
    row = session.execute(query, parameters).fetchone()
    assert row is not None, query
    return row[0]


def ledger_of(session: psycopg.Connection, publication: uuid.UUID) -> list[str]:
    """What was tried, as ``phase event``, in order."""
    rows = session.execute(
        "SELECT phase, event FROM publication_attempts WHERE post_publication_id = %s ORDER BY id",
        [publication],
    )
    return [f"{phase} {event}" for phase, event in rows]


def _insert(
    session: psycopg.Connection,
    table: str,
    columns: Mapping[str, Any],
    expressions: Mapping[str, str] | None = None,
    **extra: Any,
) -> None:
    spelled = {
        **{name: f"%({name})s" for name in columns if columns[name] is not None},
        **{name: text for name, text in (expressions or {}).items() if name not in columns},
    }
    names = ", ".join(f'"{name}"' for name in spelled)
    values = {
        name: json.dumps(value) if isinstance(value, dict | list) else value
        for name, value in columns.items()
    }
    session.execute(
        f"INSERT INTO {table} ({names}) VALUES ({', '.join(spelled.values())})",
        {**values, **extra},
    )
