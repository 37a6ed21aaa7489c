"""What TikTok accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span
from domain.text import utf16_length
from platforms.tiktok.options import OPTIONS

VIDEO_TYPES: Final = frozenset({"video/mp4", "video/quicktime", "video/webm"})
SIDE: Final = Span(360, 4096)
FILM: Final = FileRule(
    VIDEO_TYPES,
    size=Span(1, 4 * 1024**3),
    seconds=Span(3, 600),
    width=SIDE,
    height=SIDE,
    codecs=frozenset({"h264", "hevc", "vp8", "vp9"}),
)
PICTURE: Final = FileRule(
    frozenset({"image/jpeg", "image/webp"}),
    size=Span(1, 20 * 1024**2),
    width=Span(most=1920),
    height=Span(most=1920),
)
VIDEO: Final = MediaRule(1, 1, {MediaType.VIDEO: FILM})
PHOTO: Final = {MediaType.IMAGE: PICTURE}

LIMITS: Final = Limits(
    platform=Platform.TIKTOK,
    source="https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide",
    read="2026-11",
    options=OPTIONS,
    text_max=2200,
    text_length=utf16_length,
    kinds={
        ContentType.VIDEO: VIDEO,
        ContentType.REEL: VIDEO,
        ContentType.IMAGE: MediaRule(1, 1, PHOTO, text_max=4000, title_max=90),
        ContentType.CAROUSEL: MediaRule(2, 35, PHOTO, text_max=4000, title_max=90),
    },
)
