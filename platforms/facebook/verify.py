"""Whether posts of a Facebook Page are really there: one read each, by id."""

from __future__ import annotations

from typing import Final

from platforms import graph_lookup
from platforms.adapter import Lookup, VerifyFlow
from platforms.facebook.media import VERSION

BATCH: Final = graph_lookup.BATCH


def verify(lookup: Lookup) -> VerifyFlow:
    return graph_lookup.verify(lookup, VERSION)
