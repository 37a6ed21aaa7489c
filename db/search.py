"""Finding posts and accounts: the queries that people and services ask most. Each costs what it
finds, not what there is; tests/db/test_search.py holds their plans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Select, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from db.models import Post, PostPublication, PostWords, SocialAccount
from domain.accounts import AccountStatus
from domain.content import Platform
from domain.states import Status

Row = dict[str, Any]
Query: TypeAlias = Select[*tuple[Any, ...]]

_PLATFORMS: Final = (
    select(
        func.string_agg(
            func.text(PostPublication.platform), literal_column("', ' ORDER BY platform")
        )
    )
    .where(PostPublication.post_id == Post.id)
    .scalar_subquery()
    .label("platforms")
)
_LISTED: Final = (
    *(Post.id, Post.status, Post.content_type, Post.scheduled_at, Post.published_at),
    *(_PLATFORMS, func.left(Post.content, 60).label("content"), Post.error_message),
)


def upcoming(user_id: UUID, now: datetime, limit: int) -> Query:
    """The user's scheduled posts, the next first. Ordered by a sum, which no index
    holds: to walk all users' posts by time until enough are the user's costs what others have."""
    theirs = (
        select(Post.id)
        .where(Post.user_id == user_id, Post.status == Status.SCHEDULED, Post.scheduled_at > now)
        .order_by(Post.scheduled_at + timedelta(0))
        .limit(limit)
        .cte("theirs")
    )
    return select(*_LISTED).join(theirs, theirs.c.id == Post.id).order_by(Post.scheduled_at)


def active_accounts(user_id: UUID) -> Query:
    """The user's accounts that can publish, without tokens."""
    return (
        select(
            *(SocialAccount.id, SocialAccount.user_id, SocialAccount.platform),
            *(SocialAccount.username, SocialAccount.status, SocialAccount.health),
            *(SocialAccount.status_reason, SocialAccount.paused_until, SocialAccount.posts_count),
            *(SocialAccount.last_posted_at, SocialAccount.token_expires_at),
        )
        .where(SocialAccount.user_id == user_id, SocialAccount.status == AccountStatus.ACTIVE)
        .order_by(SocialAccount.platform)
    )


def publications(post_id: UUID) -> Query:
    """A post's publications with their accounts and latest figures, the last published first."""
    figures = PostPublication.analytics
    return (
        select(
            *(PostPublication.id, PostPublication.platform, SocialAccount.username),
            *(PostPublication.status, PostPublication.published_at),
            *(PostPublication.likes_count, PostPublication.comments_count),
            *(PostPublication.shares_count, PostPublication.impressions_count),
            PostPublication.reach_count,
            func.told(figures, "clicks_count").label("clicks_count"),
            func.told(figures, "saves_count").label("saves_count"),
            func.told(figures, "engagement_rate").label("engagement_rate"),
            PostPublication.last_synced_at,
        )
        .join(SocialAccount, SocialAccount.id == PostPublication.social_account_id)
        .where(PostPublication.post_id == post_id)
        .order_by(PostPublication.published_at.desc().nulls_last(), PostPublication.platform)
    )


def posts(
    *,
    user_id: UUID | None = None,
    status: Status | None = None,
    platform: Platform | None = None,
    since: datetime | None = None,
    limit: int,
) -> Query:
    """Posts that fit, the latest time first."""
    query = select(*_LISTED).order_by(Post.scheduled_at.desc().nulls_last()).limit(limit)
    if user_id is not None:
        query = query.where(Post.user_id == user_id)
    if status is not None:
        query = query.where(Post.status == status)
    if platform is not None:
        target = select(1).where(
            PostPublication.post_id == Post.id, PostPublication.platform == platform
        )
        query = query.where(target.exists())
    if since is not None:
        query = query.where(Post.scheduled_at >= since)
    return query


def matching(*, words: str | None, hashtag: str | None, user_id: UUID | None, limit: int) -> Query:
    """Posts with all of these ``words`` in title or text, the best match first, and with this
    ``hashtag``, spelled as it was stored. In words ``"a phrase"``, ``or`` and ``-not`` work as in
    web searches."""
    query = select(*_LISTED)
    if user_id is not None:
        query = query.where(Post.user_id == user_id)
    if hashtag is not None:
        query = query.where(Post.hashtags.contains(cast(literal(json.dumps([hashtag])), JSONB)))
    if words is not None:
        asked = func.websearch_to_tsquery(literal_column("'simple'::regconfig"), words)
        query = query.join(PostWords, PostWords.post_id == Post.id)
        query = query.where(PostWords.words.op("@@")(asked))
        query = query.order_by(func.ts_rank_cd(PostWords.words, asked).desc())
    return query.order_by(Post.created_at.desc()).limit(limit)


def found(connection: Connection, query: Query) -> Sequence[Row]:
    """The rows of any of these."""
    return [dict(row) for row in connection.execute(query).mappings()]
