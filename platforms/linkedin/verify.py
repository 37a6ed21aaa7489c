"""Whether posts of LinkedIn are really there: one read each, by URN.

A Page's posts can be read. A member's cannot, without a right that LinkedIn gives to few: of those
it cannot be told.
"""

from __future__ import annotations

from typing import Final

from platforms.adapter import Lookup, Sightings, VerifyFlow
from platforms.flow import call
from platforms.linkedin import api
from platforms.linkedin.errors import refusal

BATCH: Final = 10


def verify(lookup: Lookup) -> VerifyFlow:
    """``GET /rest/posts/{urn}`` for each."""
    there, gone = set(), set()
    for urn in lookup.ids:
        answer = yield from call(api.get(lookup.account, f"posts/{api.encoded(urn)}"))
        if answer.ok:
            there.add(urn)
        elif answer.status == 404:
            gone.add(urn)
        elif answer.status != 403:
            raise refusal(answer, lookup.now)
    return Sightings(frozenset(there), frozenset(gone))
