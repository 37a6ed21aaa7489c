"""What Instagram accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span
from platforms.instagram.options import OPTIONS

PICTURE: Final = FileRule(
    frozenset({"image/jpeg"}), size=Span(1, 8 * 1024**2), ratio=Span(4 / 5, 1.91)
)
# Pictures of stories are not cropped, so that every ratio goes.
STORY_PICTURE: Final = FileRule(frozenset({"image/jpeg"}), size=Span(1, 8 * 1024**2))
FILM_TYPES: Final = frozenset({"video/mp4", "video/quicktime"})
CODECS: Final = frozenset({"h264", "hevc"})
FILM: Final = FileRule(
    FILM_TYPES,
    size=Span(1, 300 * 1024**2),
    seconds=Span(3, 900),
    width=Span(most=1920),
    ratio=Span(0.01, 10),
    codecs=CODECS,
)
STORY_FILM: Final = FileRule(
    FILM_TYPES,
    size=Span(1, 100 * 1024**2),
    seconds=Span(3, 60),
    width=Span(most=1920),
    ratio=Span(0.01, 10),
    codecs=CODECS,
)
REEL: Final = MediaRule(1, 1, {MediaType.VIDEO: FILM})
SEVERAL: Final = MediaRule(2, 10, {MediaType.IMAGE: PICTURE, MediaType.VIDEO: FILM})

LIMITS: Final = Limits(
    platform=Platform.INSTAGRAM,
    source="https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference"
    "/ig-user/media",
    read="2026-11",
    options=OPTIONS,
    text_max=2200,
    hashtags_max=30,
    mentions_max=20,
    alt_text_max=1000,
    kinds={
        ContentType.IMAGE: MediaRule(1, 1, {MediaType.IMAGE: PICTURE}),
        ContentType.VIDEO: REEL,
        ContentType.REEL: REEL,
        ContentType.STORY: MediaRule(
            1, 1, {MediaType.IMAGE: STORY_PICTURE, MediaType.VIDEO: STORY_FILM}
        ),
        ContentType.CAROUSEL: SEVERAL,
        ContentType.MIXED: SEVERAL,
    },
)
