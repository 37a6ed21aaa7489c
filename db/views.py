"""Read-only queries for people: lists, the story of a post, the state of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Executable, select

from db.models import Post, PublicationAttempt, ReaperCount
from db.statements import statement
from domain.accounts import AccountStatus
from domain.explain import Situation
from domain.failures import FailureKind
from domain.states import Status

Row = dict[str, Any]

_SITUATION: Final = statement("situation")
_STATE: Final = statement("state")
_TROUBLE: Final = statement("trouble")
_UNANSWERED: Final = statement("unanswered")


@dataclass(frozen=True, slots=True)
class Story:
    """A publication, how it stands, and everything that was tried, in order."""

    platform: str
    situation: Situation
    platform_post_id: str | None
    platform_post_url: str | None
    attempts: Sequence[Row]


def find_post(engine: Engine, post_id: UUID) -> Row | None:
    """The post with all that people ask of it."""
    query = select(
        *(Post.id, Post.user_id, Post.status, Post.content_type, Post.title, Post.content),
        *(Post.scheduled_at, Post.late_policy, Post.late_window, Post.published_at),
        *(Post.failed_at, Post.error_message),
        *(Post.retry_count, Post.last_retry_at, Post.created_at, Post.updated_at),
    ).where(Post.id == post_id)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def stories(engine: Engine, post_id: UUID) -> list[Story]:
    """One for each publication of the post."""
    with engine.connect() as connection:
        rows = connection.execute(_SITUATION, {"post": post_id}).mappings().all()
        return [
            Story(
                platform=row["platform"],
                situation=_situation(dict(row)),
                platform_post_id=row["platform_post_id"],
                platform_post_url=row["platform_post_url"],
                attempts=[
                    dict(found) for found in connection.execute(_attempts(row["id"])).mappings()
                ],
            )
            for row in rows
        ]


def unanswered(engine: Engine, *, limit: int) -> list[Row]:
    """What only a person can answer, each with the command to answer it, oldest first."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(_UNANSWERED, {"limit": limit}).mappings()]


def state(engine: Engine) -> tuple[list[Row], Row]:
    """A row for each platform, and what may need a person."""
    with engine.connect() as connection:
        platforms = _rows(connection, _STATE)
        return platforms, dict(connection.execute(_TROUBLE).mappings().one())


def reaped(engine: Engine) -> dict[str, int]:
    """How often the reaper had to step in since the beginning, by cause."""
    query = select(ReaperCount.cause, ReaperCount.total).order_by(ReaperCount.cause)
    with engine.connect() as connection:
        return {row.cause: row.total for row in connection.execute(query)}


def _rows(connection: Connection, query: Executable) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _situation(row: Row) -> Situation:
    kind = row["failure_kind"]
    told = {field.name: row[field.name] for field in fields(Situation)}
    return Situation(
        **{
            **told,
            "status": Status(row["status"]),
            "post_status": Status(row["post_status"]),
            "account_status": AccountStatus(row["account_status"]),
            "failure_kind": FailureKind(kind) if kind else None,
        }
    )


def _attempts(publication_id: UUID) -> Executable:
    found = PublicationAttempt
    return (
        select(
            *(found.at, found.dispatch_number, found.phase, found.event, found.next_attempt_at),
            *(found.failure_kind, found.http_status, found.platform_code, found.trace_id),
            found.message,
        )
        .where(found.post_publication_id == publication_id)
        .order_by(found.id)
    )
