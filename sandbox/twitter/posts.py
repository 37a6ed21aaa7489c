"""POST and DELETE /2/tweets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.ledger import fingerprint
from sandbox.limits import DAY
from sandbox.routes import Call, Refused, answer
from sandbox.twitter import text as texts
from sandbox.twitter.media import usable
from sandbox.twitter.wording import PLANS, day_full, duplicate, forbidden, invalid, problem
from sandbox.work import Work, sources

FIELDS: Final = {
    *("text", "media", "reply", "quote_tweet_id", "poll", "reply_settings", "community_id"),
    *("share_with_followers", "made_with_ai", "paid_partnership", "nullcast", "geo", "card_uri"),
    *("direct_message_deep_link", "for_super_followers_only", "edit_options"),
}
MEDIA_FIELDS: Final = {"media_ids", "tagged_user_ids"}
REPLY_FIELDS: Final = {
    *("in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata"),
}
POLL_FIELDS: Final = {"options", "duration_minutes"}
REPLY_SETTINGS: Final = (None, "following", "mentionedUsers", "subscribers", "verified")
LONGEST, LONG_POST, SHORT_POST = 25_000, 25_000, 280


def create(call: Call) -> web.Response:
    _closed("", call.form, FIELDS)
    text = _text(call)
    works = _media(call)
    kind = _kind(call, works)
    _check_poll(call)
    if call.form.get("reply_settings") not in REPLY_SETTINGS:
        raise invalid("reply_settings is not one of the values that are known")
    reply_to = _reply_to(call)
    _check_length(call, text, reply=reply_to is not None)
    _check_quote(call)
    _check_account(call)
    return _accepted(call, kind, text, works, reply_to)


def _accepted(
    call: Call, kind: str, text: str, works: list[Work], reply_to: str | None
) -> web.Response:
    media = sources(works)
    twin = call.world.ledger.twin("twitter", call.account.id, fingerprint(kind, text, media))
    if twin is not None and twin.there(call.now) and call.now - twin.at < DAY:
        raise Refused(duplicate(call))
    post_id = call.world.number(19)
    url = f"https://x.com/{call.account.username}/status/{post_id}"
    keys = [work.details["media_key"] for work in works]
    shown, entities = texts.shorten(text, post_id)
    shown, entities = texts.with_media(shown, entities, keys, url, post_id)
    post = call.accept(
        post_id,
        url,
        kind=kind,
        text=text,
        media=media,
        shown=shown,
        reply_to=reply_to,
        details={
            "entities": entities,
            "media_keys": keys,
            "alt_texts": [work.details.get("alt_text") for work in works],
            **{name: call.form[name] for name in ("quote_tweet_id", "poll") if name in call.form},
            **{n: call.form[n] for n in ("reply_settings",) if n in call.form},
        },
    )
    data = {"id": post_id, "text": post.shown, "edit_history_tweet_ids": [post_id]}
    return answer({"data": data}, 201)


def delete(call: Call) -> web.Response:
    post = call.world.ledger.by_id.get(("twitter", call.path("id")))
    if post is not None and post.account != call.account.id:
        raise forbidden("You are not authorized to delete this Tweet.")
    if post is not None and post.there(call.now):
        post.removed_at = call.now
    return answer({"data": {"deleted": True}})


def _closed(name: str, given: Mapping[str, Any], known: set[str]) -> None:
    for field in sorted(set(given) - known):
        raise invalid(f"$.{name}{field}: is not defined in the schema", {f"{name}{field}": ["?"]})


def _object(call: Call, name: str, known: set[str]) -> Mapping[str, Any]:
    found = call.form.get(name, {})
    if not isinstance(found, dict):
        raise invalid(f"$.{name}: must be an object")
    _closed(f"{name}.", found, known)
    return found


def _text(call: Call) -> str:
    text = call.form.get("text", "")
    if not isinstance(text, str):
        raise invalid("$.text: must be a string")
    if not text.strip() and "media" not in call.form:
        raise invalid("text or media is required", {"text": [text]})
    return text


def _media(call: Call) -> list[Work]:
    ids = _object(call, "media", MEDIA_FIELDS).get("media_ids", [])
    if "media" in call.form and not (isinstance(ids, list) and 1 <= len(ids) <= 4):
        raise invalid("$.media.media_ids: must have 1 to 4 items")
    if not all(isinstance(media_id, str) for media_id in ids):
        raise invalid("$.media.media_ids: must be strings")
    works = [usable(call, media_id) for media_id in ids]
    if None in works:
        named = {"media.media_ids": [f"[{', '.join(ids)}]"]}
        raise invalid("Your media IDs are invalid.", named)
    return [work for work in works if work is not None]


def _kind(call: Call, works: list[Work]) -> str:
    if sum(name in call.form for name in ("media", "poll", "quote_tweet_id")) > 1:
        raise invalid("media, poll and quote_tweet_id exclude one another")
    kinds = [work.kind for work in works]
    if kinds.count("image") != len(kinds) and len(kinds) > 1:
        raise invalid("A post has up to 4 photos, or 1 GIF, or 1 video", {"media.media_ids": kinds})
    if len(kinds) > 1:
        return "carousel"
    return kinds[0] if kinds else "poll" if "poll" in call.form else "text"


def _check_poll(call: Call) -> None:
    poll = _object(call, "poll", POLL_FIELDS)
    if not poll:
        return
    options, minutes = poll.get("options"), poll.get("duration_minutes")
    if not isinstance(options, list) or not 2 <= len(options) <= 4:
        raise invalid("$.poll.options: must have 2 to 4 items")
    if not all(isinstance(option, str) and 1 <= len(option) <= 25 for option in options):
        raise invalid("$.poll.options: must be 1 to 25 characters long")
    if not isinstance(minutes, int) or not 5 <= minutes <= 10_080:
        raise invalid("$.poll.duration_minutes: must be 5 to 10080")


def _reply_to(call: Call) -> str | None:
    reply = _object(call, "reply", REPLY_FIELDS)
    if not reply:
        return None
    parent = str(reply.get("in_reply_to_tweet_id", ""))
    found = call.world.ledger.by_id.get(("twitter", parent))
    if found is None or not found.there(call.now):
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    return parent


def _check_length(call: Call, text: str, *, reply: bool) -> None:
    if len(text) > LONGEST:
        raise invalid("$.text: must be at most 25000 characters long")
    counted = texts.LEADING_MENTIONS.sub("", text) if reply else text
    allowed = LONG_POST if call.account.traits.get("premium") else SHORT_POST
    if texts.weighted_length(counted) > allowed:
        raise forbidden()
    if len(set(texts.CASHTAG.findall(text))) > 1:
        raise forbidden("You are not allowed to create a Tweet with more than one cashtag.")


def _check_quote(call: Call) -> None:
    quoted = call.form.get("quote_tweet_id")
    if quoted is not None and ("twitter", str(quoted)) not in call.world.ledger.by_id:
        raise invalid("quote_tweet_id: the post is not there", {"quote_tweet_id": [quoted]})


def _check_account(call: Call) -> None:
    traits = call.account.traits
    if traits.get("credits") == 0:
        kind = "https://api.twitter.com/2/problems/credits"
        words = "Your account has no credits left."
        raise Refused(problem(402, "CreditsDepleted", words, kind))
    cap = PLANS.get(traits.get("plan", ""))
    made = call.world.ledger.count_since("twitter", call.account.id, call.now - DAY)
    if cap is not None and made >= cap:
        raise Refused(day_full(call, DAY))
