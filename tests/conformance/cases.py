"""What every adapter is held to: each kind of content that a platform takes, and each that it does
not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.content import ContentType, MediaType, Platform
from platforms.registry import ADAPTERS

NAMES: Final = {
    MediaType.IMAGE: "{name}.jpg?width=400&height=400",
    MediaType.VIDEO: "{name}.mp4?bytes=80000",
    MediaType.GIF: "{name}.gif",
    MediaType.DOCUMENT: "{name}.pdf",
}
WANTED: Final = {
    ContentType.TEXT: (),
    ContentType.IMAGE: (MediaType.IMAGE,),
    ContentType.VIDEO: (MediaType.VIDEO,),
    ContentType.REEL: (MediaType.VIDEO,),
    ContentType.STORY: (MediaType.IMAGE,),
    ContentType.CAROUSEL: (MediaType.IMAGE, MediaType.IMAGE),
    ContentType.MIXED: (MediaType.IMAGE, MediaType.VIDEO),
}
FOLLOWED: Final[Mapping[Platform, Mapping[str, Any]]] = {
    Platform.TWITTER: {"thread": ["and a second part"]},
    Platform.LINKEDIN: {"first_comment": "and a first comment"},
    Platform.THREADS: {"thread": ["and a second part"]},
    Platform.INSTAGRAM: {"first_comment": "and a first comment"},
    Platform.FACEBOOK: {"first_comment": "and a first comment"},
    Platform.TWITTER: {"thread": ["and a second part"]},
    Platform.LINKEDIN: {"first_comment": "and a first comment"},
}


@dataclass(frozen=True)
class Case:
    """One kind of content on one platform. ``entry`` and ``metadata`` are what the sandbox and the
    account's row say of an account of another variant."""

    platform: Platform
    kind: ContentType
    media: tuple[MediaType, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    entry: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.platform, self.variant, self.kind)))


TAKEN: Final = [
    Case(platform, kind, WANTED[kind])
    for platform, adapter in ADAPTERS.items()
    for kind in ContentType
    if kind in adapter.limits.kinds
]
BY_FACEBOOK: Final = [
    Case(
        taken.platform,
        taken.kind,
        taken.media,
        entry={"login": "facebook"},
        metadata={"login": "facebook"},
        variant="facebook",
    )
    for taken in TAKEN
    if taken.platform is Platform.INSTAGRAM
]
REFUSED: Final = [
    Case(platform, kind, WANTED[kind])
    for platform, adapter in ADAPTERS.items()
    for kind in ContentType
    if kind not in adapter.limits.kinds
]


def case(platform: Platform, kind: ContentType, **more: Any) -> Case:
    return Case(platform, kind, more.pop("media", WANTED[kind]), **more)
