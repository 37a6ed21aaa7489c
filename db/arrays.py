"""Arrays as PostgreSQL reads them."""

from __future__ import annotations

from collections.abc import Iterable


def array(values: Iterable[object]) -> str:
    """The literal of an array, for a parameter that the statement casts: psycopg takes several
    times as long to write a list."""
    return (
        "{" + ",".join(["NULL" if value is None else _quoted(str(value)) for value in values]) + "}"
    )


def _quoted(text: str) -> str:
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
