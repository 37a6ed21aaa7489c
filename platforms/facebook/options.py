"""What Facebook Pages take with a post, by the API's own names
(https://developers.facebook.com/docs/graph-api/reference/page/feed)."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType
from domain.options import Option, Shape

TEXT: Final = frozenset({ContentType.TEXT})
FEED: Final = frozenset({ContentType.TEXT, ContentType.IMAGE, ContentType.CAROUSEL})
REEL: Final = frozenset({ContentType.REEL})
COMMENTED: Final = FEED | REEL | {ContentType.VIDEO}
SENT: Final = frozenset({ContentType.REEL, ContentType.STORY})

WITH_FEED: Final = (
    Option("place", Shape.ID, "a Page that has a location", FEED | REEL),
    Option("tags", Shape.LIST, "ids of people who are there; needs `place`", FEED),
    Option("targeting", Shape.OBJECT, "who may see it, such as `geo_locations`", FEED),
    Option("feed_targeting", Shape.OBJECT, "whose feeds it is shown in", FEED),
)
WITH_TEXT: Final = (
    Option("link", Shape.TEXT, "the link of the preview card", TEXT),
    Option("child_attachments", Shape.LIST, "cards; needs `link`", TEXT, least=2, most=5),
    Option("call_to_action", Shape.OBJECT, "a button", TEXT),
    Option("text_format_preset_id", Shape.ID, "a background, for short texts", TEXT),
)
FIRST_COMMENT: Final = Option(
    "first_comment", Shape.TEXT, "commented once it is published", COMMENTED, most=8000
)
UPLOAD: Final = Option(
    "upload",
    Shape.TEXT,
    "`url` (the default): Facebook fetches the video; `bytes`: it is sent",
    SENT,
    choices=("url", "bytes"),
)
OPTIONS: Final = (*WITH_FEED, *WITH_TEXT, FIRST_COMMENT, UPLOAD)
