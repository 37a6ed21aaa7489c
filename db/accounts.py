"""Accounts as people handle them: found, shown, connected again, paused and resumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, select, text, update

from db.engine import transaction
from db.models import PostPublication, SocialAccount, User
from db.refusals import Refused, refusals
from domain.accounts import AccountStatus
from domain.content import Platform
from domain.states import Status


@dataclass(frozen=True, slots=True)
class NewTokens:
    """Sealed for their account. ``refresh_token=None``: the platform gave none."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None


def find_account(engine: Engine, who: str) -> UUID:
    """By id, or by ``<the user's email address>/<platform>``. Raises `Refused`."""
    query = select(SocialAccount.id)
    email, _, platform = who.rpartition("/")
    if email and platform in list(Platform):
        query = query.join(User).where(User.email == email, SocialAccount.platform == platform)
    else:
        query = query.where(SocialAccount.id == _uuid(who))
    with engine.connect() as connection:
        found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise Refused(
            "account",
            f"there is no account {who}",
            "give its id, or EMAIL/PLATFORM; `publishing accounts list` shows them",
        )
    return found


def show(engine: Engine, account_id: UUID) -> dict[str, Any]:
    """Everything but the tokens, and how many publications wait for the account."""
    a = SocialAccount
    waiting = (
        select(func.count())
        .where(
            PostPublication.social_account_id == a.id,
            PostPublication.status == Status.PUBLISHING,
            PostPublication.next_attempt_at <= func.now(),
        )
        .scalar_subquery()
    )
    columns = (
        *(a.id, a.user_id, a.platform, a.platform_user_id, a.username, a.display_name, a.avatar),
        *(
            a.status,
            a.status_reason,
            a.health,
            a.setbacks,
            a.paused_until,
            waiting.label("waiting"),
        ),
        *(a.token_expires_at, a.token_stored_at, a.refreshed_at, a.upkeep_at, a.last_synced_at),
        *(a.followers_count, a.following_count, a.posts_count, a.last_posted_at, a.created_at),
    )
    with engine.connect() as connection:
        return dict(connection.execute(select(*columns).where(a.id == account_id)).mappings().one())


def connect(engine: Engine, account_id: UUID, tokens: NewTokens) -> None:
    """Replace the tokens; the database makes the account active again, and its posts go on."""
    values = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "token_expires_at": tokens.expires_at,
    }
    with refusals(), transaction(engine) as connection:
        connection.execute(
            update(SocialAccount).where(SocialAccount.id == account_id).values(values)
        )


def pause(engine: Engine, account_id: UUID, until: datetime) -> None:
    """Send nothing for the account before ``until``."""
    with transaction(engine) as connection:
        connection.execute(
            update(SocialAccount).where(SocialAccount.id == account_id).values(paused_until=until)
        )


def resume(engine: Engine, account_id: UUID) -> None:
    """End a pause, and an error whose cause was mended. Raises `Refused` for an account that only a
    new token brings back."""
    with transaction(engine) as connection:
        status = connection.execute(
            text("SELECT status FROM social_accounts WHERE id = :id FOR NO KEY UPDATE"),
            {"id": account_id},
        ).scalar_one()
        if status in (AccountStatus.REVOKED, AccountStatus.EXPIRED):
            raise Refused(
                "account",
                f"its status is {status}",
                "`publishing accounts connect` with new tokens",
            )
        connection.execute(
            update(SocialAccount)
            .where(SocialAccount.id == account_id)
            .values(paused_until=None, status=AccountStatus.ACTIVE)
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
