"""What Facebook finds wrong with a film when it is processed."""

from __future__ import annotations

from typing import Final

from sandbox.media import Facts

VIDEO_MAX: Final = 2 * 1024**3
#: Seconds at least and at most.
LENGTHS: Final = {"video": (1, 2400), "reel": (3, 90), "story": (1, 60)}


def judge(facts: Facts, kind: str) -> str | None:
    """The code of the failure."""
    shortest, longest = LENGTHS[kind]
    if not facts.film or not facts.whole or facts.size > VIDEO_MAX:
        return "352"
    if not shortest <= (facts.seconds or 0) <= longest:
        return "1363128"
    if kind != "video" and not 0.5 <= facts.ratio <= 0.6:
        return "1363040"
    small = kind != "video" and (facts.width < 540 or facts.height < 960)
    return "1363127" if small else None
