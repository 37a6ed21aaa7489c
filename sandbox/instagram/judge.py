"""What Instagram finds wrong with a picture (at once) or a film (when it is processed)."""

from __future__ import annotations

from typing import Final

from sandbox.media import Facts
from sandbox.meta.graph import refuse
from sandbox.work import Work

IMAGE_MAX: Final = 8 * 1024**2
NARROWEST, WIDEST = 0.8, 1.91
#: Seconds at least and at most, and bytes at most.
FILMS: Final = {
    "reel": (3, 900, 300 * 1024**2),
    "video": (3, 900, 300 * 1024**2),
    "story": (3, 60, 100 * 1024**2),
}


def judge_picture(facts: Facts, *, feed: bool) -> None:
    """Raises Refused. Only in the feed is the shape of a picture looked at."""
    if facts.size > IMAGE_MAX:
        raise refuse(36000, "The image is too large: 8 MB at most", 2207004)
    if facts.type != "image/jpeg" or not facts.whole:
        raise refuse(36001, "The image format is not supported: JPEG only", 2207005)
    if feed and not NARROWEST - 0.005 <= facts.ratio <= WIDEST + 0.005:
        raise refuse(36003, "The aspect ratio is not between 4:5 and 1.91:1", 2207009)


def judge_film(facts: Facts, work: Work) -> str | None:
    """The subcode of the failure."""
    shortest, longest, largest = FILMS[work.kind]
    length = facts.seconds or 0
    if not facts.film or not facts.whole or facts.size > largest:
        return "2207026"
    if not shortest <= length <= longest or not 0.01 <= facts.ratio <= 10:
        return "2207026"
    offset = str(work.details.get("thumb_offset", 0))
    return "2207057" if float(offset) > length * 1000 else None
