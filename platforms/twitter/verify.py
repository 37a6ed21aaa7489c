"""Whether posts of X are really there: up to a hundred in one read
(https://docs.x.com/x-api/posts/get-posts-by-ids)."""

from __future__ import annotations

from typing import Final

from platforms.adapter import Lookup, Sightings, VerifyFlow
from platforms.flow import Answer, Request, Unreadable, call
from platforms.twitter.errors import refusal

BATCH: Final = 100
GONE: Final = "resource-not-found"


def verify(lookup: Lookup) -> VerifyFlow:
    """``GET /2/tweets``. What is not there is named among the errors of the same answer; a post
    that may not be seen is named there too, for another reason, and is not taken for gone."""
    answer = yield from call(Request("GET", "/2/tweets", query={"ids": ",".join(lookup.ids)}))
    if not answer.ok:
        raise refusal(answer, lookup.now)
    found = answer.json().get("data", [])
    if not isinstance(found, list):
        raise Unreadable(answer.status)
    there = {str(post.get("id")) for post in found if isinstance(post, dict)}
    return Sightings(frozenset(there), frozenset(gone(answer) - there))


def gone(answer: Answer) -> set[str]:
    """The ids that the errors of an answer name as not found."""
    errors = answer.json().get("errors", [])
    if not isinstance(errors, list):
        raise Unreadable(answer.status)
    return {
        str(error.get("resource_id") or error.get("value"))
        for error in errors
        if isinstance(error, dict) and str(error.get("type", "")).endswith(GONE)
    }
