"""Instagram API with Instagram login, v25.0
(https://developers.facebook.com/docs/instagram-platform): image, reel, story, carousel.

Instagram fetches the media from its URL. There are no posts of text alone.
"""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, Media, MediaType, Platform
from domain.limits import Limits, MediaRule
from platforms import containers, graph
from platforms.containers import Dialect
from platforms.flow import Adapter, Grant, Job, PublishFlow, RefreshFlow, SettleFlow

PICTURE: Final = frozenset({MediaType.IMAGE})
FILM: Final = frozenset({MediaType.VIDEO})
MIME_TYPES: Final = frozenset({"image/jpeg", "video/mp4", "video/quicktime"})
SIZES: Final = {MediaType.IMAGE: 8 * 1024**2, MediaType.VIDEO: 300 * 1024**2}
REEL: Final = MediaRule(1, 1, FILM, MIME_TYPES, SIZES, {MediaType.VIDEO: 900})
SEVERAL: Final = MediaRule(2, 10, PICTURE | FILM, MIME_TYPES, SIZES, {MediaType.VIDEO: 900})

LIMITS: Final = Limits(
    platform=Platform.INSTAGRAM,
    text_max=2200,
    kinds={
        ContentType.IMAGE: MediaRule(1, 1, PICTURE, MIME_TYPES, SIZES),
        ContentType.VIDEO: REEL,
        ContentType.REEL: REEL,
        ContentType.STORY: MediaRule(
            1, 1, PICTURE | FILM, MIME_TYPES, SIZES, {MediaType.VIDEO: 60}
        ),
        ContentType.CAROUSEL: SEVERAL,
        ContentType.MIXED: SEVERAL,
    },
)
DIALECT: Final = Dialect(
    version="v25.0",
    create="media",
    publish="media_publish",
    status_field="status_code",
    reason_field="status",
    listing="media",
    text_field="caption",
)
STORIES: Final = Dialect(
    version="v25.0",
    create="media",
    publish="media_publish",
    status_field="status_code",
    reason_field="status",
    listing="stories",
    text_field="caption",
)


def publish(job: Job) -> PublishFlow:
    """A single video is always a reel. Options ``location_id`` and ``share_to_feed`` are passed
    on."""
    return containers.publish(job, _dialect(job), forms)


def settle(job: Job) -> SettleFlow:
    return containers.settle(job, _dialect(job))


def refresh_token(grant: Grant) -> RefreshFlow:
    return graph.refresh(grant, "ig_refresh_token")


def forms(job: Job) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The containers of the items, and the one that is published."""
    content = job.content
    caption = {"caption": content.text} if content.text else {}
    options = {
        name: str(content.options[name])
        for name in ("location_id", "share_to_feed")
        if name in content.options
    }
    if content.kind is ContentType.STORY:
        return [], {"media_type": "STORIES", **_source(content.media[0])}
    if len(content.media) > 1:
        items = [{**_child(media), "is_carousel_item": "true"} for media in content.media]
        return items, {"media_type": "CAROUSEL", **caption, **options}
    only = content.media[0]
    kind = {"media_type": "REELS"} if only.type is MediaType.VIDEO else {}
    return [], {**kind, **_source(only), **caption, **options}


def _dialect(job: Job) -> Dialect:
    return STORIES if job.content.kind is ContentType.STORY else DIALECT


def _child(media: Media) -> dict[str, str]:
    kind = {"media_type": "VIDEO"} if media.type is MediaType.VIDEO else {}
    return {**kind, **_source(media)}


def _source(media: Media) -> dict[str, str]:
    if media.type is MediaType.VIDEO:
        return {"video_url": media.url}
    return {"image_url": media.url, **({"alt_text": media.alt_text} if media.alt_text else {})}


ADAPTER: Final = Adapter(
    platform=Platform.INSTAGRAM,
    limits=LIMITS,
    publish=publish,
    settle=settle,
    refresh_token=refresh_token,
)
