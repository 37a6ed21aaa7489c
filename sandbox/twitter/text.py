"""X's way with text: weighted length (twitter-text, configuration 3) and t.co links."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

LINK_LENGTH: Final = 23
EMOJI_LENGTH: Final = 2
LIGHT: Final = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
DOMAINS: Final = "com|net|org|edu|gov|info|biz|io|co|app|dev|me|tv|ai|xyz|shop|store|news|blog"
COUNTRIES: Final = "de|fr|uk|eu|at|ch|it|es|nl|be|pl|se|no|dk|fi|ie|pt|cz|us|ca|au|nz|in|jp|br"
LINK: Final = re.compile(
    rf"(?:https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}}'])"
    rf"|(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{DOMAINS}|{COUNTRIES})\b"
    r"(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]}'])?",
    re.IGNORECASE,
)
PICTURE: Final = "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff]"
EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
    f"|{PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*"
    f"(?:\u200d{PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*)*[\U000e0020-\U000e007f]*"
)
LEADING_MENTIONS: Final = re.compile(r"^(?:@\w{1,15}\s+)+")
CASHTAG: Final = re.compile(r"(?<!\w)\$[A-Za-z]{1,6}\b")


def weighted_length(text: str) -> int:
    """As X counts: links 23, emoji 2, most of the alphabets 1, everything else 2."""
    normal = unicodedata.normalize("NFC", text)
    rest, links = LINK.subn("", normal)
    rest, emoji = EMOJI.subn("", rest)
    weight = sum(1 if any(a <= ord(c) <= z for a, z in LIGHT) else 2 for c in rest)
    return weight + links * LINK_LENGTH + emoji * EMOJI_LENGTH


def shorten(text: str, number: str) -> tuple[str, list[dict[str, Any]]]:
    """The text with t.co links, and the entities that say what they stand for."""
    shown, entities, at = "", [], 0
    for index, link in enumerate(LINK.finditer(text)):
        shown += text[at : link.start()]
        short = f"https://t.co/{number[-7:]}{index:03d}"
        full = link.group() if "://" in link.group() else f"http://{link.group()}"
        span = {"start": len(shown), "end": len(shown) + len(short)}
        entities.append({**span, "url": short, "expanded_url": full, "display_url": link.group()})
        shown, at = shown + short, link.end()
    return shown + text[at:], entities


def with_media(
    shown: str, entities: list[dict[str, Any]], keys: list[str], url: str, number: str
) -> tuple[str, list[dict[str, Any]]]:
    """The text with the t.co link of the media at its end; one entity for each of them."""
    if not keys:
        return shown, entities
    short = f"https://t.co/m{number[-9:]}"
    start = len(shown) + 1 if shown else 0
    span = {"start": start, "end": start + len(short), "url": short}
    added = [{**span, "expanded_url": f"{url}/photo/1", "media_key": key} for key in keys]
    return f"{shown} {short}".strip(), [*entities, *added]
