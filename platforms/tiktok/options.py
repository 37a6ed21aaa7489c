"""What TikTok takes with a post, by the API's own names
(https://developers.tiktok.com/doc/content-posting-api-reference-direct-post)."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType
from domain.options import Option, Shape

VIDEO: Final = frozenset({ContentType.VIDEO, ContentType.REEL})
PHOTO: Final = frozenset({ContentType.IMAGE, ContentType.CAROUSEL})
LEVELS: Final = (
    "PUBLIC_TO_EVERYONE",
    "FOLLOWER_OF_CREATOR",
    "MUTUAL_FOLLOW_FRIENDS",
    "SELF_ONLY",
)

PRIVACY: Final = Option(
    "privacy_level",
    Shape.TEXT,
    "who may see it; left out: the widest that the creator has",
    choices=LEVELS,
)
BOTH: Final = (
    Option("disable_comment", Shape.SWITCH, "no comments"),
    Option("brand_content_toggle", Shape.SWITCH, "a paid partnership; not with SELF_ONLY"),
    Option("brand_organic_toggle", Shape.SWITCH, "promotes the creator's own business"),
)
WITH_VIDEO: Final = (
    Option("disable_duet", Shape.SWITCH, "no duets", VIDEO),
    Option("disable_stitch", Shape.SWITCH, "no stitches", VIDEO),
    Option("video_cover_timestamp_ms", Shape.NUMBER, "the cover: milliseconds into it", VIDEO),
    Option("is_aigc", Shape.SWITCH, "marked as made by AI", VIDEO),
)
WITH_PHOTOS: Final = (Option("auto_add_music", Shape.SWITCH, "TikTok chooses a sound", PHOTO),)
COVER: Final = Option("photo_cover_index", Shape.NUMBER, "the cover: which photo, from 0", PHOTO)
SOURCE: Final = Option(
    "source",
    Shape.TEXT,
    "`FILE_UPLOAD` (the default): it is sent; `PULL_FROM_URL`: TikTok fetches it, from a domain"
    " that is verified there",
    VIDEO,
    choices=("FILE_UPLOAD", "PULL_FROM_URL"),
)
OPTIONS: Final = (PRIVACY, *BOTH, *WITH_VIDEO, *WITH_PHOTOS, COVER, SOURCE)
