"""What TikTok finds wrong with a film or a photo when it is processed."""

from __future__ import annotations

from typing import Final

from sandbox.media import Facts

SHORTEST, LONGEST = 1, 600
SMALLEST_SIDE, LARGEST_SIDE = 360, 4096
PHOTO_MAX: Final = 20 * 1024**2


def judge_film(facts: Facts) -> str | None:
    """The ``fail_reason``."""
    if not facts.film or not facts.whole:
        return "file_format_check_failed"
    if not SHORTEST <= (facts.seconds or 0) <= LONGEST:
        return "duration_check_failed"
    sides = (facts.width, facts.height)
    fits = all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides)
    return None if fits else "picture_size_check_failed"


def judge_photo(facts: Facts) -> str | None:
    """The ``fail_reason``."""
    if facts.type not in ("image/jpeg", "image/webp") or not facts.whole:
        return "file_format_check_failed"
    return "picture_size_check_failed" if facts.size > PHOTO_MAX else None
