"""What Facebook Pages accept."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import Limits, MediaRule

PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"})
PICTURE: Final = frozenset({MediaType.IMAGE})
FILM: Final = frozenset({MediaType.VIDEO})
SIZES: Final = {MediaType.IMAGE: 10 * 1024**2, MediaType.VIDEO: 2 * 1024**3}
MP4: Final = frozenset({"video/mp4"})

LIMITS: Final = Limits(
    platform=Platform.FACEBOOK,
    text_max=63_206,
    kinds={
        ContentType.TEXT: MediaRule(needs_text=True),
        ContentType.IMAGE: MediaRule(1, 1, PICTURE, PICTURES, SIZES),
        ContentType.CAROUSEL: MediaRule(2, 10, PICTURE, PICTURES, SIZES),
        ContentType.VIDEO: MediaRule(1, 1, FILM, None, SIZES, {MediaType.VIDEO: 2400}),
        ContentType.REEL: MediaRule(1, 1, FILM, MP4, SIZES, {MediaType.VIDEO: 90}),
        ContentType.STORY: MediaRule(
            1, 1, PICTURE | FILM, PICTURES | MP4, SIZES, {MediaType.VIDEO: 60}
        ),
    },
)
