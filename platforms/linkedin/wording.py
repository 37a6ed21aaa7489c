"""LinkedIn's "little text" (https://learn.microsoft.com/linkedin/marketing/community-management/
shares/little-text-format): reserved characters are escaped, or the text is cut at them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

RESERVED: Final = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)")
MENTION: Final = re.compile(r"@\[((?:\\.|[^\]\\])*)\]\(urn:li:[^)]*\)")
HASHTAG: Final = re.compile(r"\{hashtag\|\\?#\|((?:\\.|[^}\\])*)\}")
ESCAPED: Final = re.compile(r"\\([\\|{}@\[\]()<>#*_~])")


def little_text(text: str, mentions: Mapping[str, str] | None = None) -> str:
    """The text as a commentary. A ``#`` that begins a hashtag stays. ``mentions``: the URN of whom
    each ``@name`` in the text means; the name must be LinkedIn's, to the letter."""
    urns = mentions or {}
    if not urns:
        return _escaped(text)
    longest_first = sorted(urns, key=len, reverse=True)
    names = re.compile("@(" + "|".join(re.escape(name) for name in longest_first) + r")(?!\w)")
    written, past = [], 0
    for found in names.finditer(text):
        name = found.group(1)
        written += [_escaped(text[past : found.start()]), f"@[{_escaped(name)}]({urns[name]})"]
        past = found.end()
    return "".join([*written, _escaped(text[past:])])


def plain_text(commentary: str) -> str:
    """What `little_text` was made from."""
    named = MENTION.sub(r"@\1", commentary)
    return ESCAPED.sub(r"\1", HASHTAG.sub(r"#\1", named))


def _escaped(text: str) -> str:
    return RESERVED.sub(lambda found: "\\" + found.group(), text)
