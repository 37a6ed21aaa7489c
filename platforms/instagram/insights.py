"""Figures of media on Instagram, one a call
(https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights).

Which metrics there are depends on the kind of media, and one that is not fails the whole call.
"""

from __future__ import annotations

from typing import Final

from domain.analytics import Figures
from domain.content import ContentType
from platforms.adapter import Metrics, MetricsFlow, Reading, Sought, Survey
from platforms.graph_insights import BATCH, insights, one_by_one
from platforms.instagram.posts import VERSION
from platforms.surveys import Asking

ALL: Final = ("reach", "views", "shares", "total_interactions")
FEED: Final = (*ALL, "likes", "comments", "saved", "follows", "profile_visits")
REEL: Final = (*ALL, "likes", "comments", "saved", "ig_reels_avg_watch_time")
STORY: Final = (*ALL, "replies", "navigation", "link_clicks")
BY_KIND: Final = {
    ContentType.STORY: STORY,
    ContentType.REEL: REEL,
    ContentType.VIDEO: REEL,  # a video alone is published as a reel
}
MORE: Final = (
    "total_interactions",
    "follows",
    "profile_visits",
    "ig_reels_avg_watch_time",
    "navigation",
)


def read(survey: Survey) -> MetricsFlow:
    return one_by_one(survey, _ask)


def _ask(post: Sought, survey: Survey) -> Asking:
    """``GET /v25.0/{media}/insights``. A story's replies are its comments."""
    names = BY_KIND.get(post.kind, FEED)
    found = yield from insights(f"/{VERSION}/{post.id}/insights", names, survey.now)
    told = found.told
    figures = Figures(
        likes=told.get("likes"),
        comments=told.get("comments", told.get("replies")),
        shares=told.get("shares"),
        impressions=told.get("views"),
        reach=told.get("reach"),
        clicks=told.get("link_clicks"),
        saves=told.get("saved"),
        more={name: told[name] for name in MORE if name in told},
    )
    return Reading(figures, {"insights": found.rows}), found.usage


METRICS: Final = Metrics(BATCH, read)
