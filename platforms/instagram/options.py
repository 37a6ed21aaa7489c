"""What Instagram takes with a post, by the API's own names
(https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media)."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType
from domain.options import Option, Shape

STORY: Final = frozenset({ContentType.STORY})
POSTS: Final = frozenset(ContentType) - STORY - {ContentType.TEXT}
SINGLE: Final = frozenset({ContentType.IMAGE, ContentType.VIDEO, ContentType.REEL})
REELS: Final = frozenset({ContentType.VIDEO, ContentType.REEL})

WITH_POSTS: Final = (
    Option("location_id", Shape.ID, "a Page that has a location", POSTS),
    Option("collaborators", Shape.LIST, "user names", POSTS, most=3),
    Option("product_tags", Shape.LIST, "products of the account's catalogue", POSTS),
    Option("is_paid_partnership", Shape.SWITCH, "marked as paid", POSTS),
    Option("branded_content_sponsor_ids", Shape.LIST, "who paid", POSTS),
    Option("is_ai_generated", Shape.SWITCH, "marked as made by AI", POSTS),
)
WITH_REELS: Final = (
    Option("share_to_feed", Shape.SWITCH, "shown among the posts, too", REELS),
    Option("thumb_offset", Shape.NUMBER, "the cover: milliseconds into the video", REELS),
    Option("cover_url", Shape.TEXT, "the cover: a JPEG; else the video's thumbnail", REELS),
    Option("audio_name", Shape.TEXT, "the name of its sound", REELS),
    Option("trial_params", Shape.OBJECT, "`graduation_strategy` of a trial reel", REELS),
)
TAGS: Final = Option(
    "user_tags",
    Shape.LIST,
    "`username`, and for an image where: `x` and `y` from 0 to 1",
    SINGLE | STORY,
    most=20,
)
FIRST_COMMENT: Final = Option(
    "first_comment", Shape.TEXT, "commented once it is published", POSTS, most=2200
)
OPTIONS: Final = (*WITH_POSTS, *WITH_REELS, TAGS, FIRST_COMMENT)
