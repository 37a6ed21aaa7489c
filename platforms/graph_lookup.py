"""Looking for posts by id, as Meta's three APIs answer it.

They say "does not exist" (code 100, subcode 33) also of what the token may not see, and in some of
their outages: whoever asks should ask twice before believing it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from platforms import graph
from platforms.adapter import Lookup, Sightings, VerifyFlow
from platforms.flow import Answer, Reply, Request, Step, call

BATCH: Final = 10


def verify(lookup: Lookup, version: str) -> VerifyFlow:
    """``GET /{id}`` for each: the form that takes several ids at once is being removed."""
    there, gone = set(), set()
    for post_id in lookup.ids:
        answer = yield from _node(version, post_id)
        if answer.ok:
            there.add(post_id)
        elif graph.is_missing(answer):
            gone.add(post_id)
        else:
            raise graph.refusal(answer, lookup.now)
    return Sightings(frozenset(there), frozenset(gone))


def _node(version: str, post_id: str) -> Generator[Step, Reply, Answer]:
    return call(Request("GET", f"/{version}/{post_id}", query={"fields": "id"}))
