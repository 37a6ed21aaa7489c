"""What follows a post that is public: the parts of a thread, the first comment.

Each is a public call of its own: announced, sent once, and looked for when its answer is lost.
Whatever becomes of it, the post stays published and is never sent again; what could not be
posted, or may or may not be there, is said in a remark. The checkpoint holds the post's name, so a
crash goes on with the part that is next.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from domain.content import Content, Json, JsonObject
from domain.failures import (
    Failure,
    NotReady,
    OutcomeUnknown,
    Rejected,
    Throttled,
    TokenExpired,
    Unavailable,
)
from platforms import timeline
from platforms.adapter import Job, Published, PublishFlow, SettleFlow
from platforms.flow import Answer, Reply, Request, Save, Step, Unreadable, Wait, fenced

FOLLOW_FOR: Final = timedelta(hours=1)
AGAIN_AFTER: Final = 30.0
SENDS: Final = 2
UNBOUNDED: Final = 86_400.0  # the flow itself ends the waiting, after FOLLOW_FOR
NAMES: Final = ("published_id", "published_url", "published_at")

Kept: TypeAlias = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Part:
    """One part to send: under which post, what, and the checkpoint, which `Replies.prepare` may
    add to."""

    parent: str
    text: str
    kept: Kept


@dataclass(frozen=True, slots=True)
class Replies:
    """How a platform takes what follows a post.

    ``texts``: what is to follow. ``prepare``: everything up to the public call, which it returns.
    ``named``: the id that its answer gives. ``find``: the id of a part that may be there, None when
    it is surely not. ``chained``: each part answers the one before, else all answer the post.
    """

    what: str
    texts: Callable[[Job], tuple[str, ...]]
    prepare: Callable[[Job, Part], Generator[Step, Reply, Request]]
    named: Callable[[Answer, Job], str]
    find: Callable[[Job, Part], Generator[Step, Reply, str | None]]
    chained: bool = False


def publish(job: Job, head: Callable[[Job], PublishFlow], replies: Replies) -> PublishFlow:
    """Publish the post with ``head``, unless the checkpoint names it already; then what follows."""
    public = _public(job) or (yield from head(job))
    published = yield from _follow(job, public, replies)
    return published


def settle(job: Job, head: Callable[[Job], SettleFlow], replies: Replies) -> SettleFlow:
    """Settle the post with ``head``, unless the checkpoint names it already; then what follows."""
    public = _public(job)
    if public is None:
        found = yield from head(job)
        if not isinstance(found, Published):
            return found
        public = found
    published = yield from _follow(job, public, replies)
    return published


def texts_of(content: Content, name: str) -> tuple[str, ...]:
    """The texts of a setting: a list of them, or only one."""
    value = content.options.get(name)
    texts = value if isinstance(value, list) else [value]
    return tuple(text for text in texts if isinstance(text, str) and text.strip())


def _public(job: Job) -> Published | None:
    post_id, url = job.checkpoint.get("published_id"), job.checkpoint.get("published_url")
    if not isinstance(post_id, str):
        return None
    return Published(post_id, url if isinstance(url, str) else None, at=_since(job.checkpoint))


def _since(checkpoint: JsonObject) -> datetime | None:
    since = checkpoint.get("published_at")
    return datetime.fromisoformat(since) if isinstance(since, str) else None


def _follow(job: Job, public: Published, replies: Replies) -> PublishFlow:
    texts = replies.texts(job)
    if not texts:
        return public
    kept, parts = _kept(job, public)
    yield Save({**kept})
    while len(parts) < len(texts):
        parent = parts[-1] if parts and replies.chained else public.id
        try:
            parts.append((yield from _part(job, Part(parent, texts[len(parts)], kept), replies)))
        except TokenExpired:
            yield Save({**kept})
            raise
        except (Failure, Unreadable) as fault:
            words = yield from _setback(job, kept, fault)
            which = f"{replies.what} {len(parts) + 1} of {len(texts)}"
            return replace(public, remark=_remark(kept, which, words), at=_since(kept))
        kept = {**{name: kept[name] for name in NAMES}, "parts": list[Json](parts)}
        yield Save(kept)
    return replace(public, at=_since(kept))


def _kept(job: Job, public: Published) -> tuple[Kept, list[str]]:
    """The checkpoint from here on, and the ids of the parts that are through. What the post itself
    needed is over."""
    parts = job.checkpoint.get("parts")
    if isinstance(parts, list):
        return {**job.checkpoint}, [str(part) for part in parts]
    since = public.at or job.intent_at or job.now
    named: Kept = {
        "published_id": public.id,
        "published_url": public.url,
        "published_at": since.isoformat(),
        "parts": [],
    }
    return named, []


def _part(job: Job, part: Part, replies: Replies) -> Generator[Step, Reply, str]:
    """One part: looked for if it may be there, sent if it is not. Returns its id."""
    kept = part.kept
    if kept.get("sent"):
        if job.intent_at is None or job.now - job.intent_at < timeline.SURE_AFTER:
            raise NotReady("it may be there", after=timeline.SURE_AFTER.total_seconds())
        found = yield from replies.find(job, part)
        if found is not None:
            return found
        kept["sent"] = False
    if _tries(kept) >= SENDS:
        raise Rejected(f"it was sent {SENDS} times and does not show")
    request = yield from replies.prepare(job, part)
    kept.update(sent=True, tries=_tries(kept) + 1)
    yield Save({**kept})
    try:
        answer = yield from fenced(request)
        return replies.named(answer, job)
    except OutcomeUnknown:
        raise
    except Failure:
        kept.update(sent=False, tries=_tries(kept) - 1)
        raise


def _tries(kept: Kept) -> int:
    tries = kept.get("tries")
    return tries if isinstance(tries, int) else 0


def _setback(job: Job, kept: Kept, fault: Failure | Unreadable) -> Generator[Step, Reply, str]:
    """Wait, when trying or looking again may help and there is time left; else say why not."""
    words = fault.message if isinstance(fault, Failure) else str(fault)
    seconds = _pause(job, kept, fault)
    till = (_since(kept) or job.now) + FOLLOW_FOR
    if seconds is not None and job.now + timedelta(seconds=seconds) < till:
        yield Save({**kept})
        yield Wait(seconds, UNBOUNDED, words)
    return words


def _pause(job: Job, kept: Kept, fault: Failure | Unreadable) -> float | None:
    match fault:
        case Throttled(until=until):
            return max((until - job.now).total_seconds(), 1.0)
        case NotReady(after=after):
            return after
        case OutcomeUnknown():
            return timeline.SURE_AFTER.total_seconds()
        case Unavailable() | Unreadable():
            return timeline.SURE_AFTER.total_seconds() if kept.get("sent") else AGAIN_AFTER
    return None


def _remark(kept: Kept, which: str, words: str) -> str:
    if kept.get("sent"):
        return (
            f"the post is public, but whether {which} was posted is not known ({words}): look at"
            " the post"
        )
    return f"the post is public, but {which} was not posted: {words}"
