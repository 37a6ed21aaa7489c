"""What becomes of a post that is late, as its owner has chosen."""

from __future__ import annotations

from enum import StrEnum


class LatePolicy(StrEnum):
    """What happens when the late window ends before a publication went out."""

    PUBLISH = "publish"  # it goes out however late
    ASK = "ask"  # it waits for a person
    SKIP = "skip"  # it fails as too_late
