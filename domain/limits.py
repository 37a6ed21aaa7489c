"""What a platform accepts, as data, and what of a content it would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from domain.content import Content, ContentType, Media, MediaType, Platform


@dataclass(frozen=True, slots=True)
class MediaRule:
    """What one kind of post may carry. ``max_bytes`` and ``max_seconds`` are by type of media;
    a type that is not named there has no limit of its own. Sizes that are not known are not
    judged here: the platform is."""

    least: int = 0
    most: int = 0
    types: frozenset[MediaType] = frozenset()
    mime_types: frozenset[str] | None = None
    max_bytes: Mapping[MediaType, int] = field(default_factory=dict)
    max_seconds: Mapping[MediaType, int] = field(default_factory=dict)
    needs_text: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """``text_length`` counts as the platform counts; ``kinds`` names the contents it takes."""

    platform: Platform
    text_max: int
    kinds: Mapping[ContentType, MediaRule]
    text_length: Callable[[str], int] = len


@dataclass(frozen=True, slots=True)
class Breach:
    """``field`` is the part at fault (``content``, ``content_type``, ``media[2]``), counted from
    0; ``message`` says what is wrong and what would be accepted."""

    field: str
    message: str


def breaches(content: Content, limits: Limits) -> tuple[Breach, ...]:
    """Everything that the platform would refuse, all at once; empty: nothing known against it."""
    rule = limits.kinds.get(content.kind)
    if rule is None:
        known = ", ".join(sorted(limits.kinds))
        return (
            Breach("content_type", f"{limits.platform} takes no {content.kind}; it takes {known}"),
        )
    return (*_text(content, limits, rule), *_count(content, limits, rule), *_items(content, rule))


def _text(content: Content, limits: Limits, rule: MediaRule) -> Iterator[Breach]:
    length = limits.text_length(content.text)
    if length > limits.text_max:
        yield Breach(
            "content",
            f"{length} characters as {limits.platform} counts them, {limits.text_max} are allowed;"
            f" shorten it by {length - limits.text_max}",
        )
    if rule.needs_text and not content.text.strip():
        yield Breach("content", f"a {content.kind} on {limits.platform} needs text")


def _count(content: Content, limits: Limits, rule: MediaRule) -> Iterator[Breach]:
    count = len(content.media)
    if not rule.least <= count <= rule.most:
        wanted = str(rule.least) if rule.least == rule.most else f"{rule.least} to {rule.most}"
        yield Breach(
            "media", f"a {content.kind} on {limits.platform} takes {wanted} media, not {count}"
        )


def _items(content: Content, rule: MediaRule) -> Iterator[Breach]:
    for position, media in enumerate(content.media[: rule.most]):
        for message in _faults(media, rule):
            yield Breach(f"media[{position}]", message)


def _faults(media: Media, rule: MediaRule) -> Iterator[str]:
    if media.type not in rule.types:
        yield f"a {media.type} does not go here; use {' or '.join(sorted(rule.types))}"
        return
    mime_types = rule.mime_types
    if media.mime_type and mime_types is not None and media.mime_type not in mime_types:
        yield f"{media.mime_type} is not accepted; use {' or '.join(sorted(mime_types))}"
    most = rule.max_bytes.get(media.type)
    if media.size is not None and most is not None and media.size > most:
        yield f"{media.size} bytes, {most} are allowed"
    longest = rule.max_seconds.get(media.type)
    if media.duration is not None and longest is not None and media.duration > longest:
        yield f"{media.duration} seconds, {longest} are allowed"
