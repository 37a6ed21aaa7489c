"""Content, platforms and ids as they are typed."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from db.refusals import Refused
from domain.content import Content, ContentType, Json, Media, MediaType, Platform

FILMS: Final = (".mp4", ".mov", ".webm")
MOVING: Final = (".gif",)
DOCUMENTS: Final = (".pdf", ".doc", ".docx", ".ppt", ".pptx")
# What may follow a media's URL, and how it is read.
FACTS: Final[Mapping[str, Callable[[str], Any]]] = {
    "alt": str,
    "type": MediaType,
    "mime": str,
    "size": int,
    "width": int,
    "height": int,
    "duration": float,
}
_FACT: Final = re.compile(rf",(?=(?:{'|'.join(FACTS)})=)")


def content_of(options: argparse.Namespace) -> Content:
    """Raises `Refused` for what cannot be read."""
    return Content(
        kind=ContentType(options.type or ContentType.TEXT),
        text=_text(options),
        title=options.title,
        media=tuple(_media(entry) for entry in options.media),
        options=_options(options.option),
    )


def platforms_of(text: str) -> list[Platform]:
    """Names with commas between them, each once."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Platform)]
    if unknown or not names:
        raise Refused(
            "platform",
            f"unknown: {', '.join(unknown) or 'none given'}",
            f"one of {', '.join(Platform)}",
        )
    return [Platform(name) for name in dict.fromkeys(names)]


def id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("id", f"{text} is no id", "`publishing posts list` shows them") from None


def no_post(text: str) -> Refused:
    return Refused("id", f"there is no post {text}", "`publishing posts list` shows them")


def _text(options: argparse.Namespace) -> str:
    if options.text_file is None:
        return options.text or ""
    if options.text_file == "-":
        return sys.stdin.read()
    try:
        return Path(options.text_file).read_text("utf-8")
    except (OSError, ValueError) as fault:
        raise Refused("text-file", f"it cannot be read ({type(fault).__name__})") from None


def _media(entry: str) -> Media:
    """``URL[,alt=TEXT][,type=…]…``; without a type, the URL's ending tells."""
    url, *facts = _FACT.split(entry)
    known: dict[str, Any] = {}
    for fact in facts:
        name, _, value = fact.partition("=")
        try:
            known[name] = FACTS[name](value)
        except ValueError:
            raise Refused("media", f"{name}={value} cannot be read") from None
    return Media(
        id=uuid4(),
        url=url,
        type=known.pop("type", None) or _type(url),
        alt_text=known.pop("alt", None),
        mime_type=known.pop("mime", None),
        **known,
    )


def _type(url: str) -> MediaType:
    path = url.partition("?")[0].lower()
    if path.endswith(FILMS):
        return MediaType.VIDEO
    if path.endswith(DOCUMENTS):
        return MediaType.DOCUMENT
    return MediaType.GIF if path.endswith(MOVING) else MediaType.IMAGE


def _options(entries: Sequence[str]) -> dict[str, Json]:
    """``platform.key=value`` by platform; the value is JSON, or text."""
    found: dict[str, dict[str, Json]] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        platform, dot, key = name.partition(".")
        if not equals or not dot or platform not in set(Platform):
            raise Refused(
                "option", f"{entry} is malformed", "write twitter.reply_settings=following"
            )
        found.setdefault(platform, {})[key] = _value(value)
    return dict(found)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
