"""Threads: https://developers.facebook.com/docs/threads"""

from __future__ import annotations

from sandbox.meta import Containers, refuse, wording
from sandbox.routes import Call, SimulatedPlatform
from sandbox.work import Work


def kind_of(call: Call) -> str:
    kind = str(call.form.get("media_type", ""))
    needed = {"TEXT": "text", "IMAGE": "image_url", "VIDEO": "video_url", "CAROUSEL": "children"}
    if kind not in needed or not call.form.get(needed[kind]):
        raise refuse(100, f"Param media_type must be one of {', '.join(needed)}, with its content")
    return kind


def link(container: Work) -> str:
    return f"https://www.threads.com/@{container.account.username}/post/{container.id}"


CONTAINERS = Containers(
    create="threads",
    publish="threads_publish",
    status_field="status",
    reason_field="error_message",
    text_field="text",
    text_max=500,
    listing="threads",
    kind_of=kind_of,
    link=link,
)

THREADS = SimulatedPlatform("threads", CONTAINERS.routes(), wording(613))
