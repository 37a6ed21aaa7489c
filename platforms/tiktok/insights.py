"""Figures of videos on TikTok: twenty a call
(https://developers.tiktok.com/doc/tiktok-api-v2-video-query)."""

from __future__ import annotations

from typing import Final

from domain.analytics import Figures, count
from domain.content import Json
from platforms.adapter import Findings, Metrics, MetricsFlow, Reading, Survey
from platforms.flow import Request, Unreadable, call
from platforms.surveys import TIMEOUT
from platforms.tiktok.codes import data_of

BATCH: Final = 20
PATH: Final = "/v2/video/query/"
FIELDS: Final = "id,like_count,comment_count,share_count,view_count"


def read(survey: Survey) -> MetricsFlow:
    """``POST /v2/video/query/``. A video has an id once it is public, at times only after
    moderation; until then, and once it is gone, TikTok does not know it."""
    wanted = [post.id for post in survey.posts if post.id.isdecimal()]
    if not wanted:
        return Findings({post.id: None for post in survey.posts})
    body: Json = {"filters": {"video_ids": list[Json](wanted)}}
    request = Request("POST", PATH, query={"fields": FIELDS}, body=body, timeout=TIMEOUT)
    answer = yield from call(request)
    rows = data_of(answer, survey.now).get("videos")
    if not isinstance(rows, list):
        raise Unreadable(answer.status)
    told = {str(row.get("id")): _reading(row) for row in rows if isinstance(row, dict)}
    return Findings({post.id: told.get(post.id) for post in survey.posts})


def _reading(row: dict[str, Json]) -> Reading:
    figures = Figures(
        likes=count(row.get("like_count")),
        comments=count(row.get("comment_count")),
        shares=count(row.get("share_count")),
        impressions=count(row.get("view_count")),
    )
    return Reading(figures, row)


METRICS: Final = Metrics(BATCH, read)
