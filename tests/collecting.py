"""Collection of figures in the test's own process: platforms that say what the test tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import psycopg

from db import syncs
from db.engine import Engine
from domain.analytics import Figures
from domain.cadence import FIRST_AFTER, Usage
from domain.content import Json, Platform
from domain.failures import Failure
from domain.messages import SyncDispatch
from platforms.adapter import Findings, Metrics, MetricsFlow, Reading, Survey
from platforms.registry import ADAPTERS
from platforms.transport import Transport
from runtime.settings import PlatformSettings
from tests.make import KEYRING, MadeAccount, a_post, a_user, an_account
from workers.collect import Collector
from workers.holding import Heartbeat
from workers.tokens import TokenDesk

EVERYWHERE = dict.fromkeys(Platform, 100)
Told = Mapping[str, Figures | None]


@dataclass
class Collecting:
    """A collector over one database. ``figures`` is what every platform tells, by its own id;
    ``asked`` the ids of each survey; ``before`` runs while a survey is under way."""

    engine: Engine
    figures: dict[str, Figures | None] = field(default_factory=dict)
    raw: dict[str, Json] = field(default_factory=dict)
    usage: Usage | None = None
    failure: Failure | None = None
    asked: list[list[str]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    batch: int = 100

    def read(self, survey: Survey) -> MetricsFlow:
        yield from ()
        self.before()
        self.asked.append([post.id for post in survey.posts])
        if self.failure is not None:
            raise self.failure
        return Findings(
            {
                post.id: Reading(told, self.raw or {"id": post.id})
                if (told := self.figures.get(post.id, Figures(likes=1))) is not None
                else None
                for post in survey.posts
            },
            self.usage,
        )

    def collector(self) -> Collector:
        apps = {platform: PlatformSettings("http://127.0.0.1:9") for platform in Platform}
        transport = Transport(
            dict.fromkeys(Platform, "http://127.0.0.1:9"), media_allow_private=True
        )
        metrics = Metrics(self.batch, self.read)
        return Collector(
            engine=self.engine,
            adapters={name: replace(one, metrics=metrics) for name, one in ADAPTERS.items()},
            tokens=TokenDesk(self.engine, KEYRING, transport, apps),
            draw=lambda: 0.5,
            holding=Heartbeat(self.engine, syncs.keep).holding,
        )

    def enrol(self) -> int:
        with self.engine.connect() as connection:
            return syncs.enrol(connection, rest=timedelta(0), first_after=FIRST_AFTER, batch=1000)

    def dispatch(self) -> list[SyncDispatch]:
        with self.engine.connect() as connection:
            return syncs.dispatch(connection, EVERYWHERE)

    def step(self) -> int:
        """One tick and all its work; how many accounts there were."""
        self.enrol()
        dispatches = self.dispatch()
        for dispatch in dispatches:
            self.collector().collect(dispatch.account_id, dispatch.number)
        return len(dispatches)

    def reap(self) -> int:
        with self.engine.connect() as connection:
            return syncs.reap(connection)


def published(
    session: psycopg.Connection,
    account: MadeAccount,
    user: UUID,
    *,
    number: int = 1,
    age: timedelta = timedelta(hours=1),
) -> UUID:
    """A post that ``account`` published ``age`` ago as ``number``."""
    post = a_post(session, user, [])
    row = session.execute(
        "INSERT INTO post_publications (post_id, social_account_id, status, published_at,"
        " platform_post_id) VALUES (%s, %s, 'published', now() - %s, %s) RETURNING id",
        [post.id, account.id, age, str(number)],
    ).fetchone()
    assert row is not None
    session.execute("UPDATE posts SET status = 'publishing' WHERE id = %s", [post.id])
    session.execute(
        "UPDATE posts SET status = 'published', published_at = now() WHERE id = %s", [post.id]
    )
    return UUID(str(row[0]))


def an_account_with(
    session: psycopg.Connection,
    count: int,
    *,
    platform: Platform = Platform.TWITTER,
    **more: timedelta,
) -> tuple[MadeAccount, list[UUID]]:
    """An account and ``count`` publications of it, known to the platform as 1, 2, …"""
    user = a_user(session)
    account = an_account(session, user, platform)
    made = [published(session, account, user, number=n + 1, **more) for n in range(count)]
    return account, made


def hurry(session: psycopg.Connection) -> None:
    """Let everything be due now."""
    session.execute(
        "UPDATE publication_syncs SET next_sync_at = now() WHERE next_sync_at IS NOT NULL"
    )
    session.execute("UPDATE account_syncs SET next_sync_at = now(), paused_until = NULL")
