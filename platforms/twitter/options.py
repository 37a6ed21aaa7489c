"""What X takes with a post, by the API's own names (https://docs.x.com/x-api/posts/create-post)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.content import Content, ContentType, Json
from domain.limits import Breach
from domain.options import Option, Shape

TEXT: Final = frozenset({ContentType.TEXT})
PICTURES: Final = frozenset({ContentType.IMAGE, ContentType.CAROUSEL})
ANSWER: Final = ("following", "mentionedUsers", "subscribers", "verified")
POLL: Final = "metadata.twitter.poll"

PASSED_ON: Final = (
    Option("reply_settings", Shape.TEXT, "who may answer; everyone, if left out", choices=ANSWER),
    Option("reply", Shape.OBJECT, "`in_reply_to_tweet_id`: the post that it answers"),
    Option("quote_tweet_id", Shape.ID, "the post that it quotes", TEXT),
    Option("poll", Shape.OBJECT, "`options` (2 to 4) and `duration_minutes`", TEXT),
    Option("card_uri", Shape.TEXT, "a card made elsewhere", TEXT),
    Option("direct_message_deep_link", Shape.TEXT, "a button to write a message", TEXT),
    Option("community_id", Shape.ID, "the community that it is posted to"),
    Option("share_with_followers", Shape.SWITCH, "a community's post, to followers too"),
    Option("geo", Shape.OBJECT, "`place_id`"),
    Option("made_with_ai", Shape.SWITCH, "labelled so"),
    Option("paid_partnership", Shape.SWITCH, "labelled so"),
    Option("nullcast", Shape.SWITCH, "for advertisements only, on no timeline"),
    Option("for_super_followers_only", Shape.SWITCH, "for subscribers only"),
)
TAGGED: Final = Option("tagged_user_ids", Shape.TEXTS, "who is on the photos", PICTURES, most=10)
THREAD: Final = Option(
    "thread", Shape.TEXTS, "posted after it, each as an answer to the one before", most=25
)
OPTIONS: Final = (*PASSED_ON, TAGGED, THREAD)


def passed_on(content: Content) -> dict[str, Json]:
    """What goes into the post as it is."""
    values = {option.name: content.options.get(option.name) for option in PASSED_ON}
    return {name: value for name, value in values.items() if value is not None}


def relations(content: Content) -> Iterator[Breach]:
    """A poll's parts, and that a post holds one of poll and quote."""
    poll, quote = content.options.get("poll"), content.options.get("quote_tweet_id")
    if poll is not None and quote is not None:
        yield Breach("metadata.twitter.quote_tweet_id", "does not go with a poll; leave one out")
    if not isinstance(poll, dict):
        return
    answers, minutes = poll.get("options"), poll.get("duration_minutes")
    if not isinstance(answers, list) or not 2 <= len(answers) <= 4:
        yield Breach(f"{POLL}.options", "give 2 to 4")
    elif any(not isinstance(one, str) or not 1 <= len(one) <= 25 for one in answers):
        yield Breach(f"{POLL}.options", "an option is a text of 1 to 25 characters")
    if not isinstance(minutes, int) or not 5 <= minutes <= 10_080:
        yield Breach(f"{POLL}.duration_minutes", "give 5 to 10080")
