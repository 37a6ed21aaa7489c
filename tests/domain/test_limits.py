"""What is refused before any call: the rules, and the laws that every platform's table obeys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content import Content, ContentType, Media, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span, breaches, file_faults
from platforms.registry import ADAPTERS

ID = UUID(int=1)
TABLES = [adapter.limits for adapter in ADAPTERS.values()]
tables = st.sampled_from(TABLES)
numbers = st.one_of(st.none(), st.integers(0, 10**12))
media = st.builds(
    Media,
    id=st.just(ID),
    type=st.sampled_from(MediaType),
    url=st.just("https://cdn.example.org/a"),
    mime_type=st.one_of(st.none(), st.text(max_size=12), st.just("image/jpeg")),
    size=numbers,
    width=numbers,
    height=numbers,
    duration=st.one_of(st.none(), st.floats(0, 1e9)),
    frames=numbers,
    codec=st.one_of(st.none(), st.just("h264"), st.text(max_size=4)),
    alt_text=st.one_of(st.none(), st.text(max_size=12)),
)
contents = st.builds(
    Content,
    kind=st.sampled_from(ContentType),
    text=st.text(),
    title=st.one_of(st.none(), st.text()),
    media=st.lists(media, max_size=4).map(tuple),
)


def rules() -> Iterator[Any]:
    """Every span of every file of every kind of every platform."""
    for limits in TABLES:
        for kind, rule in limits.kinds.items():
            for type_, file_rule in rule.files.items():
                for name in (f.name for f in fields(FileRule) if isinstance(f.default, Span)):
                    span = getattr(file_rule, name)
                    if span != Span():
                        known = f"{limits.platform}-{kind}-{type_}-{name}"
                        yield pytest.param(type_, file_rule, name, span, id=known)


def a_file(type_: MediaType, name: str, value: float) -> Media:
    """A file of which only one thing is known."""
    whole = Media(ID, type_, "u")
    match name:
        case "size":
            return replace(whole, size=int(value))
        case "ratio":
            return replace(whole, width=round(value * 10_000), height=10_000)
        case "pixels":
            return replace(whole, width=int(value), height=1)
        case "pixels_of_all_frames":
            return replace(whole, width=int(value) // 100, height=10, frames=10)
        case "seconds":
            return replace(whole, duration=value)
    known: dict[str, Any] = {name: int(value)}
    return replace(whole, **known)


@pytest.mark.parametrize(("type_", "rule", "name", "span"), list(rules()))
def test_a_file_at_a_limit_is_accepted_and_one_beyond_it_refused(
    type_: MediaType, rule: FileRule, name: str, span: Span
):
    alone: dict[str, Any] = {name: span}
    only = FileRule(**alone)
    step = {"seconds": 0.01, "ratio": 0.01, "pixels_of_all_frames": 100}.get(name, 1)
    if span.most is not None:
        assert not list(file_faults(a_file(type_, name, span.most), only))
        assert list(file_faults(a_file(type_, name, span.most + step), rule))
    if span.least is not None:
        assert not list(file_faults(a_file(type_, name, span.least), only))
        if span.least > step:
            assert list(file_faults(a_file(type_, name, span.least - step), rule))


@given(contents, tables)
def test_judging_never_fails_and_says_the_same_twice(content: Content, limits: Limits):
    assert breaches(content, limits) == breaches(content, limits)


@given(contents, tables, st.integers(0, 3), st.integers(1, 10**6))
def test_a_larger_file_is_never_accepted_where_a_smaller_one_was_too_large(
    content: Content, limits: Limits, position: int, more: int
):
    def judged(size: int) -> bool:
        changed = list(content.media)
        changed[position] = replace(changed[position], size=size)
        found = breaches(replace(content, media=tuple(changed)), limits)
        return any("bytes" in breach.message for breach in found)

    if position < len(content.media):
        size = content.media[position].size or 10**6
        assert judged(size + more) >= judged(size)


@given(contents, tables)
def test_what_is_not_known_of_a_file_is_not_held_against_it(content: Content, limits: Limits):
    bare = tuple(Media(m.id, m.type, m.url) for m in content.media)
    unknown = set(breaches(replace(content, media=bare), limits))
    assert unknown <= set(breaches(content, limits))


@given(tables, st.lists(st.sampled_from(["a", "é", "日", "👍", "🇩🇪", "ß"]), max_size=30))
def test_a_text_of_the_full_length_is_accepted_and_one_letter_more_is_not(
    limits: Limits, special: list[str]
):
    begun = " ".join(special)
    full = begun + " " * (limits.text_max - limits.text_length(begun) - 1) + "x"
    kind = next(iter(limits.kinds))
    content = Content(kind, full)
    assert limits.text_length(full) == limits.text_max
    assert "content" not in {breach.field for breach in breaches(content, limits)}
    longer = replace(content, text=f"{full}x")
    assert breaches(longer, limits)[0].field == "content"
    assert "shorten it by 1" in breaches(longer, limits)[0].message


@given(st.sampled_from([(t, k, r) for t in TABLES for k, r in t.kinds.items()]), st.integers(0, 40))
def test_so_many_media_go_and_no_others(case: tuple[Limits, ContentType, MediaRule], count: int):
    limits, kind, rule = case
    type_ = next(iter(rule.files), MediaType.IMAGE)
    content = Content(kind, "text", media=(Media(ID, type_, "u"),) * count)
    refused = "media" in {breach.field for breach in breaches(content, limits)}
    assert refused is not (rule.least <= count <= rule.most)


@pytest.mark.parametrize(
    ("platform", "mark", "most"),
    [
        (Platform.INSTAGRAM, "#tag{} ", 30),
        (Platform.INSTAGRAM, "@name{} ", 20),
        (Platform.THREADS, "https://example.org/{} ", 5),
        (Platform.TWITTER, "$ABC ", 1),
    ],
)
def test_marks_are_counted_where_the_platform_counts_them(platform, mark: str, most: int):
    limits = ADAPTERS[platform].limits
    kind = next(iter(limits.kinds))

    def judged(count: int) -> list[str]:
        text = "".join(mark.format(n) for n in range(count))
        return [b.message for b in breaches(Content(kind, text), limits) if b.field == "content"]

    assert judged(most) == []
    assert len(judged(most + 1)) == 1


LIMITS = Limits(
    Platform.INSTAGRAM,
    source="a page",
    read="2026-11",
    text_max=5,
    alt_text_max=3,
    kinds={
        ContentType.CAROUSEL: MediaRule(
            2,
            3,
            {MediaType.IMAGE: FileRule(frozenset({"image/jpeg"}), Span(1, 10), ratio=Span(0.8, 2))},
            needs_text=True,
            title_max=4,
        )
    },
)


def test_every_breach_is_told_at_once_and_names_its_part():
    bad = Media(ID, MediaType.IMAGE, "u", mime_type="image/png", size=11, alt_text="long")
    film = Media(ID, MediaType.VIDEO, "u")
    content = Content(ContentType.CAROUSEL, "too long", title="title", media=(bad, film))
    named = [breach.field for breach in breaches(content, LIMITS)]
    assert named == ["content", "title", "media[0]", "media[0]", "media[0].alt_text", "media[1]"]
    none = Content(ContentType.CAROUSEL, "")
    assert [breach.field for breach in breaches(none, LIMITS)] == ["content", "media"]
    (only,) = breaches(Content(ContentType.TEXT, "hi"), LIMITS)
    assert "instagram takes no text; it takes carousel" in only.message


@pytest.mark.parametrize(
    ("width", "height", "fine"),
    [(1080, 1350, True), (1079, 1349, True), (1080, 1360, False), (2000, 1000, True)],
)
def test_a_ratio_is_forgiven_what_whole_pixels_cannot_say(width: int, height: int, fine: bool):
    rule = LIMITS.kinds[ContentType.CAROUSEL].files[MediaType.IMAGE]
    picture = Media(ID, MediaType.IMAGE, "u", width=width, height=height)
    assert (not list(file_faults(picture, rule))) is fine


@pytest.mark.parametrize("mime_type", ["image/jpeg", "image/jpg", "IMAGE/JPEG; q=1"])
def test_a_type_is_known_in_every_spelling(mime_type: str):
    rule = LIMITS.kinds[ContentType.CAROUSEL].files[MediaType.IMAGE]
    assert not list(file_faults(Media(ID, MediaType.IMAGE, "u", mime_type=mime_type), rule))


@pytest.mark.parametrize("limits", TABLES, ids=lambda limits: limits.platform)
def test_every_table_says_where_and_when_it_was_read(limits: Limits):
    assert limits.source.startswith("https://")
    assert limits.read >= "2026-11"
