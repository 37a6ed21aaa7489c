"""How platforms count text, and how a post of ours is recognised among theirs."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from typing import Final

from domain.links import links

URL: Final = re.compile(
    r"https?://[^\s<>\"']+|(?<![\w@.-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:/[^\s<>\"']*)?", re.IGNORECASE
)
URL_WEIGHT: Final = 23
ALIKE: Final = 0.6
EMOJI_WEIGHT: Final = 2
_LIGHT: Final = re.compile(r"[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")

# Unicode's emoji (emoji-data.txt, 16.0): those of the basic plane, and the blocks beyond it.
_PICTURES: Final = (
    "\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d"
    "\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u2660\u2663"
    "\u2665\u2666\u2668\u267b\u267e\u267f\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa"
    "\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea"
    "\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721"
    "\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1"
    "\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
_ONE: Final = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    "|[\u00a9\u00ae\u2122\u265f]\ufe0f"  # letters that only the variation selector makes pictures
    f"|[{_PICTURES}](?!\ufe0e)\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*)"
)
EMOJI: Final = re.compile(f"[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE})*")
_HASHTAG: Final = re.compile(r"(?<![\w&/])[#\uff03](?=\w*[^\W\d_])\w+")
_MENTION: Final = re.compile(r"(?<![\w@.])@\w+")
_CASHTAG: Final = re.compile(r"(?<![\w$])\$[a-z]{1,6}(?:[._][a-z]{1,2})?(?!\w)", re.IGNORECASE)


def weighted_length(text: str) -> int:
    """As X counts (twitter-text configuration v3): after NFC, a link is 23, an emoji of however
    many code points 2, a character outside Latin and its neighbours 2, every other 1. Joined
    emoji are taken to be sequences that X knows."""
    text = unicodedata.normalize("NFC", text)
    weight = past = 0
    for start, end in links(text):
        weight += _weight(text[past:start]) + URL_WEIGHT
        past = end
    return weight + _weight(text[past:])


def utf16_length(text: str) -> int:
    """Units of UTF-16, as LinkedIn and TikTok count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def emoji_bytes_length(text: str) -> int:
    """As Threads counts: a character is 1, an emoji as many as its UTF-8 bytes."""
    letters = len(EMOJI.sub("", text))
    return letters + sum(len(emoji.encode()) for emoji in EMOJI.findall(text))


def hashtags(text: str) -> list[str]:
    """Hashtags of a text, in order: a ``#`` at the start of a word that has a letter."""
    return _HASHTAG.findall(URL.sub(" ", text))


def mentions(text: str) -> list[str]:
    """``@name`` in a text, in order; not those of email addresses."""
    return _MENTION.findall(URL.sub(" ", text))


def cashtags(text: str) -> list[str]:
    """``$ABC`` in a text, in order."""
    if "$" not in text:
        return []
    return _CASHTAG.findall(URL.sub(" ", text))


def distinct_links(text: str) -> set[str]:
    """The different links with a scheme in a text."""
    found = (text[start:end] for start, end in links(text))
    return {link for link in found if link.lower().startswith(("http://", "https://"))}


def fingerprint(text: str) -> str:
    """What stays the same of a text when a platform rewrites its links, escapes it for HTML and
    tidies its white space."""
    plain = unicodedata.normalize("NFC", html.unescape(text))
    return " ".join(URL.sub("<link>", plain).split())


def resembles(one: str, other: str) -> bool:
    """Whether two texts have most of their words in common: one may be the other as a platform
    altered it."""
    words, others = (Counter(fingerprint(text).lower().split()) for text in (one, other))
    shared = (words & others).total()
    return shared > 0 and 2 * shared >= ALIKE * (words.total() + others.total())


def _weight(text: str) -> int:
    if text.isascii():
        return len(text)
    letters, emoji = EMOJI.subn("", text)
    light = len(_LIGHT.findall(letters))
    return EMOJI_WEIGHT * emoji + light + 2 * (len(letters) - light)
