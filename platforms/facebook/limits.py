"""What Facebook Pages accept."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span
from platforms.facebook.options import OPTIONS

PICTURE: Final = FileRule(
    frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"}),
    size=Span(1, 10 * 1024**2),
)
PICTURES: Final = {MediaType.IMAGE: PICTURE, MediaType.GIF: PICTURE}
FILM_SIZE: Final = Span(1, 2 * 1024**3)
FILM: Final = FileRule(size=FILM_SIZE, seconds=Span(1, 2400))
MP4: Final = frozenset({"video/mp4"})
CODECS: Final = frozenset({"h264", "hevc", "vp9", "av1"})
# Upright or lying; the documentation's 540 x 960 is the upright one.
SIDE: Final = Span(least=540)
RATIO: Final = Span(9 / 16, 16 / 9)
REEL: Final = FileRule(MP4, FILM_SIZE, Span(3, 90), SIDE, SIDE, RATIO, codecs=CODECS)
STORY: Final = FileRule(MP4, FILM_SIZE, Span(most=60), SIDE, SIDE, RATIO, codecs=CODECS)

LIMITS: Final = Limits(
    platform=Platform.FACEBOOK,
    source="https://developers.facebook.com/docs/pages-api and /docs/video-api/guides",
    read="2026-11",
    options=OPTIONS,
    text_max=63_206,
    kinds={
        ContentType.TEXT: MediaRule(needs_text=True),
        ContentType.IMAGE: MediaRule(1, 1, PICTURES),
        ContentType.CAROUSEL: MediaRule(2, 10, PICTURES),
        ContentType.VIDEO: MediaRule(1, 1, {MediaType.VIDEO: FILM}),
        ContentType.REEL: MediaRule(1, 1, {MediaType.VIDEO: REEL}),
        ContentType.STORY: MediaRule(1, 1, {MediaType.IMAGE: PICTURE, MediaType.VIDEO: STORY}),
    },
)
