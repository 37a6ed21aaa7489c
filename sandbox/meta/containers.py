"""Posts made by way of containers: what Threads and Instagram do alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from sandbox.ledger import Post
from sandbox.media import Facts
from sandbox.meta.graph import check_user, refuse, shortcode, true
from sandbox.pull import NotFetched
from sandbox.routes import Call, Refused, answer
from sandbox.work import DAY, Work, sources

NOT_FETCHED: Final = "The media could not be fetched from this URI."


def begin(call: Call, kind: str, text: str, usual_failure: str) -> Work:
    """A container of the sender; texts are ready at once."""
    work = Work(call.world.number(17), call.account, kind, text)
    work.details = {"item": true(call, "is_carousel_item"), "children": []}
    call.start(work, usual_failure, looks=0 if kind == "text" else None)
    work.expires_at = call.now + DAY
    return work


async def picture(call: Call, url: str) -> Facts:
    """The picture at the URL, fetched before the answer. Raises Refused."""
    try:
        return await call.world.puller.pull(url)
    except NotFetched as fault:
        raise refuse(9004, NOT_FETCHED, 2207052) from fault


def film(
    call: Call, work: Work, url: str, *, lost: str, judge: Callable[[Facts], str | None]
) -> None:
    """Fetch the film while the container is in progress; ``lost`` is the failure if it is not."""

    async def fetch() -> None:
        try:
            work.facts = await call.world.puller.pull(url)
        except NotFetched:
            work.failure = work.failure or lost
        else:
            work.failure = work.failure or judge(work.facts)

    work.media = (url,)
    work.fetching = asyncio.get_running_loop().create_task(fetch())


@dataclass(frozen=True, slots=True)
class Publishing:
    """What differs: refusals of what is not ready or gone, links, quotas and names."""

    not_ready: Callable[[], Refused]
    expired: Callable[[], Refused]
    gone: Callable[[], Refused]
    link: Callable[[Work, str], str]
    check_quota: Callable[[Call, Work], None]

    async def publish(self, call: Call) -> web.Response:
        check_user(call)
        work = call.work(call.field("creation_id"))
        if work is None or work.details.get("item"):
            raise self.gone()
        await work.fetched()
        if "waiting" in work.details:
            raise self.not_ready()
        match work.state(call.now):
            case "PUBLISHED":
                raise refuse(100, "(#100) The container has been published already")
            case "EXPIRED":
                raise self.expired()
            case "IN_PROGRESS" | "ERROR":
                raise self.not_ready()
        self.check_quota(call, work)
        return answer({"id": self.accept(call, work).id})

    def accept(self, call: Call, work: Work) -> Post:
        work.published = True
        post_id = call.world.number()
        children: list[Work] = work.details["children"]
        for child in children:
            child.published = True
        details: dict[str, Any] = {
            **{n: v for n, v in work.details.items() if n not in ("children", "item", "reply_to")},
            "shortcode": shortcode(post_id),
            "alt_texts": [item.details.get("alt_text") for item in children or [work]],
            "container": work.id,
        }
        return call.accept(
            post_id,
            self.link(work, shortcode(post_id)),
            kind=work.kind,
            text=work.text,
            media=sources(children) or work.media,
            reply_to=work.details.get("reply_to"),
            details=details,
        )


async def state_of(call: Call, work: Work) -> str:
    """The state that a status call sees; the fetch of its film comes first."""
    await work.fetched()
    return work.look(call.now)
