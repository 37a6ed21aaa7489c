"""``docs/platforms.md`` from what the adapters say of themselves.

``python -m dev.platforms`` writes it; ``--check`` only compares and exits with 1 when it differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import FileRule, Limits, MediaRule, Span
from domain.options import Option
from platforms.registry import ADAPTERS

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "platforms.md"
NAMES: Final = {
    Platform.THREADS: "Threads",
    Platform.INSTAGRAM: "Instagram",
    Platform.TWITTER: "X",
    Platform.FACEBOOK: "Facebook Pages",
    Platform.LINKEDIN: "LinkedIn",
    Platform.TIKTOK: "TikTok",
}
INTRODUCTION: Final = """# Platforms

Written by `python -m dev.platforms` from the adapters' own tables; do not edit it.

What a post of a content type carries on each platform. A "no" is refused before anything is sent,
with the reason; so is what breaks a limit below, and `publishing posts validate` says it earlier.
The numbers are those of the platforms' documentation, read in the month that stands with them.
Hashtags and mentions are written in the text.
"""
FOLLOWING: Final = """## What follows a post

`thread` and `first_comment` are posted after it, each as a public call of its own: announced, sent
once, and looked for among the answers when its own answer is lost. The post stays published
whatever becomes of them. What was refused, or may or may not be there, is said in the
publication's `error_message`, and then nothing more follows. They are waited for at most an hour.
"""
NOTES: Final[Mapping[Platform, str]] = {
    Platform.THREADS: """\
- There are no stories and no reels. Only the first `#word` becomes a tag; `topic_tag` sets it.
- The account's quota is asked before each publishing call; a spent one is asked again after an
  hour. What the platform answers to a spent quota is not documented.
- Alternative texts stand with the media, in a carousel with each item.
""",
    Platform.INSTAGRAM: """\
- A single video is always a reel. There are no posts of text alone. A story shows no text.
- Accounts connected by a Facebook login have `{"login": "facebook"}` in their `metadata` and are
  reached at `INSTAGRAM_FACEBOOK_URL`; the calls are the same.
- Instagram fetches the media from their URLs. A carousel is cropped to its first item. The
  `thumbnail_url` of a reel's video is its cover, unless an option says otherwise.
- The quota is read from the platform, whose pages contradict each other (50 or 100 a day).
- Creator accounts may be refused stories by Instagram.
""",
    Platform.FACEBOOK: """\
- A post of photos and videos together does not exist. A story shows no text, and its photo or
  video must not have been posted before.
- Facebook fetches media from their URLs; the bytes of reels and of videos of stories can be sent
  instead, and go on where a broken upload ended.
- The limits of plain videos (2 GB, 40 minutes) and of the text are not in the documentation of
  today; the lower of the known numbers is taken.
- A video's cover can only be uploaded as a file and is not offered.
- A text that repeats the Page's last post is refused by Facebook.
""",
    Platform.TWITTER: """\
- There are no stories and no reels, and no posts of photos and videos together.
- An alternative text goes with photos and GIFs; with videos X is not known to show it.
- X is renaming its fields: an account whose `metadata` say `{"field_names": "post"}` is asked under
  the new names. Answers are read under either.
- A text that the account has posted lately is refused by X. A lost answer is settled by the
  account's timeline: by the media's ids, else by text and time.
- Credits that are used up pause X for an hour at a time, until an operator adds some.
- Texts of more than 280 characters, which Premium accounts may post, are not offered; nor are
  subtitles, nor media in the further posts of a thread.
""",
    Platform.LINKEDIN: """\
- There are no stories and no reels, and no posts of pictures and videos together. A carousel is 2
  to 20 pictures, or one document, which is shown page by page.
- An account posts as a member, or as a Page if its `platform_user_id` is
  `urn:li:organization:<number>`.
- LinkedIn ends each version of its API after a year; the account's `metadata` set another:
  `{"api_version": "202612"}`. A version that has ended pauses LinkedIn for an hour at a time.
- The `thumbnail_url` of a video is its still. Captions of videos are not offered.
- A member's posts cannot be listed: after a lost answer the same is sent again, and LinkedIn names
  the post that it has if there is one. It goes by the text: without one a person has to look.
- Whether LinkedIn counts 3,000 characters before or after escaping is not documented: before.
""",
    Platform.TIKTOK: """\
- There are no posts of text alone, no stories, and no photos together with videos.
- Photos are fetched by TikTok, and videos with `source` `PULL_FROM_URL`: from a domain that is
  verified there. A lost answer to such a post can only be looked for among the public videos;
  where it is not seen, a person has to say. Uploads are settled for sure.
