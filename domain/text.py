"""How platforms count text, and how a post of ours is recognised among theirs."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

URL: Final = re.compile(
    r"https?://[^\s<>\"']+|(?<![\w@.])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:/[^\s<>\"']*)?", re.IGNORECASE
)
URL_WEIGHT: Final = 23
LIGHT: Final = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_JOINER: Final = 0x200D
_MODIFIERS: Final = frozenset({0xFE0F, 0x20E3, *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)})


def weighted_length(text: str) -> int:
    """As X counts: a URL is 23, a character outside Latin and its neighbours 2, an emoji of
    however many code points 2 (twitter-text configuration v3)."""
    text = unicodedata.normalize("NFC", text)
    urls = len(URL.findall(text))
    return urls * URL_WEIGHT + sum(_weights(URL.sub("", text)))


def utf16_length(text: str) -> int:
    """Units of UTF-16, as LinkedIn and TikTok count."""
    return len(text.encode("utf-16-le")) // 2


def emoji_bytes_length(text: str) -> int:
    """As Threads counts: a character is 1, an emoji as many as its UTF-8 bytes."""
    return sum(len(char.encode()) if ord(char) >= 0x1F000 else 1 for char in text)


def fingerprint(text: str) -> str:
    """What stays the same of a text when a platform rewrites its links, escapes it for HTML and
    tidies its white space."""
    plain = unicodedata.normalize("NFC", html.unescape(text))
    return " ".join(URL.sub("<link>", plain).split())


def _weights(text: str) -> list[int]:
    weights: list[int] = []
    joined = False
    for point in map(ord, text):
        if point in _MODIFIERS or joined:
            joined = False
        elif point == _JOINER and weights:
            joined = True
        else:
            weights.append(1 if any(low <= point <= high for low, high in LIGHT) else 2)
    return weights
