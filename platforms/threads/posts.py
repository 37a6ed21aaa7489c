"""Threads API v1.0 (https://developers.facebook.com/docs/threads): text, image, video, carousel,
and threads of posts.

Every post is a container that is made, becomes ready and is published.
"""

from __future__ import annotations

from domain.content import Media, MediaType
from platforms import containers, followups, graph
from platforms.adapter import Job, PublishFlow, SettleFlow
from platforms.threads.options import PASSED_ON
from platforms.threads.replies import DIALECT, REPLIES


def publish(job: Job) -> PublishFlow:
    """The post, then its thread: the texts of the setting ``thread``."""
    return followups.publish(job, _head, REPLIES)


def settle(job: Job) -> SettleFlow:
    return followups.settle(job, _settled, REPLIES)


def _head(job: Job) -> PublishFlow:
    return graph.anew(containers.publish(job, DIALECT, forms))


def _settled(job: Job) -> SettleFlow:
    return containers.settle(job, DIALECT)


def forms(job: Job) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The containers of the items, and the one that is published."""
    content = job.content
    whole = graph.passed_on(content, PASSED_ON)
    if content.text:
        whole["text"] = content.text
    match content.media:
        case ():
            return [], {"media_type": "TEXT", **whole}
        case (only,):
            return [], {**_item(only), **whole}
        case several:
            items = [{**_item(media), "is_carousel_item": "true"} for media in several]
            return items, {"media_type": "CAROUSEL", **whole}


def _item(media: Media) -> dict[str, str]:
    form = {"media_type": "IMAGE", "image_url": media.url}
    if media.type is MediaType.VIDEO:
        form = {"media_type": "VIDEO", "video_url": media.url}
    return {**form, "alt_text": media.alt_text} if media.alt_text else form