- A post is published when TikTok says so. Its id comes after moderation and is waited for three
  minutes; without it, and always with SELF_ONLY, the `publish_id` stands for it.
- An application that TikTok has not audited can post for the creator alone.
- Whether a megabyte has 10^6 or 2^20 bytes is not documented: chunks stay within both.
""",
}
UNITS: Final = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _matrix(), FOLLOWING, *(_section(platform) for platform in NAMES)]
    return "\n".join(parts)


def cell(limits: Limits, kind: ContentType) -> str:
    """What a post of this kind carries: ``2 to 10 images or videos``; ``no``: not taken."""
    rule = limits.kinds.get(kind)
    if rule is None:
        return "no"
    if rule.most == 0:
        return "text"
    return f"{_count(rule)} {_types(rule)}"


def _matrix() -> str:
    head = ["", *ContentType]
    rows = [
        [NAMES[platform], *(cell(ADAPTERS[platform].limits, kind) for kind in ContentType)]
        for platform in NAMES
    ]
    return _table(head, rows)


def _section(platform: Platform) -> str:
    limits = ADAPTERS[platform].limits
    lines = [f"## {NAMES[platform]}", "", f"Source: {limits.source}, read {limits.read}.", ""]
    lines += _counts(limits)
    lines += [
        NOTES.get(platform, ""),
        _table(["content", "text", "media", "each file"], _kinds(limits)),
    ]
    if limits.options:
        head = ["`metadata." + platform + ".…`", "value", "with", "meaning"]
        lines += [_table(head, [_option(option) for option in limits.options])]
    return "\n".join(lines)


def _counts(limits: Limits) -> Iterator[str]:
    for what, most in (
        ("hashtags", limits.hashtags_max),
        ("mentions", limits.mentions_max),
        ("cashtags", limits.cashtags_max),
        ("different links", limits.links_max),
        ("characters of an alternative text", limits.alt_text_max),
    ):
        if most is not None:
            yield f"- At most {most:,} {what}."


def _kinds(limits: Limits) -> Iterator[list[str]]:
    for kind, rule in limits.kinds.items():
        text = f"{'needed, ' if rule.needs_text else ''}{rule.text_max or limits.text_max:,}"
        title = f"; title {rule.title_max}" if rule.title_max is not None else ""
        files = "; ".join(f"{name}: {_file(file)}" for name, file in sorted(rule.files.items()))
        yield [kind, text + title, cell(limits, kind) if rule.most else "none", files]


def _file(rule: FileRule) -> str:
    facts = [
        ", ".join(sorted(kind.partition("/")[2] for kind in rule.mime_types or ())),
        _span(rule.size, _bytes),
        _span(rule.seconds, lambda number: f"{number:g} s"),
        _span(rule.width, lambda number: f"{number:g} px wide"),
        _span(rule.height, lambda number: f"{number:g} px high"),
        _span(rule.ratio, lambda number: f"{number:.3g}:1"),
        ", ".join(sorted(rule.codecs or ())),
    ]
    return ", ".join(filter(None, facts))


def _span(span: Span, words: Callable[[float], str]) -> str:
    least = span.least if span.least and span.least != 1 else None
    if least is None:
        return f"up to {words(span.most)}" if span.most is not None else ""
    return f"from {words(least)}" + (f" to {words(span.most)}" if span.most is not None else "")


def _bytes(number: float) -> str:
    for size, unit in UNITS:
        if number >= size:
            return f"{number / size:g} {unit}"
    return f"{number:g} bytes"


def _option(option: Option) -> list[str]:
    value = ", ".join(f"`{choice}`" for choice in option.choices) or str(option.shape)
    if option.most is not None:
        value += f", up to {option.most}"
    kinds = "all" if option.kinds is None else ", ".join(sorted(option.kinds))
    return [f"`{option.name}`", value, kinds, option.about]


def _count(rule: MediaRule) -> str:
    return str(rule.most) if rule.least == rule.most else f"{rule.least} to {rule.most}"


def _types(rule: MediaRule) -> str:
    end = "s" if rule.most > 1 else ""
    return " or ".join(f"{name}{end}" for name in MediaType if name in rule.files)


def _table(head: Iterable[str], rows: Iterable[list[str]]) -> str:
    lines = [list(head)]
    lines += [["---"] * len(lines[0]), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.platforms", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    if not parser.parse_args().check:
        PAGE.write_text(page(), "utf-8")
    elif PAGE.read_text("utf-8") != page():
        sys.exit("docs/platforms.md differs from the adapters: run `python -m dev.platforms`")


if __name__ == "__main__":
    main()
