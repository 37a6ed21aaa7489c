"""First comments on Instagram and Facebook: ``POST /{post}/comments``, which both have alike
(https://developers.facebook.com/docs/graph-api/reference/object/comments)."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

from domain.text import fingerprint
from platforms import graph, timeline
from platforms.adapter import Job
from platforms.flow import Answer, Reply, Request, Step, call, text_of
from platforms.followups import Part, Replies, texts_of


def first_comment(version: str, text_field: str, time_field: str, option: str) -> Replies:
    """The comment of the setting ``option``; the fields are those of listed comments."""
    return Replies(
        "comment",
        lambda job: texts_of(job.content, option),
        partial(_prepare, version),
        _named,
        partial(_find, version, text_field, time_field),
    )


def _prepare(version: str, _job: Job, part: Part) -> Generator[Step, Reply, Request]:
    """Nothing has to be prepared. Fields must not be asked for with it: Instagram then writes the
    comment and answers with an error."""
    yield from ()
    return Request("POST", f"/{version}/{part.parent}/comments", form={"message": part.text})


def _named(answer: Answer, job: Job) -> str:
    body = graph.object_of(answer, job.now, published=True)
    return text_of(body.get("id"), answer.status)


def _find(
    version: str, text_field: str, time_field: str, job: Job, part: Part
) -> Generator[Step, Reply, str | None]:
    since = timeline.since(job)
    query = {"fields": f"id,{text_field},{time_field}", "limit": "100"}
    path = f"/{version}/{part.parent}/comments"
    answer = yield from call(Request("GET", path, query=query))
    for row in graph.recent(graph.rows(answer, job.now), time_field, since):
        if fingerprint(str(row.get(text_field) or "")) == fingerprint(part.text):
            return text_of(row.get("id"), answer.status)
    return None
