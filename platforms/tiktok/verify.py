"""Whether posts of TikTok are really there: up to twenty in one read
(https://developers.tiktok.com/doc/tiktok-api-v2-video-query).

Only public posts have an id. Of one that is known by its ``publish_id`` alone (private, or still
under moderation) it cannot be told.
"""

from __future__ import annotations

from typing import Final

from domain.content import Json
from platforms.adapter import Lookup, Sightings, VerifyFlow
from platforms.flow import Request, Unreadable, call
from platforms.tiktok.codes import data_of

BATCH: Final = 20


def verify(lookup: Lookup) -> VerifyFlow:
    """``POST /v2/video/query/``, of the owner's own videos. What is missing in it is gone."""
    ids = [post_id for post_id in lookup.ids if post_id.isdecimal()]
    if not ids:
        return Sightings()
    body: dict[str, Json] = {"filters": {"video_ids": list[Json](ids)}}
    request = Request("POST", "/v2/video/query/", query={"fields": "id"}, body=body)
    answer = yield from call(request)
    videos = data_of(answer, lookup.now).get("videos")
    if not isinstance(videos, list):
        raise Unreadable(answer.status)
    there = {str(video.get("id")) for video in videos if isinstance(video, dict)}
    return Sightings(frozenset(there & set(ids)), frozenset(set(ids) - there))
