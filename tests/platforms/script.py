"""Flows driven by hand: what they ask for, and what comes of the answers."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from domain.content import Content, ContentType, Media, MediaType
from domain.failures import Failure
from platforms.adapter import Account, Job
from platforms.flow import Answer, Reply, Request, Step, Upload, Wait
from tests.make import NOW

ACCOUNT = Account("4400", "ada")


def job(kind: ContentType = ContentType.TEXT, text: str = "hello", **more: Any) -> Job:
    """A job for @ada; ``options`` and ``media`` go to the content, the rest to the job."""
    content = Content(kind, text, media=more.pop("media", ()), options=more.pop("options", {}))
    return Job(account=more.pop("account", ACCOUNT), content=content, now=NOW, **more)


def photo(**more: Any) -> Media:
    return Media(uuid4(), MediaType.IMAGE, "https://cdn.example.org/a.jpg", **more)


def film(**more: Any) -> Media:
    return Media(uuid4(), MediaType.VIDEO, "https://cdn.example.org/a.mp4", **more)


def reply(body: Any = None, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): v for name, v in headers.items()}, content)


def quota(used: int = 4, total: int = 100) -> Answer:
    """How many posts of the day the account has used."""
    return reply({"data": [{"quota_usage": used, "config": {"quota_total": total}}]})


def play(
    flow: Generator[Step, Reply, Any], replies: Sequence[Reply | Failure]
) -> tuple[list[Step], Any]:
    """Send the replies in order (None where a step needs none is added by itself), raise those that
    are failures; the steps that were asked for, and the result or the failure."""
    steps: list[Step] = []
    left: list[Reply | Failure] = list(replies)
    sent: Reply | Failure = None
    try:
        while True:
            step = flow.throw(sent) if isinstance(sent, Failure) else flow.send(sent)
            steps.append(step)
            if isinstance(step, Wait):
                flow.close()
                return steps, None
            wants = type(step).__name__ in ("Call", "Fenced", "Upload", "Measure")
            if wants and not left:
                return steps, None
            sent = left.pop(0) if wants else None
    except StopIteration as end:
        return steps, end.value
    except Failure as failure:
        return steps, failure


def requests(steps: Sequence[Step]) -> list[Request]:
    """The requests among the steps."""
    found = [getattr(step, "request", None) or getattr(step, "step", None) for step in steps]
    return [
        one.request if isinstance(one, Upload) else one
        for one in found
        if isinstance(one, Request | Upload)
    ]


def sent_to(steps: Sequence[Step]) -> list[str]:
    return [f"{request.method} {request.path}" for request in requests(steps)]


def form_of(request: Request) -> Mapping[str, str]:
    assert request.form is not None
    return request.form
