"""Threads: the parts of a thread that follow a post, each an answer to the one before.

A part is a container like any post; its publishing call is the public one.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from domain.failures import NotReady, OutcomeUnknown, Unavailable
from domain.text import fingerprint
from platforms import containers, graph, timeline
from platforms.adapter import Job
from platforms.containers import Dialect, Quota
from platforms.flow import Answer, Reply, Request, Save, Step, call, text_of
from platforms.followups import Part, Replies, texts_of
from platforms.threads.options import THREAD

DIALECT: Final = Dialect(
    version="v1.0",
    create="threads",
    publish="threads_publish",
    status_field="status",
    reason_field="error_message",
    listing="threads",
    text_field="text",
    quota=Quota("threads_publishing_limit", "quota_usage", "config"),
)
REPLY_QUOTA: Final = Quota("threads_publishing_limit", "reply_quota_usage", "reply_config")


def texts(job: Job) -> tuple[str, ...]:
    return texts_of(job.content, THREAD.name)


def prepare(job: Job, part: Part) -> Generator[Step, Reply, Request]:
    """Make the container, wait until it is ready, and see that there is room for it. Threads shows
    a post to its own answers only after some seconds; until then it is refused as missing."""
    container = part.kept.get("container")
    if not isinstance(container, str):
        form = {"media_type": "TEXT", "text": part.text, "reply_to_id": part.parent}
        answer = yield from call(containers.post(job, DIALECT, DIALECT.create, form))
        container = text_of(graph.object_of(answer, job.now).get("id"), answer.status)
        part.kept["container"] = container
        yield Save({**part.kept})
    status = yield from _status(job, container)
    if status == "IN_PROGRESS":
        raise NotReady("Threads is preparing it", after=containers.POLL_EVERY)
    if status == "PUBLISHED":
        raise OutcomeUnknown("it has been published before")
    if status != "FINISHED":
        part.kept.pop("container")
        raise Unavailable(f"its container ended as {status}")
    yield from containers.room(job, DIALECT, REPLY_QUOTA)
    return containers.post(job, DIALECT, DIALECT.publish, {"creation_id": container})


def named(answer: Answer, job: Job) -> str:
    body = graph.object_of(answer, job.now, published=True)
    return text_of(body.get("id"), answer.status)


def find(job: Job, part: Part) -> Generator[Step, Reply, str | None]:
    """The container tells whether it went out, the account's answers as what."""
    status = yield from _status(job, str(part.kept.get("container")))
    if status in ("ERROR", "EXPIRED"):
        part.kept.pop("container")
        return None
    path = f"/{DIALECT.version}/{job.account.platform_user_id}/replies"
    since = timeline.since(job)
    query = {
        "fields": "id,text,timestamp",
        "since": str(int(since.timestamp())),
        "limit": "100",
    }
    answer = yield from call(Request("GET", path, query=query))
    known = part.kept.get("parts")
    for row in graph.recent(graph.rows(answer, job.now), "timestamp", since):
        found = text_of(row.get("id"), answer.status)
        same = fingerprint(str(row.get("text") or "")) == fingerprint(part.text)
        if same and isinstance(known, list) and found not in known:
            return found
    if status == "PUBLISHED":
        raise NotReady("it went out, but is not listed yet", after=30)
    return None


def _status(job: Job, container: str) -> Generator[Step, Reply, str]:
    answer = yield from call(containers.node(DIALECT, container, DIALECT.status_field))
    return str(graph.object_of(answer, job.now).get(DIALECT.status_field))


REPLIES: Final = Replies("part", texts, prepare, named, find, chained=True)
