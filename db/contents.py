"""Posts as platforms get them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine

from db.statements import statement
from domain.content import Content, ContentType, Media, MediaType, Platform

_CONTENTS: Final = statement("contents")


def intended(
    engine: Engine, post_id: UUID, platforms: Sequence[Platform] | None
) -> list[tuple[Platform, Content]] | None:
    """The post's content for each of its targets, or for these ``platforms``; None: there is no
    such post."""
    with engine.connect() as connection:
        rows = connection.execute(_CONTENTS, {"post": post_id}).all()
    if not rows:
        return None
    if platforms is not None:
        content = replace(content_of(rows[0]), options={})
        return [(platform, content) for platform in platforms]
    return [(Platform(row.platform), content_of(row)) for row in rows if row.platform]


def content_of(row: Any) -> Content:
    """Content from the columns that `take_lease.sql` and `contents.sql` share."""
    return Content(
        kind=ContentType(row.content_type),
        text=row.content,
        title=row.title,
        media=tuple(_media(item) for item in row.media),
        options=row.options,
    )


def _media(item: Mapping[str, Any]) -> Media:
    return Media(
        id=UUID(item["id"]),
        type=MediaType(item["type"]),
        url=item["url"],
        mime_type=item["mime_type"],
        size=item["file_size"],
        width=item["width"],
        height=item["height"],
        duration=item["duration"],
        alt_text=item["alt_text"],
        title=item["title"],
        thumbnail_url=item["thumbnail_url"],
    )
