"""X is renaming its fields, and has not said until when both names work. They are asked for under
the old names, or the new ones if the account's metadata say ``{"field_names": "post"}``, and read
under either (https://docs.x.com/x-api/fundamentals/fields)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.content import Json
from platforms.adapter import Account

FIELDS: Final = "tweet.fields"
RENAMED: Final = {
    FIELDS: "post.fields",
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
}


def fields(account: Account, *names: str) -> dict[str, str]:
    """The part of a query that asks for these fields of posts, by their old names."""
    if account.metadata.get("field_names") != "post":
        return {FIELDS: ",".join(names)}
    return {RENAMED[FIELDS]: ",".join(RENAMED.get(name, name) for name in names)}


def either(row: Mapping[str, Json], name: str) -> Json:
    """The value of a field under its old name or its new."""
    return row.get(name, row.get(RENAMED[name]))
