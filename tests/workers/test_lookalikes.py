"""A post that looks like another of the same account is never taken for it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from domain.content import ContentType, MediaType, Platform
from tests.make import MadeAccount, MadePost, a_post, a_user, an_account, row_of
from tests.system import System

TEXT = "Good morning, see https://example.org/a?b=1&c=2 and \u201csmile\u201d"
REPEATABLE = (Platform.THREADS, Platform.INSTAGRAM)
REFUSING = (Platform.TWITTER, Platform.FACEBOOK, Platform.LINKEDIN)


def an_account_of(session: psycopg.Connection, system: System, platform: Platform) -> MadeAccount:
    account = an_account(session, a_user(session), platform)
    system.know(account)
    return account


def the_same_post(
    session: psycopg.Connection, system: System, account: MadeAccount, text: str = TEXT
) -> MadePost:
    user = row_of(session, "social_accounts", account.id).user_id
    content: dict[str, Any] = {"content": text}
    if account.platform is Platform.INSTAGRAM:
        url = f"{system.sandbox_url}/_sandbox/media/photo.jpg"
        content |= {"content_type": ContentType.IMAGE, "media": [(MediaType.IMAGE, url)]}
    return a_post(session, user, [account], **content)


def work_off(system: System, session: psycopg.Connection, post: MadePost) -> Any:
    """Step, and let times go by, until it has ended."""
    for _ in range(12):
        system.step()
        found = row_of(session, "post_publications", post.only)
        if found.status in ("published", "failed"):
            return found
        system.hurry(session, post.only, by="90 seconds")
    raise AssertionError(f"it has not ended: {found}")


@pytest.mark.parametrize("platform", REPEATABLE)
@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "not accepted"])
def test_the_same_text_twice_on_purpose_goes_out_twice(
    platform: Platform, accepted: bool, system: System, connection: psycopg.Connection
):
    account = an_account_of(connection, system, platform)
    first = work_off(system, connection, the_same_post(connection, system, account))
    action = "drop_after" if accepted else "drop_before"
    system.break_with(platform=platform, step="publish", action=action)
    second = work_off(system, connection, the_same_post(connection, system, account))
    assert (first.status, second.status) == ("published", "published")
    made = [str(post["id"]) for post in system.accepted()]
    assert sorted(made) == sorted([first.platform_post_id, second.platform_post_id])


@pytest.mark.parametrize("platform", REFUSING)
def test_where_the_same_text_is_refused_the_first_post_is_not_found_as_the_second(
    platform: Platform, system: System, connection: psycopg.Connection
):
    account = an_account_of(connection, system, platform)
    first = work_off(system, connection, the_same_post(connection, system, account))
    second = work_off(system, connection, the_same_post(connection, system, account))
    assert first.status == "published"
    assert second.status == "failed", second.platform_post_id
    assert len(system.accepted()) == 1


@pytest.mark.parametrize("platform", [*REPEATABLE, *REFUSING])
def test_a_text_whose_links_the_platform_shortens_is_known_again(
    platform: Platform, system: System, connection: psycopg.Connection
):
    account = an_account_of(connection, system, platform)
    other = the_same_post(connection, system, account, "Good morning, all")
    assert work_off(system, connection, other).status == "published"
    system.break_with(platform=platform, step="publish", action="shorten_link")
    system.break_with(platform=platform, step="publish", action="drop_after")
    found = work_off(system, connection, the_same_post(connection, system, account))
    assert found.status == "published"
    *_, last = system.accepted()
    assert found.platform_post_id == str(last["id"])
    assert len(system.accepted()) == 2


@pytest.mark.parametrize("platform", [Platform.TWITTER, Platform.THREADS])
def test_a_text_that_the_platform_cut_short_is_never_sent_a_second_time(
    platform: Platform, system: System, connection: psycopg.Connection
):
    account = an_account_of(connection, system, platform)
    system.break_with(platform=platform, step="publish", action="alter_text")
    system.break_with(platform=platform, step="publish", action="drop_after")
    found = work_off(system, connection, the_same_post(connection, system, account))
    assert (found.status, found.failure_kind) in (("published", None), ("failed", "unconfirmed"))
    assert len(system.accepted()) == 1
