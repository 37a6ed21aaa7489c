"""What is to be published: accounts that the sandbox knows, and posts as a service writes them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import httpx
import psycopg

from db.seal import Keyring
from domain.content import ContentType, MediaType, Platform

TEXT: Final = (Platform.TWITTER, Platform.THREADS, Platform.FACEBOOK, Platform.LINKEDIN)
FILMED: Final = (
    (Platform.INSTAGRAM, ContentType.IMAGE, MediaType.IMAGE, "photo.jpg"),
    (Platform.TIKTOK, ContentType.VIDEO, MediaType.VIDEO, "clip.mp4"),
)
FILMED_EVERY: Final = 25  # one post in so many carries media
POSTS_OF_AN_ACCOUNT: Final = 5


@dataclass(frozen=True, slots=True)
class Author:
    """A user with an account on every platform."""

    user: uuid.UUID
    accounts: dict[Platform, uuid.UUID]


def enrol(
    session: psycopg.Connection, sandbox_url: str, keyring: Keyring, publications: int
) -> list[Author]:
    """As many authors as so many publications ask for, known to the sandbox too."""
    count = max(1, publications // (len(TEXT) * POSTS_OF_AN_ACCOUNT))
    authors = [
        Author(uuid.uuid4(), {platform: uuid.uuid4() for platform in Platform})
        for _ in range(count)
    ]
    with session.transaction(), session.cursor() as cursor:
        with cursor.copy("COPY users (id, name, email, password) FROM STDIN") as rows:
            for author in authors:
                rows.write_row((author.user, "Chaos", f"{author.user}@example.org", "$none"))
        with cursor.copy(
            "COPY social_accounts (id, user_id, platform, platform_user_id, username,"
            " access_token) FROM STDIN"
        ) as rows:
            for author in authors:
                for platform, account in author.accounts.items():
                    token = keyring.seal(_token(account), row=account, column="access_token")
                    rows.write_row(
                        (account, author.user, platform, _number(account), "chaos", token)
                    )
    entries = [
        {"platform": platform, "id": _number(account), "token": _token(account)}
        for author in authors
        for platform, account in author.accounts.items()
    ]
    httpx.post(f"{sandbox_url}/_sandbox/accounts", json=entries, timeout=60).raise_for_status()
    return authors


def schedule(
    session: psycopg.Connection,
    authors: Sequence[Author],
    media_url: str,
    publications: int,
    over: float,
    chance: Random,
) -> int:
    """Posts for so many publications, each due at a random moment of the next ``over`` seconds,
    half of one to come. Returns how many publications there are."""
    made = 0
    with session.transaction():
        while made < publications:
            author = authors[made // len(TEXT) % len(authors)]
            due = chance.uniform(0.5, 0.5 + over)
            if made // len(TEXT) % FILMED_EVERY == 0:
                made += _filmed(session, author, media_url, due)
            made += _text(session, author, due)
    return made


def _text(session: psycopg.Connection, author: Author, due: float) -> int:
    post = _post(session, author, due, ContentType.TEXT)
    for platform in TEXT:
        _target(session, post, author.accounts[platform])
    return len(TEXT)


def _filmed(session: psycopg.Connection, author: Author, media_url: str, due: float) -> int:
    for platform, content, media, name in FILMED:
        post = _post(session, author, due, content)
        session.execute(
            "INSERT INTO media (post_id, type, url) VALUES (%s, %s, %s)",
            [post, media, f"{media_url}/{name}"],
        )
        _target(session, post, author.accounts[platform])
    return len(FILMED)


def _post(
    session: psycopg.Connection, author: Author, due: float, content: ContentType
) -> uuid.UUID:
    post = uuid.uuid4()
    session.execute(
        "INSERT INTO posts (id, user_id, content, content_type, status, scheduled_at) VALUES"
        " (%s, %s, %s, %s, 'scheduled', clock_timestamp() + make_interval(secs => %s))",
        [post, author.user, f"chaos {post}", content, due],
    )
    return post


def _target(session: psycopg.Connection, post: uuid.UUID, account: uuid.UUID) -> None:
    session.execute(
        "INSERT INTO post_publications (post_id, social_account_id) VALUES (%s, %s)",
        [post, account],
    )


def _token(account: uuid.UUID) -> str:
    return f"token-{account}"


def _number(account: uuid.UUID) -> str:
    return str(account.int % 10**16)
