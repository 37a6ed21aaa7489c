"""What TikTok accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import Limits, MediaRule
from domain.text import utf16_length

VIDEO_TYPES: Final = frozenset({"video/mp4", "video/quicktime", "video/webm"})
VIDEO: Final = MediaRule(
    least=1,
    most=1,
    types=frozenset({MediaType.VIDEO}),
    mime_types=VIDEO_TYPES,
    max_bytes={MediaType.VIDEO: 4 * 1024**3},
    max_seconds={MediaType.VIDEO: 600},
)
LIMITS: Final = Limits(
    platform=Platform.TIKTOK,
    text_max=2200,
    text_length=utf16_length,
    kinds={ContentType.VIDEO: VIDEO, ContentType.REEL: VIDEO},
)
