"""LinkedIn's "little text": what a reader sees of a commentary."""

from __future__ import annotations

import re
from typing import Final

ELEMENT: Final = re.compile(
    r"\\(?P<escaped>.)"
    r"|@\[(?P<name>(?:[^\]\\]|\\.)*)\]\(urn:li:(?:organization|person):[^)]+\)"
    r"|\{hashtag\|\\?#\|(?P<tag>[^}]*)\}"
    r"|(?P<cut>\()",
    re.DOTALL,
)


def shown(commentary: str) -> str:
    """Escapes undone, mentions and hashtags as words, the rest cut at a bare parenthesis."""
    text, at = "", 0
    for found in ELEMENT.finditer(commentary):
        text += commentary[at : found.start()]
        at = found.end()
        if found["cut"]:
            return text
        if found["tag"] is not None:
            text += f"#{found['tag']}"
        else:
            text += found["escaped"] or re.sub(r"\\(.)", r"\1", found["name"] or "")
    return text + commentary[at:]


def escaped(text: str) -> str:
    """The text as answers give it."""
    return re.sub(r"([\\|{}@\[\]()<>#*_~])", r"\\\1", text)


def units(text: str) -> int:
    """Its length in UTF-16."""
    return len(text.encode("utf-16-le")) // 2
