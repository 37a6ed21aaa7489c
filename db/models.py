"""A typed mirror of schema.sql, for queries. It holds no rules and creates no tables.

Related rows are never fetched by surprise: a relationship has to be loaded by the query that
needs it, or reading it raises.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Enum,
    ForeignKey,
    Interval,
    Numeric,
    SmallInteger,
    String,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from domain.accounts import AccountHealth, AccountStatus, UserRole
from domain.analytics import AnalyticsPeriod
from domain.attempts import AttemptEvent, AttemptPhase
from domain.content import ContentType, MediaType, Platform
from domain.failures import FailureKind
from domain.lateness import LatePolicy
from domain.states import Status


def _enum(kind: type[StrEnum], name: str) -> Enum:
    return Enum(kind, name=name, native_enum=True, values_callable=lambda k: [m.value for m in k])


class Base(DeclarativeBase):
    """What the types of Python mean in the database."""

    type_annotation_map: Final = {
        UUID: Uuid(),
        str: Text(),
        datetime: DateTime(timezone=True),
        timedelta: Interval(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        Platform: _enum(Platform, "platform"),
        UserRole: _enum(UserRole, "user_role"),
        AccountStatus: _enum(AccountStatus, "account_status"),
        AccountHealth: _enum(AccountHealth, "account_health"),
        ContentType: _enum(ContentType, "content_type"),
        MediaType: _enum(MediaType, "media_type"),
        AnalyticsPeriod: _enum(AnalyticsPeriod, "analytics_period"),
        Status: _enum(Status, "post_status"),
        LatePolicy: _enum(LatePolicy, "late_policy"),
        FailureKind: _enum(FailureKind, "failure_kind"),
        AttemptPhase: _enum(AttemptPhase, "attempt_phase"),
        AttemptEvent: _enum(AttemptEvent, "attempt_event"),
    }


class Row:
    """What every table of the seed begins and ends with; the database fills it in."""

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default="gen_random_uuid()")
    created_at: Mapped[datetime] = mapped_column(server_default="now()")
    updated_at: Mapped[datetime] = mapped_column(server_default="now()")


class User(Row, Base):
    __tablename__ = "users"

    name: Mapped[str] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(String(255))
    password: Mapped[str] = mapped_column(String(255))
    role: Mapped[UserRole] = mapped_column(server_default="user")
    avatar: Mapped[str | None] = mapped_column(String(500))
    is_active: Mapped[bool] = mapped_column(server_default="true")
    email_verified: Mapped[bool] = mapped_column(server_default="false")
    last_login_at: Mapped[datetime | None]
    preferences: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    social_accounts: Mapped[list[SocialAccount]] = relationship(lazy="raise")
    posts: Mapped[list[Post]] = relationship(lazy="raise")


class SocialAccount(Row, Base):
    __tablename__ = "social_accounts"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    platform: Mapped[Platform]
    platform_user_id: Mapped[str] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(255))
    display_name: Mapped[str | None] = mapped_column(String(500))
    avatar: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[AccountStatus] = mapped_column(server_default="active")
    health: Mapped[AccountHealth] = mapped_column(server_default="unknown")
    access_token: Mapped[str | None]
    refresh_token: Mapped[str | None]
    token_expires_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default="{}")
    followers_count: Mapped[int | None]
    following_count: Mapped[int | None]
    posts_count: Mapped[int] = mapped_column(server_default="0")
    last_synced_at: Mapped[datetime | None]
    last_posted_at: Mapped[datetime | None]
    status_reason: Mapped[str | None]
    paused_until: Mapped[datetime | None]
    token_stored_at: Mapped[datetime] = mapped_column(server_default="now()")
    refreshed_at: Mapped[datetime | None]
    refresh_started_at: Mapped[datetime | None]
    upkeep_at: Mapped[datetime | None] = mapped_column(server_default="now()")
    setbacks: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    budget: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    user: Mapped[User] = relationship(lazy="raise", viewonly=True)
    publications: Mapped[list[PostPublication]] = relationship(lazy="raise")


class Post(Row, Base):
    __tablename__ = "posts"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    content: Mapped[str] = mapped_column(server_default="")
    status: Mapped[Status] = mapped_column(server_default="draft")
    content_type: Mapped[ContentType] = mapped_column(server_default="text")
    scheduled_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    title: Mapped[str | None] = mapped_column(String(255))
    slug: Mapped[str | None] = mapped_column(String(255))
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default="{}")
    hashtags: Mapped[list[Any]] = mapped_column(server_default="[]")
    mentions: Mapped[list[Any]] = mapped_column(server_default="[]")
    analytics: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    is_scheduled: Mapped[bool] = mapped_column(server_default="false")
    failed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]
    retry_count: Mapped[int] = mapped_column(server_default="0")
    last_retry_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")
    late_policy: Mapped[LatePolicy] = mapped_column(server_default="skip")
    late_window: Mapped[timedelta | None]

    user: Mapped[User] = relationship(lazy="raise", viewonly=True)
    publications: Mapped[list[PostPublication]] = relationship(lazy="raise")
    media: Mapped[list[Media]] = relationship(lazy="raise", order_by="Media.order")


class PostWords(Base):
    __tablename__ = "post_words"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)


class PostPublication(Row, Base):
    __tablename__ = "post_publications"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    social_account_id: Mapped[UUID] = mapped_column(ForeignKey("social_accounts.id"))
    platform: Mapped[Platform]
    status: Mapped[Status] = mapped_column(server_default="scheduled")
    platform_post_id: Mapped[str | None] = mapped_column(String(255))
    platform_post_url: Mapped[str | None] = mapped_column(String(500))
    scheduled_for: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    likes_count: Mapped[int | None]
    comments_count: Mapped[int | None]
    shares_count: Mapped[int | None]
    impressions_count: Mapped[int | None]
    reach_count: Mapped[int | None]
    analytics: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    last_synced_at: Mapped[datetime | None]
    error_message: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    retry_count: Mapped[int] = mapped_column(server_default="0")
    last_retry_at: Mapped[datetime | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default="{}")
    next_attempt_at: Mapped[datetime | None]
    give_up_at: Mapped[datetime | None]
    dispatch_number: Mapped[int] = mapped_column(server_default="0")
    dispatched_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    checkpoint: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    waiting_since: Mapped[datetime | None]
    intent_at: Mapped[datetime | None]
    settle_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    crash_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    failure_kind: Mapped[FailureKind | None]
    asked_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    followed: Mapped[bool] = mapped_column(server_default="false")

    post: Mapped[Post] = relationship(lazy="raise", viewonly=True)
    social_account: Mapped[SocialAccount] = relationship(lazy="raise", viewonly=True)
    snapshots: Mapped[list[Analytics]] = relationship(lazy="raise")
    attempts: Mapped[list[PublicationAttempt]] = relationship(
        lazy="raise", order_by="PublicationAttempt.id"
    )


class Media(Row, Base):
    __tablename__ = "media"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    type: Mapped[MediaType]
    url: Mapped[str] = mapped_column(String(2083))
    thumbnail_url: Mapped[str | None] = mapped_column(String(2083))
    mime_type: Mapped[str | None] = mapped_column(String(100))
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration: Mapped[int | None]
    alt_text: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(255))
    description: Mapped[str | None]
    order: Mapped[int] = mapped_column(server_default="0")
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default="{}")
    provider: Mapped[str | None] = mapped_column(String(255))
    provider_key: Mapped[str | None] = mapped_column(String(500))


class Analytics(Row, Base):
    __tablename__ = "analytics"

    post_publication_id: Mapped[UUID] = mapped_column(ForeignKey("post_publications.id"))
    platform: Mapped[Platform]
    period: Mapped[AnalyticsPeriod]
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    likes_count: Mapped[int | None]
    comments_count: Mapped[int | None]
    shares_count: Mapped[int | None]
    impressions_count: Mapped[int | None]
    reach_count: Mapped[int | None]
    clicks_count: Mapped[int | None]
    saves_count: Mapped[int | None]
    engagement_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    demographics: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    metrics_by_time: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    raw_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class PublicationSync(Base):
    __tablename__ = "publication_syncs"

    post_publication_id: Mapped[UUID] = mapped_column(
        ForeignKey("post_publications.id"), primary_key=True
    )
    social_account_id: Mapped[UUID]
    published_at: Mapped[datetime]
    next_sync_at: Mapped[datetime | None]
    last_sync_at: Mapped[datetime | None]
    unchanged_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    missing_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    requested: Mapped[AnalyticsPeriod | None]
    closed_at: Mapped[datetime | None]


class AccountSync(Base):
    __tablename__ = "account_syncs"

    social_account_id: Mapped[UUID] = mapped_column(
        ForeignKey("social_accounts.id"), primary_key=True
    )
    platform: Mapped[Platform]
    next_sync_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    dispatch_number: Mapped[int] = mapped_column(server_default="0")
    dispatched_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    failure_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    failure_kind: Mapped[FailureKind | None]
    message: Mapped[str | None]


class SyncPause(Base):
    __tablename__ = "sync_pauses"

    platform: Mapped[Platform] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime]
    reason: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default="now()")


class AccountSnapshot(Base):
    __tablename__ = "account_snapshots"

    social_account_id: Mapped[UUID] = mapped_column(
        ForeignKey("social_accounts.id"), primary_key=True
    )
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    followers_count: Mapped[int | None]
    following_count: Mapped[int | None]
    posts_count: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default="now()")


class ViewRefresh(Base):
    __tablename__ = "view_refreshes"

    name: Mapped[str] = mapped_column(primary_key=True)
    refreshed_at: Mapped[datetime]


class AnalyticsArchive(Base):
    __tablename__ = "analytics_archives"

    month: Mapped[datetime] = mapped_column(primary_key=True)
    path: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(server_default="now()")
    row_count: Mapped[int | None] = mapped_column(BigInteger)
    checksum: Mapped[Decimal | None] = mapped_column(Numeric())
    file_sha256: Mapped[str | None]
    written_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    detached_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]


class PublicationAttempt(Base):
    __tablename__ = "publication_attempts"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    post_publication_id: Mapped[UUID] = mapped_column(ForeignKey("post_publications.id"))
    dispatch_number: Mapped[int]
    phase: Mapped[AttemptPhase]
    event: Mapped[AttemptEvent]
    at: Mapped[datetime] = mapped_column(server_default="clock_timestamp()")
    next_attempt_at: Mapped[datetime | None]
    failure_kind: Mapped[FailureKind | None]
    http_status: Mapped[int | None] = mapped_column(SmallInteger)
    platform_code: Mapped[str | None] = mapped_column(String(100))
    trace_id: Mapped[str | None] = mapped_column(String(255))
    message: Mapped[str | None]


class PlatformPause(Base):
    __tablename__ = "platform_pauses"

    platform: Mapped[Platform] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime]
    reason: Mapped[str]
    streak: Mapped[int] = mapped_column(server_default="1")
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    probe_id: Mapped[UUID | None]
    probe_until: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default="now()")


class PublicationCheck(Base):
    __tablename__ = "publication_checks"

    post_publication_id: Mapped[UUID] = mapped_column(
        ForeignKey("post_publications.id"), primary_key=True
    )
    social_account_id: Mapped[UUID]
    check_at: Mapped[datetime] = mapped_column(server_default="now()")
    missing_at: Mapped[datetime | None]


class ReaperCount(Base):
    __tablename__ = "reaper_counts"

    cause: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger, server_default="0")
    last_at: Mapped[datetime] = mapped_column(server_default="now()")


class AuditEntry(Base):
    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default="clock_timestamp()")
    role: Mapped[str] = mapped_column(server_default="session_user")
    user_id: Mapped[UUID | None]
    table_name: Mapped[str]
    row_id: Mapped[UUID]
    action: Mapped[str]
    changes: Mapped[dict[str, Any]]


class SchemaMigration(Base):
    __tablename__ = "schema_migrations"

    name: Mapped[str] = mapped_column(primary_key=True)
    applied_at: Mapped[datetime] = mapped_column(server_default="now()")
