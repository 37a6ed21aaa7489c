"""Commands about connected accounts and the keys that seal their tokens."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import asdict
from uuid import UUID

from db import accounts, reseal
from db.accounts import NewTokens
from db.engine import Engine
from db.refusals import Refused
from domain.failures import AccountUnusable, Failure
from ops.environment import Environment
from ops.output import Output, shown
from ops.people import read_tokens, time_of
from ops.times import time_of as moment_of
from runtime import clock
from runtime.settings import from_environ
from workers.process import make_desk, make_upkeep
from workers.upkeep import Upkeep


def show(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    engine = environment.engine()
    out.fields(accounts.show(engine, accounts.find_account(engine, options.account)))
    return 0


def connect(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    given = read_tokens(options.token_file)
    engine, keyring = environment.engine(), environment.keyring()
    account, refresh = accounts.find_account(engine, options.account), given.get("refresh_token")
    tokens = NewTokens(
        keyring.seal(given["access_token"], row=account, column="access_token"),
        keyring.seal(refresh, row=account, column="refresh_token") if refresh else None,
        time_of(given.get("expires_at")),
    )
    accounts.connect(engine, account, tokens)
    out.done(f"account {account} connected; what waits for it goes on", id=account)
    return 0


def check(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    """Exit code 1 when the platform does not let us in."""
    engine = environment.engine()
    account = accounts.find_account(engine, options.account)
    with closing(_upkeep(environment, engine)) as upkeep:
        try:
            profile = upkeep.check(account)
        except Failure as failure:
            return _refused(out, failure)
    out.fields({"answer": "the platform knows it", **asdict(profile)})
    return 0


def refresh(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    """Exit code 1 when there is no new token."""
    engine = environment.engine()
    account = accounts.find_account(engine, options.account)
    with closing(_upkeep(environment, engine)) as upkeep:
        try:
            ends = upkeep.refresh(account)
        except Failure as failure:
            return _refused(out, failure)
    out.done(f"refreshed; the new token ends at {shown(ends)}", expires_at=ends)
    return 0


def pause(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    engine, until = environment.engine(), moment_of("until", options.until)
    if until <= clock.now():
        raise Refused("until", f"{options.until} has passed", "write +2h, or a later time")
    account = accounts.find_account(engine, options.account)
    accounts.pause(engine, account, until)
    out.done(f"nothing is sent for it before {until:%Y-%m-%d %H:%M:%S %Z}", paused_until=until)
    return 0


def resume(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    engine = environment.engine()
    account = accounts.find_account(engine, options.account)
    accounts.resume(engine, account)
    out.done("resumed; what waits for it goes on", id=account)
    return 0


def list_keys(_options: argparse.Namespace, environment: Environment, out: Output) -> int:
    out.rows(reseal.usage(environment.engine()), empty="no tokens")
    return 0


def reseal_tokens(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    """Exit code 1 when some are left: they cannot be opened, or were being refreshed."""
    engine, keyring = environment.engine(), environment.keyring()
    total, done, after = reseal.left(engine, keyring), 0, reseal.FIRST
    unreadable: list[UUID] = []
    while True:
        batch = reseal.reseal(engine, keyring, after=after, batch=options.batch)
        if batch.last is None:
            break
        done, after = done + batch.resealed, batch.last
        unreadable += batch.unreadable
        out.say(f"{done} of {total}")
    for account in unreadable:
        out.say(f"! account {account}: its tokens cannot be opened with the keys of TOKEN_KEYS")
    remaining = reseal.left(engine, keyring)
    words = f"{done} accounts sealed with {keyring.current}, {remaining} left"
    out.done(words, key=keyring.current, resealed=done, left=remaining, unreadable=unreadable)
    return 1 if remaining else 0


def _refused(out: Output, failure: Failure) -> int:
    remedy = "connect it again" if isinstance(failure, AccountUnusable) else "try again later"
    out.done(
        f"{failure.kind}: {failure.message}; {remedy}",
        kind=failure.kind,
        message=failure.message,
        remedy=remedy,
    )
    return 1


def _upkeep(environment: Environment, engine: Engine) -> Upkeep:
    """As a worker has it, with all of a worker's settings."""
    return make_upkeep(engine, make_desk(from_environ(environment.variables), engine))
