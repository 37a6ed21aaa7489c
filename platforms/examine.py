"""What the media are is learned before a platform is asked to take them, and judged by the same
rules as what is known of them beforehand."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Final

from domain.content import Content, Media, MediaType
from domain.failures import Failure, Rejected
from domain.limits import Breach, Limits, breaches, plain_type
from platforms.adapter import Adapter, Job, PublishFlow
from platforms.flow import Look, Measure, MediaFacts, Reply, Seen, Step

NAMES: Final = {
    "image/jpeg": "a JPEG",
    "image/png": "a PNG",
    "image/gif": "a GIF",
    "image/webp": "a WebP image",
    "image/bmp": "a BMP image",
    "image/tiff": "a TIFF image",
    "image/heic": "a HEIC image",
    "image/avif": "an AVIF image",
    "video/mp4": "an MP4 film",
    "video/quicktime": "a QuickTime film",
    "video/webm": "a WebM film",
    "video/x-matroska": "a Matroska film",
    "application/pdf": "a PDF",
    "text/html": "a web page",
}
FAMILIES: Final = {
    MediaType.IMAGE: "image/",
    MediaType.GIF: "image/",
    MediaType.VIDEO: "video/",
    MediaType.DOCUMENT: "application/",
}
# The same boxes under two names: which of the two is said tells a platform nothing.
ONE_FORMAT: Final = frozenset({"video/mp4", "video/quicktime"})


def examined(adapter: Adapter) -> Adapter:
    """The adapter, whose publish flow first looks at all media, unless it goes on from a
    checkpoint: then they were looked at. What is fetched for an upload is judged once more, as a
    whole. A post without media costs nothing."""

    def publish(job: Job) -> PublishFlow:
        return examining(job) if job.content.media else adapter.publish(job)

    def examining(job: Job) -> PublishFlow:
        if not job.checkpoint:
            yield from _look(job.content, adapter.limits)
        return (yield from _watched(adapter.publish(job), job.content, adapter.limits))

    return replace(adapter, publish=publish)


def measured(media: Media, seen: Seen) -> Media:
    """The media with what was seen in place of what was said."""
    return replace(
        media,
        mime_type=seen.mime_type or media.mime_type,
        size=media.size if seen.size is None else seen.size,
        width=seen.width or media.width,
        height=seen.height or media.height,
        duration=media.duration if seen.duration is None else seen.duration,
        frames=seen.frames or media.frames,
        codec=seen.codec or media.codec,
    )


def contradiction(media: Media, seen: Seen) -> str | None:
    """Where what was said of a file is not what it is, or nobody can read it."""
    if seen.mime_type is not None:
        name = NAMES.get(seen.mime_type, seen.mime_type)
        says = plain_type(media.mime_type) if media.mime_type else None
        if says and says != seen.mime_type and not {says, seen.mime_type} <= ONE_FORMAT:
            return f"says {says}, is {name}"
        family = FAMILIES.get(media.type)
        if family and not seen.mime_type.startswith(family):
            return f"says {media.type}, is {name}"
    return seen.fault


def _look(content: Content, limits: Limits) -> Generator[Step, Reply, None]:
    """Raises `Rejected` with all that is found, naming the media by their places."""
    items: list[Media] = []
    faults: list[Breach] = []
    for position, media in enumerate(content.media):
        try:
            seen = yield Look(media)
        except Rejected as refused:
            faults.append(Breach(f"media[{position}]", refused.message))
            seen = Seen()
        if not isinstance(seen, Seen):
            raise TypeError("the driver answers Look with Seen")
        wrong = contradiction(media, seen)
        if wrong:
            faults.append(Breach(f"media[{position}]", wrong))
        items.append(media if wrong else measured(media, seen))
    _refuse([*faults, *breaches(replace(content, media=tuple(items)), limits)])


def _watched(flow: PublishFlow, content: Content, limits: Limits) -> PublishFlow:
    """The flow's steps and replies as they are, with what `Measure` found judged in between."""
    with closing(flow):
        try:
            step = next(flow)
            while True:
                try:
                    reply = yield step
                except Failure as failure:
                    step = flow.throw(failure)
                    continue
                if isinstance(step, Measure) and isinstance(reply, MediaFacts):
                    _judge(step.media, reply.seen, content, limits)
                step = flow.send(reply)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # it is Published by the flow's type


def _judge(media: Media, seen: Seen, content: Content, limits: Limits) -> None:
    position = next((i for i, item in enumerate(content.media) if item.id == media.id), None)
    if position is None:
        return
    wrong = contradiction(media, seen)
    if wrong:
        _refuse([Breach(f"media[{position}]", wrong)])
    items = list(content.media)
    items[position] = measured(media, seen)
    _refuse(breaches(replace(content, media=tuple(items)), limits))


def _refuse(found: list[Breach] | tuple[Breach, ...]) -> None:
    if found:
        words = "; ".join(f"{breach.field}: {breach.message}" for breach in found)
        raise Rejected(words, item=found[0].field)
