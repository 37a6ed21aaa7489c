"""How platforms count: what the fact sheets and twitter-text say, and the laws of counting."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.links import links
from domain.text import (
    cashtags,
    distinct_links,
    emoji_bytes_length,
    fingerprint,
    hashtags,
    mentions,
    resembles,
    utf16_length,
    weighted_length,
)

FAMILY = "👩‍👩‍👧‍👦"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
# Every kind of text, and often those that mean something to a counter.
pieces = st.one_of(
    st.sampled_from(
        [FAMILY, ENGLAND, "🇩🇪", "1️⃣", "❤️", "👍🏽", "日本", "e\u0301", "\u200d", "\ufe0f"]
    ),
    st.sampled_from(["x.com/a?b=c", "https://example.org/(a)", "http://", ".", "(", "/", "\ud800"]),
    st.sampled_from(["@ada", "#tag", "$ABC", " "]),
)
texts = st.lists(st.one_of(st.text(max_size=8), pieces), max_size=12).map("".join)
counters = st.sampled_from([weighted_length, utf16_length, emoji_bytes_length, len])


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hello", 5),
        ("日本語", 6),
        ("한국어", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("“quoted” \N{EN DASH} dash…", 17),
        ("👍", 2),
        (FAMILY, 2),
        ("👍🏽", 2),
        ("🇩🇪", 2),
        ("🇩🇪🇫🇷", 4),
        (ENGLAND, 2),
        ("1️⃣", 2),
        ("❤️", 2),
        ("©", 1),
        ("©️", 2),
        ("see https://example.org/a/very/long/path?with=query", 4 + 23),
        ("see example.org", 4 + 23),
        ("see example.org.", 4 + 23 + 1),
        ("(see https://example.org/a)", 5 + 23 + 1),
        ("https://en.wikipedia.org/wiki/Primer_(film)", 23),
        ("http://a.com", 23),
        ("https://t.co/abc", 23),
        ("日本http://a.com/", 4 + 23),
        ("http://例え.jp", 23),
        ("file.txt", 8),
        ("a@example.org", 13),
        ("#example.org", 12),
        ("1.5 and 2.0", 11),
    ],
)
def test_x_counts_weights(text: str, length: int):
    assert weighted_length(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [("hi 👍", 7), ("é", 1), ("日本", 2), ("🇩🇪", 8), (FAMILY, 4 * 4 + 3 * 3), ("❤️", 6)],
)
def test_threads_counts_an_emoji_by_its_bytes(text: str, length: int):
    assert emoji_bytes_length(text) == length


@pytest.mark.parametrize(("text", "length"), [("é", 1), ("日本", 2), ("👍", 2), (FAMILY, 11)])
def test_linkedin_and_tiktok_count_units_of_utf_16(text: str, length: int):
    assert utf16_length(text) == length


@given(texts, counters)
def test_counting_never_fails_and_is_never_negative(text: str, count: Callable[[str], int]):
    assert count(text) >= 0


@given(texts, texts, counters)
def test_lines_count_apart(one: str, other: str, count: Callable[[str], int]):
    assert count(f"{one}\n{other}") == count(one) + 1 + count(other)


@given(texts, counters)
def test_a_further_word_is_never_free(text: str, count: Callable[[str], int]):
    assert count(f"{text} word") == count(text) + 5


@given(texts)
def test_links_stand_in_order_and_do_not_overlap(text: str):
    places = [place for span in links(text) for place in span]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


@pytest.mark.parametrize(
    "text",
    ["日本" * 50_000, "a." * 50_000, "-" * 100_000, "x.com/(" + "(a" * 50_000, "😀\u200d" * 40_000],
)
def test_counting_takes_time_in_proportion_to_the_text(text: str):
    began = time.monotonic()
    for count in (weighted_length, emoji_bytes_length, hashtags, mentions, cashtags, fingerprint):
        count(text)
    assert time.monotonic() - began < 10, "minutes, if a pattern began anew at every character"


def test_marks_are_told_from_what_looks_like_them():
    text = (
        "#one #2 #zwei2 a#b &#39; https://x.org/#no @ada ada@example.org $ABC $5 https://x.org/#no"
    )
    assert hashtags(text) == ["#one", "#zwei2"]
    assert mentions(text) == ["@ada"]
    assert cashtags(text) == ["$ABC"]
    assert distinct_links(text) == {"https://x.org/#no"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("sale on https://example.org/s", "sale on https://t.co/AbCdEf"),
        ("a & b < c", "a &amp; b &lt; c"),
        ("two  spaces\nand a line ", "two spaces and a line"),
        ("e\u0301", "é"),
    ],
)
def test_a_text_is_recognised_after_a_platform_tidied_it(ours: str, theirs: str):
    assert fingerprint(ours) == fingerprint(theirs)


def test_different_texts_are_told_apart():
    assert fingerprint("Good morning") != fingerprint("good morning")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("one two three four five", "one two three four fi", True),
        ("big sale on https://example.org/s", "Big sale on https://t.co/a", True),
        ("one two three", "four five six", False),
        ("one", "one two three four", False),
        ("", "", False),
    ],
)
def test_a_text_that_was_altered_still_resembles_itself(one, other, alike):
    assert resembles(one, other) is alike
