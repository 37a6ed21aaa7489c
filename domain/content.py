"""What is published: a post's content as every adapter sees it, whatever the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = Mapping[str, Json]

NOTHING: JsonObject = MappingProxyType({})


class Platform(StrEnum):
    """The platforms that accounts are connected on; values as stored."""

    THREADS = "threads"
    INSTAGRAM = "instagram"
    TWITTER = "twitter"
    FACEBOOK = "facebook"
    LINKEDIN = "linkedin"
    TIKTOK = "tiktok"


class ContentType(StrEnum):
    """What kind of post this is; decides the calls that an adapter makes."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    CAROUSEL = "carousel"
    STORY = "story"
    REEL = "reel"
    MIXED = "mixed"


class MediaType(StrEnum):
    """What one attachment is."""

    IMAGE = "image"
    VIDEO = "video"
    GIF = "gif"
    DOCUMENT = "document"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Media:
    """One attachment. ``size`` is in bytes, ``duration`` in seconds, ``frames`` those of a moving
    picture, ``codec`` the name of a film's ("h264"); None: not known."""

    id: UUID
    type: MediaType
    url: str
    mime_type: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frames: int | None = None
    codec: str | None = None
    alt_text: str | None = None
    title: str | None = None
    thumbnail_url: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """One post. ``media`` is in display order; ``options`` are the target platform's own settings
    (the post's ``metadata`` under the platform's name, overlaid by the publication's)."""

    kind: ContentType
    text: str
    title: str | None = None
    media: tuple[Media, ...] = ()
    options: JsonObject = field(default_factory=dict)
