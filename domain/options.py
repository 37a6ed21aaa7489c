"""The settings that a platform takes with a post (``posts.metadata.<platform>``), as data: they are
checked by it, passed on by it and documented from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.content import Content, ContentType, Json


class Shape(StrEnum):
    """What the value of a setting is."""

    TEXT = "a text"
    ID = "an id"  # a text or a whole number
    NUMBER = "a number"
    SWITCH = "true or false"
    LIST = "a list"
    TEXTS = "a list of texts"
    OBJECT = "an object"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. ``kinds``: the posts that it goes with; None: every one. ``choices``: the values
    that it may have. ``most``: characters of a text, as the platform counts; entries of a list."""

    name: str
    shape: Shape
    about: str
    kinds: frozenset[ContentType] | None = None
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None

    def goes_with(self, kind: ContentType) -> bool:
        return self.kinds is None or kind in self.kinds


FITS: Final[dict[Shape, Callable[[Json], bool]]] = {
    Shape.TEXT: lambda value: isinstance(value, str),
    Shape.ID: lambda value: isinstance(value, str | int) and not isinstance(value, bool),
    Shape.NUMBER: lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and value >= 0
    ),
    Shape.SWITCH: lambda value: isinstance(value, bool),
    Shape.LIST: lambda value: isinstance(value, list),
    Shape.TEXTS: lambda value: (
        isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value)
    ),
    Shape.OBJECT: lambda value: isinstance(value, dict),
}


def faults(
    content: Content,
    options: tuple[Option, ...],
    text_max: int,
    text_length: Callable[[str], int],
) -> Iterator[tuple[str, str]]:
    """What the platform would refuse of a content's settings: the one at fault, and why. Settings
    that are null count as left out; those of other names are not the platform's, and left alone."""
    for option in options:
        value = content.options.get(option.name)
        if value is None:
            continue
        message = _fault(option, value, content.kind, text_length)
        if message is not None:
            yield option.name, message
        elif option.shape is Shape.TEXTS and isinstance(value, list):
            for place, text in enumerate(value):
                length = text_length(str(text))
                if length > text_max:
                    yield f"{option.name}[{place}]", _too_long(length, text_max)


def _fault(
    option: Option, value: Json, kind: ContentType, text_length: Callable[[str], int]
) -> str | None:
    if not option.goes_with(kind):
        return f"does not go with {kind}; it goes with {', '.join(sorted(option.kinds or ()))}"
    if not FITS[option.shape](value):
        return f"should be {option.shape}"
    if option.choices and value not in option.choices:
        return f"{value} is not one of {', '.join(option.choices)}"
    most = option.most
    if isinstance(value, list):
        if len(value) < option.least or (most is not None and len(value) > most):
            wanted = f"{option.least} or more" if most is None else f"{option.least} to {most}"
            return f"has {len(value)} entries, {wanted} are allowed"
    elif isinstance(value, str) and most is not None and text_length(value) > most:
        return _too_long(text_length(value), most)
    return None


def _too_long(length: int, most: int) -> str:
    return f"{length} characters, {most} are allowed; shorten it by {length - most}"
