"""What a platform accepts, as data, and what of a content it would refuse.

Every platform's table stands in ``platforms/<name>/limits.py`` with its source. A limit that no
source gives is None: then the platform judges, not we.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.content import Content, ContentType, Media, MediaType, Platform
from domain.options import Option, faults
from domain.text import cashtags, distinct_links, hashtags, mentions


@dataclass(frozen=True, slots=True)
class Span:
    """From ``least`` to ``most``, both allowed; None: no limit on that side."""

    least: float | None = None
    most: float | None = None


ANY: Final = Span()
ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "video/x-m4v": "video/mp4",
}


@dataclass(frozen=True, slots=True)
class FileRule:
    """What one file of a type may be: ``size`` in bytes, ``seconds`` long, ``width`` and ``height``
    in pixels, ``ratio`` of width to height, ``pixels`` in one frame, ``frames`` of a moving picture
    and the pixels of them all, ``codecs`` of films. What is not known of a file is not judged."""

    mime_types: frozenset[str] | None = None
    size: Span = ANY
    seconds: Span = ANY
    width: Span = ANY
    height: Span = ANY
    ratio: Span = ANY
    pixels: Span = ANY
    frames: Span = ANY
    pixels_of_all_frames: Span = ANY
    codecs: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class MediaRule:
    """What one kind of post may carry: ``least`` to ``most`` media of the types in ``files``.
    ``text_max`` replaces that of the platform; ``title_max`` is for kinds that show the title."""

    least: int = 0
    most: int = 0
    files: Mapping[MediaType, FileRule] = field(default_factory=dict)
    needs_text: bool = False
    text_max: int | None = None
    title_max: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """``kinds`` names the contents that the platform takes, ``options`` the settings; ``relations``
    finds what no table says: parts that exclude one another. ``text_length`` counts text and titles
    as the platform counts. ``source`` is where the numbers were read, and ``read`` when
    (year-month)."""

    platform: Platform
    source: str
    read: str
    text_max: int
    kinds: Mapping[ContentType, MediaRule]
    text_length: Callable[[str], int] = len
    hashtags_max: int | None = None
    mentions_max: int | None = None
    cashtags_max: int | None = None
    links_max: int | None = None
    alt_text_max: int | None = None
    options: tuple[Option, ...] = ()
    relations: Callable[[Content], Iterable[Breach]] = lambda _content: ()


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
    return (
        *_text(content, limits, rule),
        *_marks(content, limits),
        *_count(content, limits, rule),
        *_items(content, limits, rule),
        *_options(content, limits),
        *limits.relations(content),
    )


def file_faults(media: Media, rule: FileRule) -> Iterator[str]:
    """What is wrong with one file, as far as it is known."""
    yield from _not_among(media.mime_type and plain_type(media.mime_type), rule.mime_types)
    yield from _not_among(media.codec, rule.codecs)
    yield from _outside(media.size, rule.size, "bytes")
    yield from _outside(media.duration, rule.seconds, "seconds")
    yield from _outside(media.width, rule.width, "pixels wide")
    yield from _outside(media.height, rule.height, "pixels high")
    yield from _outside(media.frames, rule.frames, "frames")
    if media.width and media.height:
        pixels = media.width * media.height
        yield from _outside(
            _nearest_ratio(media.width, media.height, rule.ratio),
            rule.ratio,
            "as ratio of width to height",
        )
        yield from _outside(pixels, rule.pixels, "pixels")
        yield from _outside(
            pixels * (media.frames or 1), rule.pixels_of_all_frames, "pixels in all"
        )


def _options(content: Content, limits: Limits) -> Iterator[Breach]:
    for name, message in faults(content, limits.options, limits.text_max, limits.text_length):
        yield Breach(f"metadata.{limits.platform}.{name}", message)


def _text(content: Content, limits: Limits, rule: MediaRule) -> Iterator[Breach]:
    most = limits.text_max if rule.text_max is None else rule.text_max
    yield from _too_long("content", limits.text_length(content.text), most, limits)
    if content.title and rule.title_max is not None:
        yield from _too_long("title", limits.text_length(content.title), rule.title_max, limits)
    if rule.needs_text and not content.text.strip():
        yield Breach("content", f"{content.kind} on {limits.platform} needs text")


def _too_long(field_name: str, length: int, most: int, limits: Limits) -> Iterator[Breach]:
    if length > most:
        yield Breach(
            field_name,
            f"{length} characters as {limits.platform} counts them, {most} are allowed; shorten it"
            f" by {length - most}",
        )


def _marks(content: Content, limits: Limits) -> Iterator[Breach]:
    """Counted only where there is a limit, for counting reads the whole text."""
    for what, most, found_in in (
        ("hashtags", limits.hashtags_max, hashtags),
        ("mentions", limits.mentions_max, mentions),
        ("cashtags", limits.cashtags_max, cashtags),
        ("different links", limits.links_max, distinct_links),
    ):
        if most is not None and (count := len(found_in(content.text))) > most:
            yield Breach("content", f"{count} {what}, {most} are allowed; remove {count - most}")


def _count(content: Content, limits: Limits, rule: MediaRule) -> Iterator[Breach]:
    count = len(content.media)
    if not rule.least <= count <= rule.most:
        wanted = str(rule.least) if rule.least == rule.most else f"{rule.least} to {rule.most}"
        yield Breach(
            "media", f"{content.kind} on {limits.platform} takes {wanted} media, not {count}"
        )


def _items(content: Content, limits: Limits, rule: MediaRule) -> Iterator[Breach]:
    for position, media in enumerate(content.media[: rule.most]):
        name = f"media[{position}]"
        file_rule = rule.files.get(media.type)
        if file_rule is None:
            wanted = " or ".join(sorted(rule.files))
            yield Breach(name, f"{media.type} does not go here; use {wanted}")
            continue
        for message in file_faults(media, file_rule):
            yield Breach(name, message)
        if media.alt_text and limits.alt_text_max is not None:
            length = len(media.alt_text)
            yield from _too_long(f"{name}.alt_text", length, limits.alt_text_max, limits)


def plain_type(mime_type: str) -> str:
    """A media type without parameters, in its registered spelling."""
    plain = mime_type.partition(";")[0].strip().lower()
    return ALIASES.get(plain, plain)


def _not_among(value: str | None, accepted: frozenset[str] | None) -> Iterator[str]:
    if value and accepted is not None and value not in accepted:
        yield f"{value} is not accepted; use {' or '.join(sorted(accepted))}"


def _nearest_ratio(width: int, height: int, span: Span) -> float:
    """The ratio that is nearest to the span among those that round to these whole pixels."""
    ratio = width / height
    if span.least is not None and ratio < span.least:
        return min((width + 0.5) / (height - 0.5), span.least)
    if span.most is not None and ratio > span.most:
        return max((width - 0.5) / (height + 0.5), span.most)
    return ratio


def _outside(value: float | None, span: Span, unit: str) -> Iterator[str]:
    if value is None:
        return
    if span.most is not None and value > span.most:
        yield f"{value:.12g} {unit}, {span.most:.12g} are allowed"
    elif span.least is not None and value < span.least:
        yield f"{value:.12g} {unit}, at least {span.least:.12g} are needed"
