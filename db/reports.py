"""Figures as people ask for them: of a post, an account or a user, in a stretch of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    cast,
    column,
    func,
    literal,
    select,
    table,
)

from db.models import AccountSnapshot, PostPublication, SocialAccount
from domain.analytics import COUNTS, AnalyticsPeriod

Row = dict[str, Any]
Query: TypeAlias = Select[*tuple[Any, ...]]

DAYS_READY: Final = timedelta(days=91)  # account_days holds one more

_GAINED: Final = tuple(f"{name}_gained" for name in COUNTS)
_TOTALS: Final = tuple(f"{name}_count" for name in COUNTS)


def _view(name: str, *columns: str) -> Any:
    return table(name, *(column(one) for one in columns))


_GAINS: Final = _view(
    "publication_gains", "post_id", "social_account_id", "period", "recorded_at", *_GAINED
)
_DAYS: Final = _view(
    "account_days", "social_account_id", "user_id", "recorded_at", "publications", *_GAINED
)
_POSTS: Final = _view(
    "post_figures", "post_id", "user_id", "published_at", "platforms", "engagement_rate", *_TOTALS
)
_ACCOUNTS: Final = _view(
    "account_figures",
    *("social_account_id", "user_id", "platform", "username", "followers_count", "publications"),
    *_TOTALS,
)


class Scope(StrEnum):
    """Whose figures."""

    POST = "post"
    ACCOUNT = "account"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Question:
    """Snapshots of ``period`` from ``since`` up to, not including, ``until``."""

    scope: Scope
    id: UUID
    period: AnalyticsPeriod
    since: datetime
    until: datetime


def series(question: Question, now: datetime) -> Query:
    """What was gained, a row for each bucket that has snapshots, in order: ``recorded_at``,
    ``publications`` and a sum for each count, null where none of them tells it. Days of accounts
    and users in the last quarter come from account_days, at most a quarter of an hour old."""
    if (
        question.scope is not Scope.POST
        and question.period is AnalyticsPeriod.DAILY
        and question.since >= now - DAYS_READY
    ):
        return _between(_DAYS, _summed(_DAYS, func.sum(_DAYS.c.publications)), question).where(
            _theirs(_DAYS, question)
        )
    counted = _between(_GAINS, _summed(_GAINS, func.count()), question)
    return counted.where(
        cast(_GAINS.c.period, String) == question.period, _theirs(_GAINS, question)
    )


def accounts(question: Question) -> Query:
    """The account, or each account of the user, with the latest totals."""
    key = _ACCOUNTS.c.user_id if question.scope is Scope.USER else _ACCOUNTS.c.social_account_id
    shown = (*("platform", "username", "followers_count", "publications"), *_TOTALS)
    return (
        select(*(_ACCOUNTS.c[name] for name in shown))
        .where(key == question.id)
        .order_by(_ACCOUNTS.c.platform)
    )


def top_posts(question: Question, metric: str, limit: int) -> Query:
    """The user's posts that were published in that time, those with most of ``metric`` first."""
    return (
        select(
            *(_POSTS.c.post_id, _POSTS.c.published_at),
            func.array_to_string(_POSTS.c.platforms, ", ").label("platforms"),
            *(_POSTS.c[name] for name in _TOTALS),
            _POSTS.c.engagement_rate,
        )
        .where(_POSTS.c.user_id == question.id)
        .where(_POSTS.c.published_at >= question.since, _POSTS.c.published_at < question.until)
        .order_by(_POSTS.c[f"{metric}_count"].desc().nulls_last(), _POSTS.c.post_id)
        .limit(limit)
    )


def followers(question: Question) -> Query:
    """An account's followers, day by day."""
    return (
        select(AccountSnapshot.recorded_at, AccountSnapshot.followers_count)
        .where(AccountSnapshot.social_account_id == question.id)
        .where(AccountSnapshot.recorded_at >= question.since)
        .where(AccountSnapshot.recorded_at < question.until)
    )


def published(connection: Connection, question: Question) -> Mapping[str, datetime]:
    """When each publication that is asked about went out, by id."""
    theirs: dict[Scope, ColumnElement[bool]] = {
        Scope.POST: PostPublication.post_id == question.id,
        Scope.ACCOUNT: PostPublication.social_account_id == question.id,
        Scope.USER: PostPublication.social_account_id.in_(_accounts_of(question.id)),
    }
    query = select(PostPublication.id, PostPublication.published_at).where(
        PostPublication.published_at.is_not(None), theirs[question.scope]
    )
    return {str(row.id): row.published_at for row in connection.execute(query)}


def rows(connection: Connection, query: Query) -> list[Row]:
    """The rows of any of these."""
    return [dict(row) for row in connection.execute(query).mappings()]


def _summed(view: Any, publications: Any) -> Query:
    sums = (func.sum(view.c[name]).label(name.removesuffix("_gained")) for name in _GAINED)
    return select(view.c.recorded_at, publications.label("publications"), *sums)


def _between(view: Any, query: Query, question: Question) -> Query:
    return (
        query.where(view.c.recorded_at >= question.since, view.c.recorded_at < question.until)
        .group_by(view.c.recorded_at)
        .order_by(view.c.recorded_at)
    )


def _theirs(view: Any, question: Question) -> ColumnElement[bool]:
    condition: ColumnElement[bool]
    match question.scope:
        case Scope.POST:
            condition = view.c.post_id == question.id
        case Scope.ACCOUNT:
            condition = view.c.social_account_id == question.id
        case Scope.USER:
            condition = view.c.social_account_id.in_(_accounts_of(question.id))
    return condition


def _accounts_of(user_id: UUID) -> Any:
    return select(SocialAccount.id).where(SocialAccount.user_id == literal(user_id))
