"""Instagram API v25.0 (https://developers.facebook.com/docs/instagram-platform): image, reel,
story, carousel, first comment.

Both variants, with Instagram login and with Facebook login, have the same calls, on different hosts
(see `adapter.host`). Instagram fetches the media from its URL. There are no posts of text alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from domain.content import ContentType, Media, MediaType
from domain.failures import Unavailable
from platforms import containers, followups, graph, timeline
from platforms.adapter import Absent, Job, Published, PublishFlow, SettleFlow, Unsettled
from platforms.comments import first_comment
from platforms.containers import Dialect, Quota
from platforms.flow import Request, call, text_of
from platforms.instagram.options import FIRST_COMMENT, TAGS, WITH_POSTS, WITH_REELS

VERSION: Final = "v25.0"
DIALECT: Final = Dialect(
    version=VERSION,
    create="media",
    publish="media_publish",
    status_field="status_code",
    reason_field="status",
    listing="media",
    text_field="caption",
    quota=Quota("content_publishing_limit", "quota_usage", "config"),
)
CLOCKS: Final = timedelta(seconds=2)
COMMENT: Final = first_comment(VERSION, "text", "timestamp", FIRST_COMMENT.name)


def publish(job: Job) -> PublishFlow:
    """The post, then its first comment. A single video is always a reel."""
    return followups.publish(job, _head, COMMENT)


def settle(job: Job) -> SettleFlow:
    return followups.settle(job, _settled, COMMENT)


def _head(job: Job) -> PublishFlow:
    return graph.anew(containers.publish(job, DIALECT, forms))


def _settled(job: Job) -> SettleFlow:
    return _story(job) if job.content.kind is ContentType.STORY else containers.settle(job, DIALECT)


def forms(job: Job) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The containers of the items, and the one that is published."""
    content = job.content
    first = content.media[0]
    tags = graph.passed_on(content, (TAGS,))
    if content.kind is ContentType.STORY:
        return [], {"media_type": "STORIES", **_source(first), **tags}
    whole = graph.passed_on(content, WITH_POSTS)
    if content.text:
        whole["caption"] = content.text
    if len(content.media) > 1:
        items = [{**_child(media), "is_carousel_item": "true"} for media in content.media]
        return items, {"media_type": "CAROUSEL", **whole}
    if first.type is MediaType.VIDEO:
        return [], {"media_type": "REELS", **_source(first), **whole, **tags, **_reel(job, first)}
    return [], {**_source(first), **_alt(first), **whole, **tags}


def _reel(job: Job, film: Media) -> dict[str, str]:
    options = graph.passed_on(job.content, WITH_REELS)
    if film.thumbnail_url and "thumb_offset" not in options:
        return {"cover_url": film.thumbnail_url, **options}
    return options


def _child(media: Media) -> dict[str, str]:
    kind = {"media_type": "VIDEO"} if media.type is MediaType.VIDEO else {}
    return {**kind, **_source(media), **_alt(media)}


def _source(media: Media) -> dict[str, str]:
    return {"video_url" if media.type is MediaType.VIDEO else "image_url": media.url}


def _alt(media: Media) -> dict[str, str]:
    """Reels, other videos and stories take none."""
    return {"alt_text": media.alt_text} if media.alt_text and media.type is MediaType.IMAGE else {}


def _story(job: Job) -> SettleFlow:
    """Stories carry no text to know them by: the container says whether it went out, and the
    account's stories since the announcement say as what, if there is only one."""
    container = job.checkpoint.get("container")
    if not isinstance(container, str):
        return Unsettled("the container's id was not kept")
    path = f"/{VERSION}/{container}"
    answer = yield from call(Request("GET", path, query={"fields": "status_code,status"}))
    status = graph.object_of(answer, job.now).get("status_code")
    if status == "PUBLISHED":
        found = yield from _latest_story(job)
        return found
    if status in ("ERROR", "EXPIRED"):
        return Absent(Unavailable(f"the container ended as {status} without being published"))
    if status == "FINISHED" and timeline.waited(job):
        return Absent()
    return Unsettled(f"the container is {status}")


def _latest_story(job: Job) -> SettleFlow:
    path = f"/{VERSION}/{job.account.platform_user_id}/stories"
    query = {"fields": "id,permalink,timestamp", "limit": "100"}
    answer = yield from call(Request("GET", path, query=query))
    since = (job.intent_at or job.now) - CLOCKS
    recent = graph.recent(graph.rows(answer, job.now), "timestamp", since)
    stories = [story for story in recent if story.get("id") not in job.known]
    if len(stories) != 1:
        return Unsettled(f"it went out, but as one of {len(stories)} stories since")
    link = stories[0].get("permalink")
    story_id = text_of(stories[0].get("id"), answer.status)
    return Published(story_id, link if isinstance(link, str) else None)
