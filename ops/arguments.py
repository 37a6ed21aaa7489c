"""What can be typed, and the help that goes with it."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import Any

from domain.accounts import UserRole
from domain.analytics import COUNTS, AnalyticsPeriod
from domain.content import ContentType, Platform
from domain.lateness import LatePolicy
from domain.states import Status
from ops import accounts, people, posts, state, sync, validate

Subparsers = Any  # argparse keeps the type to itself

EPILOG = """\
exit codes: 0 done · 1 refused, not found, or a check failed · 2 wrong usage or settings
settings:   DATABASE_URL for every command, TOKEN_KEYS to add accounts and reseal tokens, REDIS_URL
            for queue depths and quick summaries, REPLICA_URL to read figures elsewhere; a worker's
            settings for accounts check and refresh

a day's work:
  publishing users add --name Ada --email ada@example.org --password-stdin < password
  publishing accounts add --user ada@example.org --platform twitter \\
      --platform-user-id 4400 --username ada < tokens.json
  publishing posts schedule --user ada@example.org --to twitter --at +5m --text 'Good morning'
  publishing posts explain 6f1c…
  publishing status --check
"""


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="publishing",
        description="Schedule posts, see where they are, and answer what only a person can.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    groups = parser.add_subparsers(required=True, metavar="COMMAND")
    _users(_group(groups, "users", "add and list users"))
    _accounts(_group(groups, "accounts", "connect, check, refresh, pause and resume accounts"))
    _posts(_group(groups, "posts", "check, schedule, follow, cancel, retry and settle posts"))
    shown = _command(
        groups,
        "status",
        "the state of the whole: due, late, in flight, by platform",
        state.status,
        "publishing status --check || page somebody",
    )
    shown.add_argument("--check", action="store_true", help="exit 1 when something needs a person")
    _sync(groups)
    _analytics(groups)
    _keys(_group(groups, "keys", "make, list and change the keys that seal tokens"))
    return parser


def _group(groups: Subparsers, name: str, words: str) -> Subparsers:
    """A command that is nothing without one of its own."""
    parser = groups.add_parser(
        name,
        help=words,
        description=_sentence(words),
        epilog=f"publishing {name} COMMAND --help says more, with an example",
    )
    return parser.add_subparsers(required=True, metavar="COMMAND")


def _command(
    group: Subparsers, name: str, words: str, run: Callable[..., int], example: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = group.add_parser(
        name,
        help=words,
        description=_sentence(words),
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)
    return parser


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _sync(groups: Subparsers) -> None:
    asked = _command(
        groups,
        "sync-analytics",
        "have figures read now: what lacks a snapshot of this hour, day, week or month is read by"
        " the analytics workers; one at a time",
        sync.sync_analytics,
        "publishing sync-analytics --since 30d --wait",
    )
    asked.add_argument("--period", choices=list(AnalyticsPeriod), default=AnalyticsPeriod.DAILY)
    asked.add_argument("--account", metavar="ID", help="only of this account")
    asked.add_argument("--post", metavar="ID", help="only of this post")
    asked.add_argument(
        "--since", metavar="TIME", help="only published since; 30d (ago), or a time with its zone"
    )
    asked.add_argument("--wait", action="store_true", help="until they are read; 1 if some are not")
    asked.add_argument("--timeout", default="10m", help="of --wait (default 10m)")


def _analytics(groups: Subparsers) -> None:
    shown = _command(
        groups,
        "analytics",
        "figures of a post, an account or a user: totals, what was gained over time, top posts",
        _later("ops.analytics", "analytics"),
        "publishing analytics --account ada@example.org/twitter --since 30d --chart\n"
        "  publishing analytics --user ada@example.org --period weekly --chart weeks.svg",
    )
    of = shown.add_mutually_exclusive_group()
    of.add_argument("--post", metavar="ID")
    of.add_argument("--account", help="id, or EMAIL/PLATFORM")
    of.add_argument("--user", help="id or email address")
    shown.add_argument("--period", choices=list(AnalyticsPeriod), default=AnalyticsPeriod.DAILY)
    shown.add_argument(
        "--since", default="30d", help="30d (ago, the default), or a time with its zone"
    )
    shown.add_argument("--until", help="likewise; default: now")
    shown.add_argument(
        "--metric", choices=COUNTS, default="impressions", help="for --chart and --top"
    )
    shown.add_argument("--top", type=int, default=10, help="posts of --user (default 10)")
    shown.add_argument("--csv", action="store_true", help="print what was gained as CSV")
    shown.add_argument(
        "--chart", nargs="?", const="-", metavar="FILE", help="draw it, here or to a .png or .svg"
    )
    shown.add_argument("--archived", action="store_true", help="also what is in files only")
    _archive(shown.add_subparsers(metavar="COMMAND"))


def _archive(group: Subparsers) -> None:
    kept = _command(
        group,
        "archive",
        "write old months into Parquet files, verify them, and drop them from the database; can be"
        " stopped and run again",
        _later("ops.archive", "archive"),
        "publishing analytics archive --older-than 13months --to /srv/archive",
    )
    kept.add_argument("--older-than", default="13months", help="whole months (default 13months)")
    kept.add_argument("--to", required=True, metavar="DIR", help="where the files go")


def _later(module: str, name: str) -> Callable[..., int]:
    """A command whose libraries take a second to load: loaded when it is run."""

    def run(*arguments: Any) -> int:
        return int(getattr(importlib.import_module(module), name)(*arguments))

    return run


def _users(group: Subparsers) -> None:
    add = _command(
        group,
        "add",
        "add a user; the password is asked for, and kept as an argon2id hash",
        people.add_user,
        "publishing users add --name Ada --email ada@example.org",
    )
    add.add_argument("--name", required=True)
    add.add_argument("--email", required=True)
    add.add_argument("--role", choices=list(UserRole), default=UserRole.USER)
    add.add_argument("--password-stdin", action="store_true", help="read the password from stdin")
    _command(group, "list", "list the users", people.list_users, "publishing users list --json")


def _accounts(group: Subparsers) -> None:
    add = _command(
        group,
        "add",
        "connect an account; its tokens are read as JSON from stdin or a file, and sealed",
        people.add_account,
        "publishing accounts add --user ada@example.org --platform threads \\\n"
        "      --platform-user-id 2390 --username ada --token-file tokens.json",
    )
    add.add_argument("--user", required=True, help="id or email address")
    add.add_argument("--platform", required=True, choices=list(Platform))
    add.add_argument("--platform-user-id", required=True, help="the platform's id of the account")
    add.add_argument("--username", required=True)
    add.add_argument("--token-file", help="default: stdin")
    shown = _command(
        group,
        "list",
        "list accounts, without tokens",
        people.list_accounts,
        "publishing accounts list",
    )
    shown.add_argument("--user", help="id or email address")
    shown.add_argument("--active", action="store_true", help="only those of --user that publish")

    for name, words, run in (
        ("show", "an account: status, health, tokens' times, figures, what waits", accounts.show),
        ("check", "ask the platform who it is, and keep what it tells", accounts.check),
        ("refresh", "fetch a new token now", accounts.refresh),
        ("resume", "end a pause, or an error whose cause was mended", accounts.resume),
    ):
        _account(group, name, words, run)
    _account(
        group,
        "connect",
        "give an account new tokens, read as JSON from stdin or a file; its posts go on",
        accounts.connect,
        " < tokens.json",
    ).add_argument("--token-file", help="default: stdin")
    _account(
        group, "pause", "send nothing for an account for a while", accounts.pause, " --until +2h"
    ).add_argument("--until", required=True, help="a time with its zone, or +5m (s, m, h, d)")


def _account(
    group: Subparsers, name: str, words: str, run: Callable[..., int], more: str = ""
) -> argparse.ArgumentParser:
    example = f"publishing accounts {name} ada@example.org/twitter{more}"
    parser = _command(group, name, words, run, example)
    parser.add_argument("account", help="id, or EMAIL/PLATFORM")
    return parser


def _keys(group: Subparsers) -> None:
    _command(
        group, "new", "print a fresh entry for TOKEN_KEYS", people.make_key, "publishing keys new"
    )
    _command(
        group, "list", "how many tokens each key seals", accounts.list_keys, "publishing keys list"
    )
    reseal = _command(
        group,
        "reseal",
        "seal every token with the first key of TOKEN_KEYS; can be stopped and run again",
        accounts.reseal_tokens,
        "publishing keys reseal",
    )
    reseal.add_argument("--batch", type=int, default=200, help="accounts a transaction (200)")


def _posts(group: Subparsers) -> None:
    _schedule(group)
    for name, words, run in (
        ("publish-now", "make a post due at once", posts.publish_now),
        ("cancel", "withdraw what has not been sent", posts.cancel),
        ("show", "a post and its publications", posts.show),
        (
            "explain",
            "why it has not gone out: every attempt, what is next and when",
            posts.explain_post,
        ),
    ):
        _command(group, name, words, run, f"publishing posts {name} 6f1c…").add_argument("id")
    again = _command(
        group,
        "retry",
        "send failed publications again",
        posts.retry,
        "publishing posts retry 6f1c…",
    )
    again.add_argument("id")
    again.add_argument(
        "--not-there", action="store_true", help="also the unconfirmed: you looked, none is there"
    )
    _validate(group)
    _settle(group)
    open_ones = _command(
        group,
        "unanswered",
        "what only a person can answer, and how to answer it",
        posts.unanswered,
        "publishing posts unanswered",
    )
    open_ones.add_argument("--limit", type=int, default=50)
    _list(group)
    _search(group)


def _schedule(group: Subparsers) -> None:
    add = _command(
        group,
        "schedule",
        "write a post for one or more platforms, checked against their limits",
        posts.schedule,
        "publishing posts schedule --user ada@example.org --to instagram --at +1h \\\n"
        "      --type image --media https://cdn.example.org/a.jpg,alt='A lake' --text 'The lake'",
    )
    add.add_argument("--user", required=True, help="id or email address")
    add.add_argument("--to", required=True, metavar="PLATFORM[,…]", help=", ".join(Platform))
    add.add_argument("--at", required=True, help="a time with its zone, +5m (s, m, h, d) or now")
    add.add_argument(
        "--late",
        choices=list(LatePolicy),
        default=LatePolicy.SKIP,
        help="when its late window ends before it went out: publish it however late, ask a person"
        " (see posts unanswered), or skip it (default)",
    )
    add.add_argument("--late-after", metavar="SPAN", help="its late window; default: LATE_WINDOW")
    _content(add)


def _validate(group: Subparsers) -> None:
    judge = _command(
        group,
        "validate",
        "list all that the platforms would refuse, of a stored post or of one as typed",
        validate.validate,
        "publishing posts validate 6f1c…\n"
        "  publishing posts validate --to instagram,tiktok --type video \\\n"
        "      --media https://cdn.example.org/a.mp4,size=9000000,duration=2 --text 'The lake'",
    )
    judge.add_argument("id", nargs="?", help="a stored post; without it, the options are judged")
    judge.add_argument("--to", metavar="PLATFORM[,…]", help="default: the post's own targets")
    _content(judge)


def _content(parser: argparse.ArgumentParser) -> None:
    """What a post says and shows."""
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--text")
    text.add_argument("--text-file", help="a file, or - for stdin")
    parser.add_argument("--type", choices=list(ContentType), help="default: text")
    parser.add_argument(
        "--media",
        action="append",
        default=[],
        metavar="URL[,alt=TEXT][,FACT=VALUE…]",
        help="once for each, in order; facts that are known: type, mime, size (bytes), width,"
        " height, duration (seconds)",
    )
    parser.add_argument("--title")
    parser.add_argument("--option", action="append", default=[], metavar="PLATFORM.KEY=VALUE")


def _settle(group: Subparsers) -> None:
    settle = _command(
        group,
        "settle",
        "answer an unconfirmed publication: what is there on the platform?",
        posts.settle,
        "publishing posts settle 6f1c… --platform twitter --published 1930000000000000777",
    )
    settle.add_argument("id")
    settle.add_argument("--platform", required=True)
    found = settle.add_mutually_exclusive_group(required=True)
    found.add_argument("--published", metavar="ID", help="it is there, with this id")
    found.add_argument("--not-there", action="store_true", help="it is not: send it again")
    settle.add_argument("--url")


def _list(group: Subparsers) -> None:
    shown = _command(
        group,
        "list",
        "list posts, latest first",
        posts.list_posts,
        "publishing posts list --status failed",
    )
    shown.add_argument("--user", help="id or email address")
    shown.add_argument("--status", choices=list(Status))
    shown.add_argument("--platform")
    shown.add_argument("--since", help="scheduled at or after this time")
    shown.add_argument(
        "--upcoming", action="store_true", help="what of --user goes out from now on, next first"
    )
    shown.add_argument("--limit", type=int, default=50)


def _search(group: Subparsers) -> None:
    sought = _command(
        group,
        "search",
        "find posts by the words of their title and text, or by hashtag",
        posts.find,
        "publishing posts search 'morning coffee' -- -tea\n"
        "  publishing posts search --hashtag lakes --user ada@example.org",
    )
    sought.add_argument("words", nargs="*", help='all of them; "a phrase", or, -not as on the web')
    sought.add_argument("--hashtag", help="as it is stored, with or without #")
    sought.add_argument("--user", help="id or email address")
    sought.add_argument("--limit", type=int, default=50)
