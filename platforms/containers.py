"""Publishing by container, as Threads and Instagram do it: make it, wait for it, publish it.

A container is not public and lives for 24 hours; publishing it is the one fenced call. Its status
tells afterwards whether it went out, though not as which post; the account's list tells that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.content import Json
from domain.failures import Failure, OutcomeUnknown, Rejected, Throttled, Unavailable
from platforms import graph, timeline
from platforms.adapter import (
    Absent,
    Job,
    Published,
    PublishFlow,
    SettleFlow,
    Settlement,
    Unsettled,
)
from platforms.flow import (
    Answer,
    Reply,
    Request,
    Save,
    Step,
    Wait,
    call,
    fenced,
    optional,
    text_of,
)
from platforms.profile import meta_quota
from platforms.refusals import of_item, placed
from platforms.usage import meta_usage

POLL_EVERY: Final = 3.0
POLL_FOR: Final = 1800.0
NEARLY_ALL: Final = 0.95
# Reasons of Threads that may pass; those of Instagram are numbers of the code table.
AGAIN: Final = frozenset({"FAILED_DOWNLOADING_VIDEO", "UNKNOWN"})


@dataclass(frozen=True, slots=True)
class Quota:
    """Where the account's cap on posts a day is told, and by which fields."""

    path: str
    usage: str
    config: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the two: paths beneath the account's, field names of status and list."""

    version: str
    create: str
    publish: str
    status_field: str
    reason_field: str
    listing: str
    text_field: str
    quota: Quota


Forms = Callable[[Job], tuple[list[dict[str, str]], dict[str, str]]]


def publish(job: Job, dialect: Dialect, forms: Forms) -> PublishFlow:
    """``forms`` gives the containers to make: those of the items, if the post is made of several,
    and the one that is published."""
    container = job.checkpoint.get("container")
    if not isinstance(container, str):
        container = yield from _create(job, dialect, forms)
    only = "media[0]" if len(job.content.media) == 1 else "content"
    yield from _ready(job, dialect, container, only)
    yield from room(job, dialect, dialect.quota)
    answer = yield from fenced(post(job, dialect, dialect.publish, {"creation_id": container}))
    body = graph.object_of(answer, job.now, published=True)
    post_id = text_of(body.get("id"), answer.status)
    yield Save({**job.checkpoint, "container": container, "published_id": post_id})
    link = yield from graph.field_of(node(dialect, post_id, "id,permalink"), "permalink")
    return Published(post_id, link)


def room(job: Job, dialect: Dialect, quota: Quota) -> Generator[Step, Reply, None]:
    """Whether the account may post today. The window rolls, and nobody says when it opens: ask
    again in an hour. Calls while nearly all of them are used would lengthen the limit, so the
    headers are heeded, too. A quota that cannot be read holds nothing up. Raises `Throttled`."""
    path = f"/{dialect.version}/{job.account.platform_user_id}/{quota.path}"
    query = {"fields": f"{quota.usage},{quota.config}"}
    answer = yield from optional(Request("GET", path, query=query))
    told = meta_quota(answer, quota.usage, quota.config) if answer else None
    if told is not None and told.used >= told.total:
        words = f"the account has used its {told.total} posts of the day"
        raise Throttled(words, until=job.now + graph.HOUR)
    calls = meta_usage(answer.headers, job.now) if answer else None
    if calls is not None and calls.used >= NEARLY_ALL:
        raise Throttled(f"{calls.used:.0%} of the calls are used", until=calls.resets)


def settle(job: Job, dialect: Dialect) -> SettleFlow:
    """The container's status is the platform's own word on whether it went out; the account's list
    says as what."""
    container = job.checkpoint.get("container")
    if not isinstance(container, str):
        return Unsettled("the container's id was not kept")
    fields = f"{dialect.status_field},{dialect.reason_field}"
    answer = yield from call(node(dialect, container, fields))
    status = graph.object_of(answer, job.now).get(dialect.status_field)
    if status == "FINISHED" and timeline.waited(job):
        return Absent()
    if status == "PUBLISHED":
        found = yield from _look(job, dialect)
        return (
            Unsettled("it went out, but is not listed yet") if isinstance(found, Absent) else found
        )
    if status in ("ERROR", "EXPIRED"):
        return Absent(Unavailable(f"the container ended as {status} without being published"))
    return Unsettled(f"the container is {status}")


