"""What Threads accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import Limits, MediaRule
from domain.text import emoji_bytes_length

PICTURES: Final = frozenset({"image/jpeg", "image/png"})
FILMS: Final = frozenset({"video/mp4", "video/quicktime"})
SIZES: Final = {MediaType.IMAGE: 8 * 1024**2, MediaType.VIDEO: 1024**3}
SECONDS: Final = {MediaType.VIDEO: 300}
EITHER: Final = frozenset({MediaType.IMAGE, MediaType.VIDEO})

LIMITS: Final = Limits(
    platform=Platform.THREADS,
    text_max=500,
    text_length=emoji_bytes_length,
    kinds={
        ContentType.TEXT: MediaRule(needs_text=True),
        ContentType.IMAGE: MediaRule(1, 1, frozenset({MediaType.IMAGE}), PICTURES, SIZES),
        ContentType.VIDEO: MediaRule(1, 1, frozenset({MediaType.VIDEO}), FILMS, SIZES, SECONDS),
        ContentType.CAROUSEL: MediaRule(2, 20, EITHER, PICTURES | FILMS, SIZES, SECONDS),
        ContentType.MIXED: MediaRule(2, 20, EITHER, PICTURES | FILMS, SIZES, SECONDS),
    },
)
