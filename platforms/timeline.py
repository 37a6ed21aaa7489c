"""Looking for a post of ours among an account's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.text import fingerprint, resembles
from platforms.adapter import Absent, Job, Published, Settlement, Unsettled

SURE_AFTER: Final = timedelta(seconds=60)
CLOCK_SLACK: Final = timedelta(seconds=60)
CLOCKS: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Seen:
    """One post of an account's list, made ``at`` by the platform's clock. ``media``: the platform's
    ids of what it shows; empty when it shows nothing, or does not tell."""

    post: Published
    text: str
    at: datetime
    media: frozenset[str] = frozenset()


def since(job: Job) -> datetime:
    """From when on to look: the announcement, less what two clocks may differ by."""
    return (job.intent_at or job.now) - CLOCK_SLACK


def waited(job: Job, least: timedelta = SURE_AFTER) -> bool:
    """Whether the announcement is long enough ago for the platform to know of the post."""
    return job.intent_at is not None and job.now - job.intent_at >= least


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same but for what platforms do to them: links rewritten, HTML
    escaped, white space tidied, the ``@`` of a mention taken away."""
    return fingerprint(one).replace("@", "") == fingerprint(other).replace("@", "")


def nearest(job: Job, posts: Iterable[tuple[str, datetime | None, Published]]) -> Settlement:
    """The post with our text, by its time: the one made next after the announcement. One that is
    older by more than clocks differ is a look-alike, and one without a text may be anybody's: where
    those are all there is, or there are several, only a person can tell."""
    intent = job.intent_at or job.now
    ours = [
        (at or intent, post)
        for text, at, post in posts
        if post.id not in job.known and same_text(text, job.content.text)
    ]
    fresh = sorted((at, post.id, post) for at, post in ours if at >= intent - CLOCKS)
    if len(fresh) == 1 or (fresh and job.content.text.strip()):
        return fresh[0][2]
    if ours:
        return Unsettled("a post that looks the same is there, and may be this one")
    if not waited(job):
        return Unsettled("the account's list of posts does not show it yet")
    return Absent()


def recognised(
    job: Job,
    posts: Iterable[Seen],
    media: Collection[str] = (),
    since: datetime | None = None,
) -> Settlement:
    """Like `nearest`, where the list tells times and media. The media's ids decide where they are
    known; else one with much of our text leaves the question open, for it may be ours, altered.
    ``since``: from when on it may have been made, if that is not the announcement."""
    start = since or job.intent_at or job.now
    others = (one for one in posts if one.post.id not in job.known)
    oldest_first = sorted(others, key=lambda one: one.at)
    for one in oldest_first:
        if not one.media.isdisjoint(media):
            return one.post
    untold = [one for one in oldest_first if not one.media]
    found = nearest(replace(job, intent_at=start), [(one.text, one.at, one.post) for one in untold])
    alike = (one for one in untold if one.at >= start - CLOCKS)
    if isinstance(found, Absent) and any(resembles(a.text, job.content.text) for a in alike):
        return Unsettled("a post with much of the text is there, and may be this one")
    return found