def _create(job: Job, dialect: Dialect, forms: Forms) -> Generator[Step, Reply, str]:
    items, whole = forms(job)
    children = job.checkpoint.get("children")
    made = [str(child) for child in children] if isinstance(children, list) else []
    for form in items[len(made) :]:
        made.append((yield from _made(job, dialect, form, len(made))))
    if made:
        kept: list[Json] = list(made)
        yield Save({"children": kept})
        for position, child in enumerate(made):
            yield from _ready(job, dialect, child, f"media[{position}]")
        whole = {**whole, "children": ",".join(made)}
    container = yield from _made(job, dialect, whole, None)
    yield Save({"container": container})
    return container


def _made(
    job: Job, dialect: Dialect, form: Mapping[str, str], position: int | None
) -> Generator[Step, Reply, str]:
    """Make the container of the item at ``position``; None: that of the whole. Returns its id."""
    answer = yield from call(post(job, dialect, dialect.create, form))
    try:
        return text_of(graph.object_of(answer, job.now).get("id"), answer.status)
    except Rejected as refused:
        if position is not None:
            raise of_item(refused, position) from None
        raise placed(refused, len(job.content.media)) from None


def _ready(job: Job, dialect: Dialect, container: str, item: str) -> Generator[Step, Reply, None]:
    """Go on when the container can be published; wait while it is being made."""
    fields = f"{dialect.status_field},{dialect.reason_field}"
    answer = yield from call(node(dialect, container, fields))
    body = graph.object_of(answer, job.now)
    status = body.get(dialect.status_field)
    if status == "IN_PROGRESS":
        yield Wait(POLL_EVERY, POLL_FOR, "the platform is processing the media")
    elif status == "PUBLISHED":
        raise OutcomeUnknown("the container has been published before")
    elif status == "EXPIRED":
        yield Save({})
        raise Unavailable("the container expired before it was published")
    elif status == "ERROR":
        yield Save({})
        raise failed(
            str(body.get(dialect.reason_field) or "no reason given"), item, answer, job.now
        )


def failed(reason: str, item: str, answer: Answer, now: datetime) -> Failure:
    """Why a container could not be made, and of which part."""
    words = f"{item}: the platform could not process it ({reason})"
    number = re.search(r"\b2207\d{3}\b", reason)
    if number is not None:
        error: dict[str, Json] = {"error_subcode": int(number.group()), "message": words}
        failure = graph.failure_of(error, answer, now)
        if isinstance(failure, Rejected):
            failure.item = item
        return failure
    if reason in AGAIN:
        return Unavailable(words, code=reason[:100])
    return Rejected(words, item=item, code=reason[:100])


def _look(job: Job, dialect: Dialect) -> Generator[Step, Reply, Settlement]:
    query = {
        "fields": f"id,{dialect.text_field},permalink,timestamp",
        "since": str(int(timeline.since(job).timestamp())),
        "limit": "100",
    }
    path = f"/{dialect.version}/{job.account.platform_user_id}/{dialect.listing}"
    answer = yield from call(Request("GET", path, query=query))
    return timeline.nearest(job, _listed(answer, job.now, dialect.text_field))


def _listed(
    answer: Answer, now: datetime, text_field: str
) -> Iterator[tuple[str, datetime | None, Published]]:
    for row in graph.rows(answer, now):
        link = row.get("permalink")
        post = Published(
            text_of(row.get("id"), answer.status), link if isinstance(link, str) else None
        )
        yield str(row.get(text_field) or ""), graph.moment(row.get("timestamp")), post


def post(job: Job, dialect: Dialect, name: str, form: Mapping[str, str]) -> Request:
    """A form to the account's own path ``name``."""
    path = f"/{dialect.version}/{job.account.platform_user_id}/{name}"
    return Request("POST", path, form=form)


def node(dialect: Dialect, node_id: str, fields: str) -> Request:
    """Fields of one container or post."""
    return Request("GET", f"/{dialect.version}/{node_id}", query={"fields": fields})
