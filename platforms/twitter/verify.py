"""Whether posts of X are really there: up to a hundred in one read
(https://docs.x.com/x-api/posts/get-posts-by-ids)."""

from __future__ import annotations

from typing import Final

from platforms.flow import Lookup, Request, Sightings, Unreadable, VerifyFlow, call
from platforms.twitter.posts import refusal

BATCH: Final = 100
GONE: Final = "resource-not-found"


def verify(lookup: Lookup) -> VerifyFlow:
    """``GET /2/tweets``. What is not there is named among the errors of the same answer; a post
    that may not be seen is named there too, for another reason, and is not taken for gone."""
    answer = yield from call(Request("GET", "/2/tweets", query={"ids": ",".join(lookup.ids)}))
    if not answer.ok:
        raise refusal(answer, lookup.now)
    body = answer.json()
    found, errors = body.get("data", []), body.get("errors", [])
    if not isinstance(found, list) or not isinstance(errors, list):
        raise Unreadable(answer.status)
    there = {str(post.get("id")) for post in found if isinstance(post, dict)}
    gone = {
        str(error.get("resource_id") or error.get("value"))
        for error in errors
        if isinstance(error, dict) and str(error.get("type", "")).endswith(GONE)
    }
    return Sightings(frozenset(there), frozenset(gone - there))
