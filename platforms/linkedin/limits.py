"""What LinkedIn accepts.

A carousel is 2 to 20 pictures, or one document, which is shown page by page. Stories, reels and
posts of pictures and videos together do not exist.
"""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span
from domain.text import utf16_length
from platforms.linkedin.options import OPTIONS, relations

PICTURE: Final = FileRule(
    frozenset({"image/jpeg", "image/png", "image/gif"}),
    size=Span(least=1),
    pixels=Span(most=36_152_319),
    frames=Span(most=250),
)
FILM: Final = FileRule(
    frozenset({"video/mp4"}), size=Span(75_000, 500 * 1024**2), seconds=Span(3, 1800)
)
DOCUMENT: Final = FileRule(
    frozenset(
        {
            "application/pdf",
            "application/msword",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    ),
    size=Span(1, 100 * 1024**2),
)
PICTURES: Final = {MediaType.IMAGE: PICTURE, MediaType.GIF: PICTURE}

LIMITS: Final = Limits(
    platform=Platform.LINKEDIN,
    source="https://learn.microsoft.com/linkedin/marketing/community-management/shares",
    read="2026-11",
    options=OPTIONS,
    relations=relations,
    text_max=3000,
    text_length=utf16_length,
    alt_text_max=4086,
    kinds={
        ContentType.TEXT: MediaRule(needs_text=True),
        ContentType.IMAGE: MediaRule(1, 1, PICTURES),
        ContentType.CAROUSEL: MediaRule(1, 20, {**PICTURES, MediaType.DOCUMENT: DOCUMENT}),
        ContentType.VIDEO: MediaRule(1, 1, {MediaType.VIDEO: FILM}),
    },
)
