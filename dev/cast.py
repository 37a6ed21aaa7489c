"""Who and what the demo shows: users with an account on each platform, and their posts.

Written the way another service would write them: rows in its own transaction, nothing else.
"""

from __future__ import annotations

import base64
import json
import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx
import psycopg
from argon2 import PasswordHasher

from db.seal import Keyring
from domain.content import ContentType, MediaType, Platform

TEXT_PLATFORMS: Final = (Platform.TWITTER, Platform.THREADS, Platform.FACEBOOK, Platform.LINKEDIN)
NAMES: Final = ("Ada", "Grace", "Edsger", "Barbara")


@dataclass(frozen=True, slots=True)
class Act:
    """One post: ``promise`` is what should come of it, in a word."""

    user: int
    text: str
    targets: tuple[Platform, ...]
    due_in: float
    kind: ContentType = ContentType.TEXT
    media: tuple[MediaType, str, str] | None = None
    promise: str = "published"


@dataclass(frozen=True, slots=True)
class Member:
    """A user of the demo, and the account ids by platform."""

    id: uuid.UUID
    name: str
    accounts: dict[Platform, uuid.UUID]


def new_key() -> str:
    """An entry for TOKEN_KEYS."""
    return "demo:" + base64.b64encode(os.urandom(32)).decode()


def script(run: str, media_url: str) -> list[Act]:
    """The posts, due over the first ten seconds."""
    acts: list[Act] = []
    for user, name in enumerate(NAMES):
        due = 2.0 + 2.0 * user
        image = (MediaType.IMAGE, "image/jpeg", f"{media_url}/photo.jpg")
        video = (MediaType.VIDEO, "video/mp4", f"{media_url}/clip.mp4")
        acts += [
            Act(user, f"{name} says good morning ({run})", TEXT_PLATFORMS, due),
            Act(
                *(user, f"{name}'s view today ({run})", (Platform.INSTAGRAM,), due),
                *(ContentType.IMAGE, image),
            ),
            Act(
                *(user, f"{name} in motion ({run})", (Platform.TIKTOK,), due),
                *(ContentType.VIDEO, video),
            ),
        ]
    return [
        *acts,
        Act(0, f"through a rate limit ({run})", (Platform.TWITTER,), 5.0, promise="after a limit"),
        Act(1, f"answer lost on the way ({run})", (Platform.THREADS,), 5.0, promise="settled"),
        Act(2, f"far too long ({run}) " + "x" * 280, (Platform.TWITTER,), 5.0, promise="refused"),
    ]


def stage_faults(sandbox_url: str, run: str) -> None:
    """Tell the sandbox what is to go wrong, and for which text."""
    for fault in (
        {
            "platform": "twitter",
            "step": "publish",
            "text_contains": f"through a rate limit ({run})",
            "action": "throttle",
            "retry_after": 6,
        },
        {
            "platform": "threads",
            "step": "publish",
            "text_contains": f"answer lost on the way ({run})",
            "action": "drop_after",
        },
    ):
        httpx.post(f"{sandbox_url}/_sandbox/faults", json=fault).raise_for_status()


def enrol(
    connection: psycopg.Connection, sandbox_url: str, keyring: Keyring, run: str
) -> list[Member]:
    """Users with an account on every platform, known to the sandbox too."""
    password = PasswordHasher().hash(os.urandom(16).hex())
    members = [_enrol_one(connection, sandbox_url, keyring, run, name, password) for name in NAMES]
    connection.commit()
    return members


def _enrol_one(
    connection: psycopg.Connection,
    sandbox_url: str,
    keyring: Keyring,
    run: str,
    name: str,
    password: str,
) -> Member:
    user_id = uuid.uuid4()
    connection.execute(
        "INSERT INTO users (id, name, email, password) VALUES (%s, %s, %s, %s)",
        (user_id, name, f"{name.lower()}.{run}@demo.example", password),
    )
    accounts = {platform: uuid.uuid4() for platform in Platform}
    known = []
    for platform, account_id in accounts.items():
        token = os.urandom(24).hex()
        platform_user_id = str(uuid.uuid4().int % 10**16)
        known.append(
            {
                "platform": platform,
                "id": platform_user_id,
                "token": token,
                "username": name.lower(),
            }
        )
        connection.execute(
            "INSERT INTO social_accounts (id, user_id, platform, platform_user_id, username,"
            " access_token) VALUES (%s, %s, %s, %s, %s, %s)",
            (
                *(account_id, user_id, platform, platform_user_id, name.lower()),
                keyring.seal(token, row=account_id, column="access_token"),
            ),
        )
    httpx.post(f"{sandbox_url}/_sandbox/accounts", json=known).raise_for_status()
    return Member(user_id, name, accounts)


def schedule(connection: psycopg.Connection, members: list[Member], acts: list[Act]) -> None:
    """Write the posts and their targets; that is all it takes."""
    for act in acts:
        member = members[act.user]
        post_id = uuid.uuid4()
        connection.execute(
            "INSERT INTO posts (id, user_id, content, content_type, status, scheduled_at, metadata)"
            " VALUES (%s, %s, %s, %s, 'scheduled', now() + %s, %s)",
            (
                *(post_id, member.id, act.text, act.kind, timedelta(seconds=act.due_in)),
                json.dumps({"demo": {"promise": act.promise}}),
            ),
        )
        if act.media is not None:
            connection.execute(
                "INSERT INTO media (post_id, type, mime_type, url) VALUES (%s, %s, %s, %s)",
                (post_id, *act.media),
            )
        for platform in act.targets:
            connection.execute(
                "INSERT INTO post_publications (post_id, social_account_id) VALUES (%s, %s)",
                (post_id, member.accounts[platform]),
            )
    connection.commit()
