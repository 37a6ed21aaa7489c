"""Facebook Pages, Graph API v25.0 (https://developers.facebook.com/docs/pages-api): text and link
posts, a single photo.

Page tokens have no refresh; they last until somebody ends the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from domain.content import ContentType, MediaType, Platform
from domain.limits import Limits, MediaRule
from platforms import graph, timeline
from platforms.flow import (
    Adapter,
    Answer,
    Job,
    Published,
    PublishFlow,
    Request,
    SettleFlow,
    call,
    fenced,
    text_of,
)

VERSION: Final = "v25.0"
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"})
PHOTO: Final = MediaRule(
    1, 1, frozenset({MediaType.IMAGE}), PICTURES, {MediaType.IMAGE: 10 * 1024**2}
)

LIMITS: Final = Limits(
    platform=Platform.FACEBOOK,
    text_max=63_206,
    kinds={ContentType.TEXT: MediaRule(needs_text=True), ContentType.IMAGE: PHOTO},
)


def publish(job: Job) -> PublishFlow:
    """Option ``link`` adds a link preview."""
    answer = yield from fenced(_request(job))
    body = graph.object_of(answer, job.now, published=True)
    post_id = text_of(body.get("post_id") or body.get("id"), answer.status)
    return Published(post_id, permalink(post_id))


def settle(job: Job) -> SettleFlow:
    """Looks through the Page's latest posts."""
    query = {
        "fields": "id,message,created_time,permalink_url",
        "limit": "100",
        "since": str(int(timeline.since(job).timestamp())),
    }
    path = f"/{VERSION}/{job.account.platform_user_id}/published_posts"
    answer = yield from call(Request("GET", path, query=query))
    return timeline.sought(job, _posts(answer, job.now))


def permalink(post_id: str) -> str:
    return f"https://www.facebook.com/{post_id}"


def _request(job: Job) -> Request:
    page = f"/{VERSION}/{job.account.platform_user_id}"
    if job.content.media:
        photo = job.content.media[0]
        form = {"url": photo.url, "caption": job.content.text, "published": "true"}
        alt = {"alt_text_custom": photo.alt_text} if photo.alt_text else {}
        return Request("POST", f"{page}/photos", form={**form, **alt})
    link = job.content.options.get("link")
    form = {"message": job.content.text, **({"link": link} if isinstance(link, str) else {})}
    return Request("POST", f"{page}/feed", form=form)


def _posts(answer: Answer, now: datetime) -> Iterator[tuple[str, Published]]:
    for row in graph.rows(answer, now):
        post_id = text_of(row.get("id"), answer.status)
        link = row.get("permalink_url")
        url = link if isinstance(link, str) else permalink(post_id)
        yield str(row.get("message", "")), Published(post_id, url)


ADAPTER: Final = Adapter(
    platform=Platform.FACEBOOK, limits=LIMITS, publish=publish, settle=settle, refresh_token=None
)
