"""What Instagram accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import Limits, MediaRule

PICTURE: Final = frozenset({MediaType.IMAGE})
FILM: Final = frozenset({MediaType.VIDEO})
MIME_TYPES: Final = frozenset({"image/jpeg", "video/mp4", "video/quicktime"})
SIZES: Final = {MediaType.IMAGE: 8 * 1024**2, MediaType.VIDEO: 300 * 1024**2}
STORY_SIZES: Final = {MediaType.IMAGE: 8 * 1024**2, MediaType.VIDEO: 100 * 1024**2}
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
            1, 1, PICTURE | FILM, MIME_TYPES, STORY_SIZES, {MediaType.VIDEO: 60}
        ),
        ContentType.CAROUSEL: SEVERAL,
        ContentType.MIXED: SEVERAL,
    },
)
