"""What was published is looked for, and what the platform has taken away is recorded as such."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.engine import Engine
from domain.content import ContentType, MediaType, Platform
from domain.messages import CHECK_QUEUE, QUEUES
from platforms.registry import ADAPTERS
from runtime.broker import make_broker
from scheduler.checks import CheckTick
from tests.make import MadePost, a_post, a_user, an_account, ledger_of, row_of, value
from tests.system import System
from workers.check import Checker

PLATFORMS = (Platform.THREADS, Platform.INSTAGRAM, Platform.FACEBOOK, Platform.TWITTER)


@pytest.fixture
def checker(system: System) -> Checker:
    made = system.publisher
    return Checker(system.engine, ADAPTERS, made.tokens)


def published(system: System, session: psycopg.Connection, platform: Platform) -> MadePost:
    account = an_account(session, a_user(session), platform)
    system.know(account)
    user = row_of(session, "social_accounts", account.id).user_id
    content: dict[str, Any] = {}
    if platform is Platform.INSTAGRAM:
        url = f"{system.sandbox_url}/_sandbox/media/photo.jpg"
        content = {"content_type": ContentType.IMAGE, "media": [(MediaType.IMAGE, url)]}
    post = a_post(session, user, [account], **content)
    for _ in range(5):
        system.step()
        system.hurry(session, post.only, by="5 seconds")
    assert row_of(session, "post_publications", post.only).status == "published"
    return post


def look(checker: Checker, session: psycopg.Connection, post: MadePost) -> None:
    """The time to look has come."""
    session.execute("UPDATE publication_checks SET check_at = now() - interval '1 second'")
    found = row_of(session, "post_publications", post.only)
    checker.check(found.social_account_id, Platform(found.platform))


def next_look(session: psycopg.Connection, publication: UUID) -> Any:
    query = "SELECT max(check_at - now()) FROM publication_checks WHERE post_publication_id = %s"
    return value(session, query, publication)


def test_a_post_is_looked_for_after_two_minutes_and_after_fifteen(
    system: System, checker: Checker, connection: psycopg.Connection
):
    for platform in PLATFORMS:
        post = published(system, connection, platform)
        first = next_look(connection, post.only)
        assert timedelta(seconds=90) < first <= timedelta(minutes=2)
        look(checker, connection, post)
        found = row_of(connection, "post_publications", post.only)
        assert found.verified_at is not None, system.calls(platform)
        second = next_look(connection, post.only)
        assert timedelta(minutes=14) < second <= timedelta(minutes=15)
        connection.execute("UPDATE post_publications SET published_at = now() - interval '15 min'")
        look(checker, connection, post)
        assert next_look(connection, post.only) is None
        assert row_of(connection, "post_publications", post.only).removed_at is None


def test_what_the_platform_removed_is_recorded_once_it_is_gone_twice(
    system: System, checker: Checker, connection: psycopg.Connection
):
    for platform in PLATFORMS:
        system.break_with(platform=platform, step="publish", action="remove_after", seconds=0)
        post = published(system, connection, platform)
        for removed in (False, True):
            look(checker, connection, post)
            found = row_of(connection, "post_publications", post.only)
            assert (found.removed_at is not None) == removed, platform
        assert found.status == "published"
        assert ledger_of(connection, post.only)[-1] == "verify removed"
        assert next_look(connection, post.only) is None


def test_an_outage_is_no_removal_and_disturbs_nothing(
    system: System, checker: Checker, connection: psycopg.Connection
):
    post = published(system, connection, Platform.TWITTER)
    for fault in ({"action": "error", "status": 503}, {"action": "throttle"}):
        system.break_with(platform="twitter", times=0, **fault)
        look(checker, connection, post)
        found = row_of(connection, "post_publications", post.only)
        assert (found.status, found.verified_at, found.removed_at) == ("published", None, None)
        account = row_of(connection, "social_accounts", found.social_account_id)
        assert (account.status, account.paused_until) == ("active", None)
        system.mend()


def test_a_look_asked_for_twice_is_done_once(
    system: System, checker: Checker, connection: psycopg.Connection
):
    post = published(system, connection, Platform.TWITTER)
    look(checker, connection, post)
    calls = len(system.calls(Platform.TWITTER))
    account = row_of(connection, "post_publications", post.only).social_account_id
    checker.check(account, Platform.TWITTER)
    assert len(system.calls(Platform.TWITTER)) == calls


def test_looking_is_left_to_workers_and_gives_way_to_publishing(
    system: System, engine: Engine, redis_url: str, connection: psycopg.Connection
):
    post = published(system, connection, Platform.TWITTER)
    broker, bells = (
        make_broker(redis_url, queues=QUEUES),
        make_broker(redis_url, queues=[CHECK_QUEUE]),
    )
    tick = CheckTick(engine, broker, bells)
    assert tick.run_once() == 0
    connection.execute("UPDATE publication_checks SET check_at = now()")
    broker.client.rpush(f"{broker.namespace}:publish-twitter", *range(100))
    assert tick.run_once() == 0
    broker.client.flushdb()
    connection.execute(
        "INSERT INTO platform_pauses (platform, paused_until, reason)"
        " VALUES ('twitter', now() + interval '1 minute', 'a limit')"
    )
    assert tick.run_once() == 0
    connection.execute("DELETE FROM platform_pauses")
    assert tick.run_once() == 1
    assert bells.depths() == {CHECK_QUEUE: 1}
    assert tick.run_once() == 0
    assert next_look(connection, post.only) is not None
    for made in (broker, bells):
        made.close()
        made.client.close()


def test_what_nobody_can_look_at_is_put_off_and_dropped_after_a_day(
    system: System, engine: Engine, redis_url: str, connection: psycopg.Connection
):
    post = published(system, connection, Platform.TWITTER)
    connection.execute("UPDATE social_accounts SET status = 'revoked'")
    bells = make_broker(redis_url, queues=[*QUEUES, CHECK_QUEUE])
    tick = CheckTick(engine, bells, bells)
    connection.execute("UPDATE publication_checks SET check_at = now() - interval '11 minutes'")
    assert tick.run_once() == 0
    assert next_look(connection, post.only) > timedelta(minutes=9)
    connection.execute("UPDATE publication_checks SET check_at = now() - interval '11 minutes'")
    connection.execute("UPDATE post_publications SET published_at = now() - interval '25 hours'")
    tick.run_once()
    assert next_look(connection, post.only) is None
    bells.close()
    bells.client.close()
