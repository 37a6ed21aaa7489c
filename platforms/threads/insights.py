"""Figures of posts on Threads, one a call
(https://developers.facebook.com/docs/threads/insights)."""

from __future__ import annotations

from typing import Final

from domain.analytics import Figures, total
from platforms.adapter import Metrics, MetricsFlow, Reading, Sought, Survey
from platforms.graph_insights import BATCH, insights, one_by_one
from platforms.surveys import Asking

NAMES: Final = ("views", "likes", "replies", "reposts", "quotes", "shares")
MORE: Final = ("reposts", "quotes")


def read(survey: Survey) -> MetricsFlow:
    return one_by_one(survey, _ask)


def _ask(post: Sought, survey: Survey) -> Asking:
    """``GET /v1.0/{media}/insights``."""
    found = yield from insights(f"/v1.0/{post.id}/insights", NAMES, survey.now)
    told = found.told
    figures = Figures(
        likes=told.get("likes"),
        comments=told.get("replies"),
        shares=total(told.get("reposts"), told.get("quotes"), told.get("shares")),
        impressions=told.get("views"),
        more={name: told[name] for name in MORE if name in told},
    )
    return Reading(figures, {"insights": found.rows}), found.usage


METRICS: Final = Metrics(BATCH, read)
