"""What X accepts."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType, Platform
from domain.limits import Limits, MediaRule
from domain.text import weighted_length

LIMITS: Final = Limits(
    platform=Platform.TWITTER,
    text_max=280,
    text_length=weighted_length,
    kinds={ContentType.TEXT: MediaRule(needs_text=True)},
)
