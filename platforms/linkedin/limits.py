"""What LinkedIn accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, Platform
from domain.limits import Limits, MediaRule
from domain.text import utf16_length

LIMITS: Final = Limits(
    platform=Platform.LINKEDIN,
    text_max=3000,
    text_length=utf16_length,
    kinds={ContentType.TEXT: MediaRule(needs_text=True)},
)
