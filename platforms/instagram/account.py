"""The account's side of Instagram: tokens."""

from __future__ import annotations

from platforms import graph
from platforms.flow import Grant, RefreshFlow


def refresh_token(grant: Grant) -> RefreshFlow:
    return graph.refresh(grant, "ig_refresh_token")
