"""Where X sees links in a text, which it counts as 23 each whatever their length.

The rules are those of twitter-text (https://github.com/twitter/twitter-text, extraction of URLs,
configuration v3): a scheme is not needed, a known top-level domain is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from domain.top_level import TOP_LEVEL

LONGEST: Final = 4096
_LATIN: Final = r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_IN_PATH: Final = rf"a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}"
# One pass over the text: a scheme, and a run of what a host may hold.
_RUN: Final = re.compile(
    r"(?P<scheme>https?://)?(?P<host>(?:(?!https?://)[^\s\x00-,/:-@\[-^`{-\x7f])+)", re.IGNORECASE
)
_BARE_HOST: Final = re.compile(rf"[a-z0-9{_LATIN}][-a-z0-9{_LATIN}.]*", re.IGNORECASE)
_PORT: Final = re.compile(r":[0-9]+")
_PATH: Final = re.compile(
    rf"/(?:[{_IN_PATH}]|\([{_IN_PATH}]*(?:\([{_IN_PATH}]+\)[{_IN_PATH}]*)?\))*", re.IGNORECASE
)
_PATH_END: Final = re.compile(rf"[+\-a-z\u0400-\u04ff0-9=_#/){_LATIN}]", re.IGNORECASE)
_QUERY: Final = re.compile(r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*", re.IGNORECASE)
_QUERY_END: Final = re.compile(r"[a-z0-9\-_&=#/]", re.IGNORECASE)
_SHORTENED: Final = re.compile(r"/[a-z0-9]+", re.IGNORECASE)
_TOP: Final = re.compile(r"[a-z0-9-]+(?![@+])", re.IGNORECASE)
_GLUED: Final = frozenset("@＠$#＃\ufffe\ufeff\uffff")  # noqa: RUF001  the signs themselves
_GLUED_TO_BARE: Final = frozenset("-_./")
_LONGEST_IDN: Final = max(len(name) for name in TOP_LEVEL if not name.isascii())


def links(text: str) -> Iterator[tuple[int, int]]:
    """First and past-the-last place of every link, in order; they do not overlap."""
    past = 0
    for run in _RUN.finditer(text):
        if "." not in run["host"]:
            continue
        for start, host_end in _hosts(text, run):
            end = _end(text, start, host_end)
            if start >= past and end - start <= LONGEST:
                yield start, end
                past = end


def _hosts(text: str, run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Where links begin in a run, and where their hosts end. Without a scheme only Latin letters
    make a host."""
    if run["scheme"]:
        end = _host_end(run["host"])
        if end and not _is_glued(text, run.start(), bare=False):
            yield run.start(), run.start("host") + end
        return
    for bare in _BARE_HOST.finditer(run["host"]):
        start = run.start("host") + bare.start()
        end = _host_end(bare[0])
        if end and not _is_glued(text, start, bare=True):
            yield start, start + end


def _is_glued(text: str, start: int, *, bare: bool) -> bool:
    if start == 0:
        return False
    before = text[start - 1]
    if before in _GLUED or (before.isascii() and before.isalnum()):
        return True
    return bare and before in _GLUED_TO_BARE


def _host_end(host: str) -> int:
    """Where the last top-level domain ends that has a name before it; 0: there is none."""
    end = found = 0
    for place, label in enumerate(host.split(".")):
        if place and (length := _top_length(label)):
            found = end + length
        if not label:
            break
        end += len(label) + 1
    return found


def _top_length(label: str) -> int:
    """How many of its first characters are a top-level domain."""
    latin = _TOP.match(label)
    if latin:
        return len(latin[0]) if latin[0].lower() in TOP_LEVEL else 0
    lengths = range(min(len(label), _LONGEST_IDN), 0, -1)
    return next((length for length in lengths if label[:length] in TOP_LEVEL), 0)


def _end(text: str, start: int, host_end: int) -> int:
    """Where the link ends: after port, path and query, without punctuation at its end."""
    end = _after(_PORT, text, host_end)
    host = text[start:host_end].lower().rpartition("/")[2]
    if host == "t.co":
        return _after(_SHORTENED, text, end)
    end = _trimmed(_PATH, _PATH_END, text, end)
    return _trimmed(_QUERY, _QUERY_END, text, end)


def _after(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _trimmed(pattern: re.Pattern[str], last: re.Pattern[str], text: str, start: int) -> int:
    end = _after(pattern, text, start)
    while end > start and not last.match(text, end - 1):
        end -= 1
    return end
