"""How the sandbox is told what to do: control routes, traits of accounts, faults."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Final

from sandbox.accounts import TRAITS
from sandbox.control import PREFIX
from sandbox.faults import EFFECTS, LOSSES, REFUSALS, STEPS

WIDTH: Final = 88
INDENT: Final = "      "
CONTROLS: Final = {
    "POST accounts": "one account or a list: platform, id, token, username, refresh_token,"
    " expires_in, refresh_expires_in, token_age, revoked, scopes, name, avatar, followers,"
    " following, and the traits below",
    "GET accounts": "all of them",
    "GET ledger": "what was accepted, in order; ?platform= account= text= kind= id= reply_to="
    " choose, ?summary=1 counts and lists duplicates",
    "GET calls": "method, path and status of the last calls; ?platform= chooses",
    "POST faults": "something that is to go wrong, see below",
    "GET faults": "all of them, with how often they struck",
    "DELETE faults": "take them away; ?id= chooses one",
    "POST settings": "latency, processing_looks, processing_seconds, moderation_seconds,"
    " listing_seconds, app_secret, limits (false: refuse nothing), growth (scale of the figures),"
    " followers_a_day, pull_within; those that are not named stay",
    "GET settings": "all of them",
    "POST clock": "advance: seconds forward, or now: a time; tokens, windows, containers and"
    " figures go by it",
    "GET clock": "its time",
    "POST limits": "platform, name, limit, and account or all: how many a window has",
    "GET limits": "the names, with their usual numbers",
    "POST figures": "platform, post and figures that then stand still, or platform, account,"
    " followers, following",
    "POST reset": "forget everything",
    "GET media/NAME": "a real file of the type of the name (jpg png gif webp mp4 mov pdf);"
    " ?width= height= seconds= shape it, bytes= pads it, cut= leaves off its end, status= and"
    " type= falsify the answer",
}
CHOICES: Final = {
    "platform, account": "whose calls; all if not given",
    "step": f"one of {', '.join(STEPS)}",
    "method, path": "of the call; path is a regular expression",
    "text_contains": "what the call is about",
    "skip, times": "let so many pass, then strike so often (1; 0: until taken away)",
    "status, retry_after, seconds, looks, reason, text, body, headers": "what the action needs",
}


def text() -> str:
    """Everything that it can be told, for ``--help``."""
    parts = (
        (f"control, under {PREFIX}/, in JSON", CONTROLS),
        ("traits of accounts", TRAITS),
        ("faults: which calls they strike", CHOICES),
        ("faults: action in place of an answer, nothing is accepted", REFUSALS),
        ("faults: action after the platform has accepted", LOSSES),
        ("faults: action on what is made, while the answer is as ever", EFFECTS),
    )
    return "\n\n".join(f"{title}:\n{_table(entries)}" for title, entries in parts)


def _table(entries: Mapping[str, str]) -> str:
    return "\n".join(f"  {name}\n{_folded(words)}" for name, words in entries.items())


def _folded(words: str) -> str:
    return fill(words, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
