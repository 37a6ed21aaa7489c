"""Posts as people and services handle them: schedule, publish now, cancel, retry, settle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert, select, text

from db.engine import transaction
from db.models import Media, Post, PostPublication, SocialAccount
from db.refusals import Refused, refusals
from domain.content import Content, Platform
from domain.lateness import LatePolicy
from domain.states import Status


@dataclass(frozen=True, slots=True)
class Target:
    """An account that a post can go to."""

    account_id: UUID
    platform: Platform
    username: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What came of cancelling one publication; ``reason`` when it was too late."""

    publication_id: UUID
    cancelled: bool
    reason: str | None


def targets(engine: Engine, user_id: UUID, platforms: Sequence[Platform]) -> list[Target]:
    """The user's accounts on these platforms. Raises `Refused` for one that is missing."""
    query = select(SocialAccount.id, SocialAccount.platform, SocialAccount.username).where(
        SocialAccount.user_id == user_id, SocialAccount.platform.in_(platforms)
    )
    with engine.connect() as connection:
        found = {row.platform: Target(*row) for row in connection.execute(query)}
    missing = [platform for platform in platforms if platform not in found]
    if missing:
        raise Refused(
            "to", f"the user has no account on {', '.join(missing)}", "`publishing accounts add`"
        )
    return [found[platform] for platform in platforms]


@dataclass(frozen=True, slots=True)
class Lateness:
    """What becomes of a post that did not go out within ``window`` (None: that of the setting)."""

    policy: LatePolicy = LatePolicy.SKIP
    window: timedelta | None = None


def schedule(
    engine: Engine,
    user_id: UUID,
    content: Content,
    at: datetime,
    to: Sequence[Target],
    lateness: Lateness = Lateness(),
) -> UUID:
    """Write the post, its media and its publications in one transaction. ``content.options`` are
    by platform. Raises `Refused`."""
    post = {
        "user_id": user_id,
        "content": content.text,
        "content_type": content.kind,
        "title": content.title,
        "metadata_": dict(content.options),
        "status": Status.SCHEDULED,
        "scheduled_at": at,
        "late_policy": lateness.policy,
        "late_window": lateness.window,
    }
    with refusals(), transaction(engine) as connection:
        post_id = connection.execute(insert(Post).values(post).returning(Post.id)).scalar_one()
        for order, item in enumerate(content.media):
            row = {
                "id": item.id,
                "post_id": post_id,
                "type": item.type,
                "url": item.url,
                "mime_type": item.mime_type,
                "file_size": item.size,
                "width": item.width,
                "height": item.height,
                "duration": None if item.duration is None else round(item.duration),
                "alt_text": item.alt_text,
                "order": order,
            }
            connection.execute(insert(Media).values(row))
        for target in to:
            row = {"post_id": post_id, "social_account_id": target.account_id}
            connection.execute(insert(PostPublication).values({**row, "platform": target.platform}))
    return post_id


def publish_now(engine: Engine, post_id: UUID) -> int:
    """How many publications go. Raises `Refused`."""
    return int(_call(engine, "SELECT publish_now(:post)", post=post_id)[0][0])


def cancel(engine: Engine, post_id: UUID) -> list[Cancelled]:
    """What came of each publication; none: there is no such post."""
    return [
        Cancelled(*row) for row in _call(engine, "SELECT * FROM cancel_post(:post)", post=post_id)
    ]


def retry(engine: Engine, post_id: UUID, *, not_there: bool) -> int:
    """How many failed publications go again."""
    query = "SELECT retry_post(:post, :not_there)"
    return int(_call(engine, query, post=post_id, not_there=not_there)[0][0])


def settle(
    engine: Engine, post_id: UUID, platform: Platform, platform_post_id: str | None, url: str | None
) -> str:
    """Say what a person saw: the post is there as ``platform_post_id``, or (None) is not. Returns
    the publication's new status. Raises `Refused`."""
    query = "SELECT settle_publication(:post, CAST(:platform AS platform), :id, :url)"
    rows = _call(engine, query, post=post_id, platform=platform, id=platform_post_id, url=url)
    return str(rows[0][0])


def _call(engine: Engine, query: str, **values: Any) -> Sequence[Any]:
    with refusals(), transaction(engine) as connection:
        return connection.execute(text(query), values).all()
