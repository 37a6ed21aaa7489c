"""What X accepts.

A post shows one to four photos, or one GIF, or one video. Stories, reels and posts of photos and
videos together do not exist. Longer texts are for Premium accounts, which are not told apart.
"""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span
from domain.text import weighted_length
from platforms.twitter.options import OPTIONS, relations

PICTURE: Final = FileRule(
    frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}), size=Span(1, 5 * 1024**2)
)
STILL: Final = FileRule(
    frozenset({"image/jpeg", "image/png", "image/webp"}), size=Span(1, 5 * 1024**2)
)
MOVING: Final = FileRule(
    frozenset({"image/gif"}),
    size=Span(1, 15 * 1024**2),
    width=Span(most=1280),
    height=Span(most=1080),
    frames=Span(most=350),
    pixels_of_all_frames=Span(most=300_000_000),
)
# Larger pictures than the documented 1280 x 1024 depend on the account: X judges them.
FILM: Final = FileRule(
    frozenset({"video/mp4", "video/quicktime"}),
    size=Span(1, 512 * 1024**2),
    seconds=Span(0.5, 140),
    width=Span(least=32),
    height=Span(least=32),
    ratio=Span(1 / 3, 3),
    codecs=frozenset({"h264"}),
)

LIMITS: Final = Limits(
    platform=Platform.TWITTER,
    source="https://github.com/twitter/twitter-text (v3) and https://docs.x.com/x-api/media",
    read="2026-11",
    options=OPTIONS,
    relations=relations,
    text_max=280,
    text_length=weighted_length,
    cashtags_max=1,
    alt_text_max=1000,
    kinds={
        ContentType.TEXT: MediaRule(needs_text=True),
        ContentType.IMAGE: MediaRule(1, 1, {MediaType.IMAGE: PICTURE, MediaType.GIF: MOVING}),
        ContentType.CAROUSEL: MediaRule(2, 4, {MediaType.IMAGE: STILL}),
        ContentType.VIDEO: MediaRule(1, 1, {MediaType.VIDEO: FILM}),
    },
)
