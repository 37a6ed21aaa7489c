"""The page about the platforms says what the adapters do, cell by cell."""

from __future__ import annotations

from uuid import uuid4

import pytest

from dev import platforms
from domain.content import Content, ContentType, Media, MediaType, Platform
from domain.limits import breaches
from platforms.registry import ADAPTERS
from tests.conformance.cases import WANTED


def written() -> dict[tuple[Platform, ContentType], str]:
    """The matrix as it stands on the page."""
    lines = platforms.PAGE.read_text("utf-8").splitlines()
    rows = {row[0]: row[1:] for row in map(cells, lines) if row and row[0] in names()}
    return {
        (platform, kind): rows[name][place]
        for name, platform in names().items()
        for place, kind in enumerate(ContentType)
    }


def cells(line: str) -> list[str]:
    return [part.strip() for part in line.strip("|").split("|")] if line.startswith("|") else []


def names() -> dict[str, Platform]:
    return {name: platform for platform, name in platforms.NAMES.items()}


def test_the_page_is_what_the_adapters_say():
    found = platforms.PAGE.read_text("utf-8")
    assert found == platforms.page(), "run `python -m dev.platforms`"


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("kind", ContentType)
def test_every_cell_says_whether_the_content_is_taken(platform: Platform, kind: ContentType):
    media = tuple(Media(uuid4(), what, "https://cdn.example.org/a") for what in WANTED[kind])
    found = breaches(Content(kind, "hello", media=media), ADAPTERS[platform].limits)
    if written()[platform, kind] == "no":
        (only,) = found
        assert f"{platform} takes no {kind}" in only.message
    else:
        assert found == ()


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("kind", ContentType)
def test_every_cell_says_how_many_media_there_may_be(platform: Platform, kind: ContentType):
    said = written()[platform, kind]
    if said in ("no", "text"):
        return
    numbers = [int(word) for word in said.split() if word.isdecimal()]
    least, most = numbers[0], numbers[-1]
    what = next(kind for kind in MediaType if str(kind) in said)
    for count in (least - 1, least, most, most + 1):
        media = tuple(Media(uuid4(), what, "https://cdn.example.org/a") for _ in range(count))
        found = breaches(Content(kind, "hello", media=media), ADAPTERS[platform].limits)
        too_many_or_few = [breach for breach in found if breach.field == "media"]
        assert bool(too_many_or_few) is not (least <= count <= most), (said, count)
