"""What LinkedIn takes with a post
(https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from domain.content import Content, ContentType, Json, MediaType
from domain.limits import Breach
from domain.options import Option, Shape
from domain.text import utf16_length

TEXT: Final = frozenset({ContentType.TEXT})
WHERE: Final = "metadata.linkedin"
DURATIONS: Final = ("ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS")
ALONE: Final = ("article", "poll", "reshare")
ARTICLE_TITLE_MAX: Final = 400
QUESTION_MAX: Final = 140
ANSWER_MAX: Final = 30

FIRST_COMMENT: Final = Option(
    "first_comment", Shape.TEXT, "commented once it is published", most=1250
)
OPTIONS: Final = (
    Option(
        "visibility",
        Shape.TEXT,
        "who sees it; `PUBLIC`, if left out",
        choices=("PUBLIC", "CONNECTIONS", "LOGGED_IN"),
    ),
    Option("mentions", Shape.LIST, "`name` and `urn` of whom each `@name` in the text means"),
    Option(
        "article",
        Shape.OBJECT,
        "a link's card: `source`, `title`, `description`, `thumbnail` (a URL or an image's URN)",
        TEXT,
    ),
    Option("poll", Shape.OBJECT, "`question`, `options` (2 to 4), `duration`", TEXT),
    Option("reshare", Shape.TEXT, "the URN of a post that it passes on", TEXT),
    FIRST_COMMENT,
)


def mentions(content: Content) -> dict[str, str]:
    """Whom each ``@name`` means."""
    named = (_mapping(one) for one in _listed(content.options.get("mentions")))
    return {str(one["name"]): str(one["urn"]) for one in named}


def poll(content: Content) -> dict[str, Json]:
    """The poll as LinkedIn wants it."""
    wanted = _mapping(content.options.get("poll"))
    return {
        "question": wanted.get("question"),
        "options": [{"text": answer} for answer in _listed(wanted.get("options"))],
        "settings": {"duration": wanted.get("duration", "THREE_DAYS")},
    }


def article(content: Content) -> dict[str, Json]:
    """The article without its picture."""
    wanted = _mapping(content.options.get("article"))
    return {name: wanted[name] for name in ("source", "title", "description") if wanted.get(name)}


def thumbnail(content: Content) -> str | None:
    """The article's picture: a URL, or the URN of an image."""
    found = _mapping(content.options.get("article")).get("thumbnail")
    return found if isinstance(found, str) and found else None


def relations(content: Content) -> Iterator[Breach]:
    """The parts of an article and a poll, what excludes what, and what a carousel is made of."""
    options = content.options
    given = [name for name in ALONE if options.get(name) is not None]
    if len(given) > 1:
        yield Breach(f"{WHERE}.{given[-1]}", f"does not go with {given[0]}; leave one out")
    for place, one in enumerate(_listed(options.get("mentions"))):
        named = _mapping(one)
        if not named.get("name") or not str(named.get("urn", "")).startswith("urn:li:"):
            yield Breach(f"{WHERE}.mentions[{place}]", "give a name and a urn (urn:li:…)")
    if isinstance(options.get("article"), dict):
        yield from _article_faults(_mapping(options["article"]))
    if isinstance(options.get("poll"), dict):
        yield from _poll_faults(_mapping(options["poll"]))
    if content.kind is ContentType.CAROUSEL:
        yield from _carousel_faults(content)


def _article_faults(wanted: Mapping[str, Json]) -> Iterator[Breach]:
    if not str(wanted.get("source") or "").startswith(("http://", "https://")):
        yield Breach(f"{WHERE}.article.source", "give an http or https address")
    if not _fits(wanted.get("title"), ARTICLE_TITLE_MAX):
        yield Breach(f"{WHERE}.article.title", f"give 1 to {ARTICLE_TITLE_MAX} characters")


def _poll_faults(wanted: Mapping[str, Json]) -> Iterator[Breach]:
    answers = _listed(wanted.get("options"))
    if not _fits(wanted.get("question"), QUESTION_MAX):
        yield Breach(f"{WHERE}.poll.question", f"give 1 to {QUESTION_MAX} characters")
    if not 2 <= len(answers) <= 4 or not all(_fits(one, ANSWER_MAX) for one in answers):
        yield Breach(f"{WHERE}.poll.options", f"give 2 to 4, each of 1 to {ANSWER_MAX} characters")
    if wanted.get("duration", "THREE_DAYS") not in DURATIONS:
        yield Breach(f"{WHERE}.poll.duration", f"use {' or '.join(DURATIONS)}")


def _carousel_faults(content: Content) -> Iterator[Breach]:
    types = [one.type for one in content.media]
    if MediaType.DOCUMENT in types and len(types) > 1:
        place = types.index(MediaType.DOCUMENT)
        yield Breach(f"media[{place}]", "a document is a carousel of its own; post it alone")
    if len(types) == 1 and types[0] is not MediaType.DOCUMENT:
        yield Breach("media[0]", "one picture is no carousel; add more, or post it as an image")


def _fits(value: Json, most: int) -> bool:
    return isinstance(value, str) and 1 <= utf16_length(value) <= most


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
