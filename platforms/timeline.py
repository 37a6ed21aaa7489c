"""Looking for a post of ours among an account's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from domain.text import fingerprint
from platforms.flow import Absent, Job, Published, Settlement, Unsettled

SURE_AFTER: Final = timedelta(seconds=60)
CLOCK_SLACK: Final = timedelta(seconds=60)


def since(job: Job) -> datetime:
    """From when on to look: the announcement, less what two clocks may differ by."""
    return (job.intent_at or job.now) - CLOCK_SLACK


def sought(job: Job, posts: Iterable[tuple[str, Published]]) -> Settlement:
    """The post with our text, if it is there. Its absence proves something only once the platform
    has had time to list it: none promises when, seconds were seen, a minute is waited for."""
    ours = fingerprint(job.content.text)
    for text, post in posts:
        if fingerprint(text) == ours:
            return post
    if job.intent_at is not None and job.now - job.intent_at < SURE_AFTER:
        return Unsettled("the account's list of posts does not show it yet")
    return Absent()
