"""What Threads takes with a post, by the API's own names
(https://developers.facebook.com/docs/threads/posts)."""

from __future__ import annotations

from typing import Final

from domain.content import ContentType
from domain.options import Option, Shape

TEXT: Final = frozenset({ContentType.TEXT})
MEDIA: Final = frozenset(
    {ContentType.IMAGE, ContentType.VIDEO, ContentType.CAROUSEL, ContentType.MIXED}
)
ANSWER: Final = (
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
)

PASSED_ON: Final = (
    Option("reply_control", Shape.TEXT, "who may answer", choices=ANSWER),
    Option("enable_reply_approvals", Shape.SWITCH, "answers wait for approval"),
    Option("reply_to_id", Shape.ID, "the post that it answers"),
    Option("quote_post_id", Shape.ID, "the post that it quotes"),
    Option("topic_tag", Shape.TEXT, "its one topic, without `.` and `&`", most=50),
    Option("location_id", Shape.ID, "from the API's location search"),
    Option("text_entities", Shape.LIST, "ranges of the text that are spoilers", most=10),
    Option("allowlisted_country_codes", Shape.LIST, "where it shows, for accounts that may"),
    Option("link_attachment", Shape.TEXT, "the link of the preview card", TEXT),
    Option("poll_attachment", Shape.OBJECT, "`option_a` to `option_d`, 25 characters each", TEXT),
    Option("text_attachment", Shape.OBJECT, "`plaintext` of up to 10,000 characters", TEXT),
    Option("gif_attachment", Shape.OBJECT, "`gif_id` and `provider`", TEXT),
    Option("is_ghost_post", Shape.SWITCH, "gone after a day", TEXT),
    Option("is_spoiler_media", Shape.SWITCH, "hidden until tapped", MEDIA),
)
THREAD: Final = Option(
    "thread", Shape.TEXTS, "posted after it, each as an answer to the one before", most=50
)
OPTIONS: Final = (*PASSED_ON, THREAD)
