"""Commands about users and their accounts."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher

from db import search, users
from db.refusals import Refused
from db.seal import new_key
from db.users import NewAccount
from domain.accounts import UserRole
from domain.content import Platform
from ops.environment import Environment
from ops.output import Output
from runtime import clock


def add_user(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else getpass.getpass()
    if not password:
        raise Refused("password", "it is empty", "type one, or give it with --password-stdin")
    user_id = users.add_user(
        environment.engine(),
        name=options.name,
        email=options.email,
        password=PasswordHasher().hash(password),
        role=UserRole(options.role),
    )
    out.done(f"user {user_id} added", id=user_id)
    return 0


def list_users(_options: argparse.Namespace, environment: Environment, out: Output) -> int:
    out.rows(users.list_users(environment.engine()), empty="no users: `publishing users add`")
    return 0


def add_account(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    tokens = read_tokens(options.token_file)
    engine, keyring, account_id = environment.engine(), environment.keyring(), uuid4()
    refresh = tokens.get("refresh_token")
    users.add_account(
        engine,
        NewAccount(
            id=account_id,
            user_id=users.find_user(engine, options.user),
            platform=Platform(options.platform),
            platform_user_id=options.platform_user_id,
            username=options.username,
            access_token=keyring.seal(
                tokens["access_token"], row=account_id, column="access_token"
            ),
            refresh_token=refresh and keyring.seal(refresh, row=account_id, column="refresh_token"),
            token_expires_at=time_of(tokens.get("expires_at")),
            metadata={},
        ),
    )
    out.done(f"account {account_id} added", id=account_id)
    return 0


def list_accounts(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    engine = environment.engine()
    user_id = users.find_user(engine, options.user) if options.user else None
    if options.active and user_id is not None:
        with engine.connect() as connection:
            rows = search.found(connection, search.active_accounts(user_id))
        out.rows(rows, empty="none of the user's accounts is active")
        return 0
    if options.active:
        raise Refused("active", "whose?", "give --user too")
    out.rows(users.list_accounts(engine, user_id), empty="no accounts: `publishing accounts add`")
    return 0


def make_key(_options: argparse.Namespace, _environment: Environment, out: Output) -> int:
    entry = new_key(f"k{clock.now():%Y%m%d}")
    out.done(entry, entry=entry)
    return 0


def read_tokens(path: str | None) -> dict[str, Any]:
    """From a file or stdin, never from the command line, which others can read."""
    try:
        text = sys.stdin.read() if path in (None, "-") else Path(str(path)).read_text("utf-8")
        tokens = json.loads(text)
    except (OSError, ValueError) as fault:
        raise Refused(
            "token",
            f"it cannot be read ({type(fault).__name__})",
            'give {"access_token": "…", "refresh_token": "…", "expires_at": "…"} on stdin or with'
            " --token-file",
        ) from None
    if not isinstance(tokens, dict) or not isinstance(tokens.get("access_token"), str):
        raise Refused("token", "access_token is missing", 'give {"access_token": "…"}')
    return tokens


def time_of(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise Refused("expires_at", f"{text} is no time", "write 2027-01-31T12:00:00Z") from None
    if at.tzinfo is None:
        raise Refused("expires_at", f"{text} has no time zone", "write 2027-01-31T12:00:00Z")
    return at
