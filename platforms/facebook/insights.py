"""Figures of posts on Facebook Pages, two calls a post
(https://developers.facebook.com/docs/graph-api/reference/insights).

Counts of reactions, comments and shares are fields of the post; views, reach and clicks are
insights, which a Page has from 100 likes on. Reels have insights of their own, stories none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.analytics import NO_FIGURES, Figures, count, total
from domain.content import ContentType, Json
from platforms import graph
from platforms.adapter import Metrics, MetricsFlow, Reading, Sought, Survey
from platforms.facebook.media import VERSION
from platforms.flow import Request, call
from platforms.graph_insights import BATCH, insights, one_by_one
from platforms.surveys import TIMEOUT, Asking

FIELDS: Final = "shares,comments.limit(0).summary(true),reactions.limit(0).summary(true)"
POST: Final = ("post_media_view", "post_total_media_view_unique", "post_clicks")
FILM: Final = (
    "blue_reels_play_count",
    "post_video_likes_by_reaction_type",
    "post_video_social_actions",
)


def read(survey: Survey) -> MetricsFlow:
    return one_by_one(survey, _ask)


def _ask(post: Sought, survey: Survey) -> Asking:
    if post.kind is ContentType.STORY:
        return Reading(NO_FIGURES, {}), None
    if post.kind is ContentType.REEL or "_" not in post.id:
        return (yield from _film(post, survey))
    return (yield from _post(post, survey))


def _post(post: Sought, survey: Survey) -> Asking:
    """``GET /{post}?fields=…`` and ``GET /{post}/insights``. Without ``shares`` there are none."""
    path = f"/{VERSION}/{post.id}"
    answer = yield from call(Request("GET", path, query={"fields": FIELDS}, timeout=TIMEOUT))
    counts = graph.object_of(answer, survey.now)
    found = yield from insights(f"{path}/insights", POST, survey.now)
    shares = counts.get("shares")
    figures = Figures(
        likes=_summary(counts, "reactions"),
        comments=_summary(counts, "comments"),
        shares=count(shares.get("count")) if isinstance(shares, dict) else 0,
        impressions=found.told.get("post_media_view"),
        reach=found.told.get("post_total_media_view_unique"),
        clicks=found.told.get("post_clicks"),
    )
    return Reading(figures, {**counts, "insights": found.rows}), found.usage


def _film(post: Sought, survey: Survey) -> Asking:
    """``GET /{video}/video_insights``; reactions and social actions are told by type."""
    found = yield from insights(f"/{VERSION}/{post.id}/video_insights", FILM, survey.now)
    actions = found.by_type("post_video_social_actions")
    figures = Figures(
        likes=total(*found.by_type("post_video_likes_by_reaction_type").values()),
        comments=actions.get("COMMENT"),
        shares=actions.get("SHARE"),
        impressions=found.told.get("blue_reels_play_count"),
    )
    return Reading(figures, {"insights": found.rows}), found.usage


def _summary(counts: Mapping[str, Json], name: str) -> int | None:
    edge = counts.get(name)
    summary = edge.get("summary") if isinstance(edge, dict) else None
    return count(summary.get("total_count")) if isinstance(summary, dict) else None


METRICS: Final = Metrics(BATCH, read)
