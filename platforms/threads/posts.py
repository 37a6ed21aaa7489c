"""Threads API v1.0 (https://developers.facebook.com/docs/threads): text, image, video, carousel.

Every post is a container that is made, becomes ready and is published.
"""

from __future__ import annotations

from typing import Final

from domain.content import Media, MediaType
from platforms import containers, graph
from platforms.containers import Dialect
from platforms.flow import Job, PublishFlow, SettleFlow

DIALECT: Final = Dialect(
    version="v1.0",
    create="threads",
    publish="threads_publish",
    status_field="status",
    reason_field="error_message",
    listing="threads",
    text_field="text",
)
# Settings of the post that are passed on: with every post, with a text alone, and with media.
OPTIONS: Final = (
    "reply_control",
    "enable_reply_approvals",
    "reply_to_id",
    "quote_post_id",
    "topic_tag",
    "location_id",
    "text_entities",
    "allowlisted_country_codes",
)
TEXT_OPTIONS: Final = (
    "link_attachment",
    "poll_attachment",
    "text_attachment",
    "gif_attachment",
    "is_ghost_post",
)
MEDIA_OPTIONS: Final = ("is_spoiler_media",)


def publish(job: Job) -> PublishFlow:
    """Options: those of `OPTIONS`, with a text alone also of `TEXT_OPTIONS`, with media also of
    `MEDIA_OPTIONS`; under the API's own names. Attachments are objects."""
    return graph.anew(containers.publish(job, DIALECT, forms))


def settle(job: Job) -> SettleFlow:
    return containers.settle(job, DIALECT)


def forms(job: Job) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The containers of the items, and the one that is published."""
    content = job.content
    more = MEDIA_OPTIONS if content.media else TEXT_OPTIONS
    whole = graph.formed(content.options, (*OPTIONS, *more))
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
