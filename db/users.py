"""Users and their accounts: adding and listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert, select

from db.engine import transaction
from db.models import SocialAccount, User
from db.refusals import Refused, refusals
from domain.accounts import AccountStatus, UserRole
from domain.content import Platform


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to connect; the tokens are sealed for ``id``."""

    id: UUID
    user_id: UUID
    platform: Platform
    platform_user_id: str
    username: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    token_expires_at: datetime | None
    metadata: dict[str, Any]


def add_user(engine: Engine, *, name: str, email: str, password: str, role: UserRole) -> UUID:
    """``password`` is the argon2id hash. Raises `Refused`."""
    values = {"name": name, "email": email, "password": password, "role": role}
    with refusals(), transaction(engine) as connection:
        return connection.execute(insert(User).values(values).returning(User.id)).scalar_one()


def list_users(engine: Engine) -> Sequence[dict[str, Any]]:
    columns = (User.id, User.name, User.email, User.role, User.is_active, User.created_at)
    with engine.connect() as connection:
        return [
            dict(row)
            for row in connection.execute(select(*columns).order_by(User.email)).mappings()
        ]


def find_user(engine: Engine, who: str) -> UUID:
    """By id or email address. Raises `Refused`."""
    with engine.connect() as connection:
        by_id = select(User.id).where(User.id == _uuid(who))
        by_email = select(User.id).where(User.email == who)
        found = connection.execute(by_id if _uuid(who) else by_email).scalar_one_or_none()
    if found is None:
        raise Refused("user", f"there is no user {who}", "`publishing users list` shows them")
    return found


def add_account(engine: Engine, account: NewAccount) -> None:
    """Raises `Refused`."""
    values = {
        "id": account.id,
        "user_id": account.user_id,
        "platform": account.platform,
        "platform_user_id": account.platform_user_id,
        "username": account.username,
        "access_token": account.access_token,
        "refresh_token": account.refresh_token,
        "token_expires_at": account.token_expires_at,
        "metadata_": account.metadata,
        "status": AccountStatus.ACTIVE,
    }
    with refusals(), transaction(engine) as connection:
        connection.execute(insert(SocialAccount).values(values))


def list_accounts(engine: Engine, user_id: UUID | None) -> Sequence[dict[str, Any]]:
    """Without their tokens."""
    columns = (
        *(SocialAccount.id, SocialAccount.user_id, SocialAccount.platform, SocialAccount.username),
        *(SocialAccount.status, SocialAccount.health, SocialAccount.status_reason),
        SocialAccount.paused_until,
        *(SocialAccount.posts_count, SocialAccount.last_posted_at, SocialAccount.token_expires_at),
    )
    query = select(*columns).order_by(SocialAccount.username, SocialAccount.platform)
    if user_id is not None:
        query = query.where(SocialAccount.user_id == user_id)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
