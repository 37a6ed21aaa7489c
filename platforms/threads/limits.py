"""What Threads accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span
from domain.text import emoji_bytes_length
from platforms.threads.options import OPTIONS

PICTURE: Final = FileRule(
    frozenset({"image/jpeg", "image/png"}), size=Span(1, 8 * 1024**2), ratio=Span(most=10)
)
FILM: Final = FileRule(
    frozenset({"video/mp4", "video/quicktime"}),
    size=Span(1, 1024**3),
    seconds=Span(most=300),
    width=Span(most=1920),
    ratio=Span(0.01, 10),
    codecs=frozenset({"h264", "hevc"}),
)
SEVERAL: Final = MediaRule(2, 20, {MediaType.IMAGE: PICTURE, MediaType.VIDEO: FILM})

LIMITS: Final = Limits(
    platform=Platform.THREADS,
    source="https://developers.facebook.com/docs/threads/overview",
    read="2026-11",
    options=OPTIONS,
    text_max=500,
    text_length=emoji_bytes_length,
    links_max=5,
    alt_text_max=1000,
    kinds={
        ContentType.TEXT: MediaRule(needs_text=True),
        ContentType.IMAGE: MediaRule(1, 1, {MediaType.IMAGE: PICTURE}),
        ContentType.VIDEO: MediaRule(1, 1, {MediaType.VIDEO: FILM}),
        ContentType.CAROUSEL: SEVERAL,
        ContentType.MIXED: SEVERAL,
    },
)
