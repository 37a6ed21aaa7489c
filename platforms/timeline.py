"""Looking for a post of ours among an account's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from domain.text import fingerprint
from platforms.flow import Absent, Job, Published, Settlement, Unsettled

SURE_AFTER: Final = timedelta(seconds=60)
CLOCK_SLACK: Final = timedelta(seconds=60)
CLOCKS: Final = timedelta(seconds=5)


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


def sought(job: Job, posts: Iterable[tuple[str, Published]]) -> Settlement:
    """The post with our text, if it is there. Its absence proves something only once the platform
    has had time to list it: none promises when, seconds were seen, a minute is waited for."""
    ours = fingerprint(job.content.text)
    for text, post in posts:
        if post.id not in job.known and fingerprint(text) == ours:
            return post
    if job.intent_at is not None and job.now - job.intent_at < SURE_AFTER:
        return Unsettled("the account's list of posts does not show it yet")
    return Absent()
