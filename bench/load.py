"""What there is to publish: accounts and posts, written straight into the tables."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import psycopg

from db.seal import Keyring
from domain.content import Platform

# Platforms on which a text post is one call, as it is in the yardsticks.
PLATFORMS: Final = (Platform.TWITTER, Platform.FACEBOOK, Platform.LINKEDIN)


def connect_accounts(
    session: psycopg.Connection,
    keyring: Keyring,
    count: int,
    platforms: Sequence[Platform] = PLATFORMS,
) -> list[uuid.UUID]:
    """``count`` accounts in turn on ``platforms``, one user for one of each. They have posted
    before, as most accounts that post have: their health is known, and no upkeep is due."""
    users = [uuid.uuid4() for _ in range(-(-count // len(platforms)))]
    accounts = [(uuid.uuid4(), user, platform) for user in users for platform in platforms][:count]
    cursor = session.cursor()
    with cursor.copy("COPY users (id, name, email, password) FROM STDIN") as copy:
        for user in users:
            copy.write_row((user, "Bench", f"{user}@bench.example", "$none"))
    columns = "id, user_id, platform, platform_user_id, username, health, access_token, upkeep_at"
    with cursor.copy(f"COPY social_accounts ({columns}) FROM STDIN".encode()) as copy:
        for account, user, platform in accounts:
            token = keyring.seal(f"token-{account}", row=account, column="access_token")
            number = str(account.int % 10**16)
            copy.write_row((account, user, platform, number, "bench", "healthy", token, None))
    session.commit()
    session.execute("ANALYZE")
    session.commit()
    return [account for account, _, _ in accounts]


def item(account: uuid.UUID, place: int) -> str:
    """The text by which the platform counts."""
    return f"item-{account}-{place:x}"


def schedule(
    session: psycopg.Connection, accounts: Sequence[uuid.UUID], due: Sequence[datetime]
) -> None:
    """One post on each account, due at the time that stands at the same place; its text is the
    `item` of both."""
    with session.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE wanted (account uuid, due timestamptz, item text)")
        with cursor.copy("COPY wanted FROM STDIN") as copy:
            for place, (account, at) in enumerate(zip(accounts, due, strict=True)):
                copy.write_row((account, at, item(account, place)))
        cursor.execute(
            "INSERT INTO posts (user_id, content, status, scheduled_at)"
            " SELECT a.user_id, w.item, 'scheduled', w.due"
            " FROM wanted w JOIN social_accounts a ON a.id = w.account"
        )
        cursor.execute(
            "INSERT INTO post_publications (post_id, social_account_id)"
            " SELECT p.id, w.account FROM wanted w JOIN posts p ON p.content = w.item"
            " WHERE p.status = 'scheduled'"
        )
        cursor.execute("DROP TABLE wanted")
    session.commit()
    session.autocommit = True
    session.execute("VACUUM ANALYZE posts, post_publications, social_accounts")
    session.autocommit = False
