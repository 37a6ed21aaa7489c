"""Creating and publishing containers on Threads."""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from sandbox.ledger import Post
from sandbox.media import Facts
from sandbox.meta.containers import Publishing, begin, film, picture
from sandbox.meta.graph import check_user, listed, missing, parsed, refuse, true
from sandbox.routes import Call, Refused, answer
from sandbox.work import DAY, Work

NEEDED: Final = {"TEXT": "text", "IMAGE": "image_url", "VIDEO": "video_url", "CAROUSEL": "children"}
CONTROLS: Final = {
    *("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only"),
    "followers_only",
}
TEXT_ONLY: Final = ("link_attachment", "poll_attachment", "text_attachment", "gif_attachment")
TEXT_MAX, ALT_MAX, LINKS_MAX, ATTACHED_MAX = 500, 1000, 5, 10_000
IMAGE_MAX, VIDEO_MAX, LONGEST = 8 * 1024**2, 1024**3, 300
LINK: Final = re.compile(r"https?://\S+")
EMOJI: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d\U0001f1e6-\U0001f1ff]")
MEDIA_TYPES: Final = {
    "text": "TEXT_POST",
    "image": "IMAGE",
    "video": "VIDEO",
    "carousel": "CAROUSEL_ALBUM",
}


async def create(call: Call) -> web.Response:
    check_user(call)
    kind = call.field("media_type")
    if kind not in NEEDED:
        raise refuse(100, f"Param media_type must be one of {{{', '.join(NEEDED)}}}")
    item = true(call, "is_carousel_item")
    text = "" if item else call.field("text")
    _check_text(call, kind, text)
    options = _options(call, kind)
    work = begin(call, kind.lower(), text, "UNKNOWN")
    try:
        work.details |= options
        await _fill(call, work, kind)
    except Refused:
        del call.world.works[work.id]
        raise
    if kind == "TEXT" and true(call, "auto_publish_text"):
        _check_quota(call, work)
        return answer({"id": PUBLISHING.accept(call, work).id})
    return answer({"id": work.id})


def repost(call: Call) -> web.Response:
    """The entry in the ledger is a post of its own, without words."""
    post = call.world.ledger.by_id.get(("threads", call.path("node")))
    if post is None or not post.there(call.now):
        raise missing("post")
    made = call.accept(call.world.number(), post.url, kind="repost", text="", media=(post.id,))
    return answer({"id": made.id})


async def _fill(call: Call, work: Work, kind: str) -> None:
    if kind == "CAROUSEL":
        work.details["children"] = _children(call)
    if kind == "IMAGE":
        work.media = (call.field("image_url"),)
        work.facts = await picture(call, call.field("image_url"))
        work.failure = work.failure or _judge_image(work.facts)
    if kind == "VIDEO":
        url = call.field("video_url")
        film(call, work, url, lost="FAILED_DOWNLOADING_VIDEO", judge=_judge_film)


def _check_text(call: Call, kind: str, text: str) -> None:
    attached = any(name in call.form for name in TEXT_ONLY)
    if not call.field(NEEDED[kind]) and not (kind == "TEXT" and attached):
        raise refuse(100, f"Param {NEEDED[kind]} can't be blank")
    if counted(text) > TEXT_MAX:
        raise refuse(100, f"Param text must be at most {TEXT_MAX} characters long.")
    links = {*LINK.findall(text), *filter(None, [call.field("link_attachment")])}
    if len(links) > LINKS_MAX:
        raise refuse(100, "THREADS_API__LINK_LIMIT_EXCEEDED")


def counted(text: str) -> int:
    """As Threads counts: an emoji by its bytes in UTF-8, every other character once."""
    return sum(len(c.encode()) if EMOJI.match(c) else 1 for c in text)


def _options(call: Call, kind: str) -> dict[str, Any]:
    """What the post is beyond its text and media. Raises Refused."""
    _check_attachments(call, kind)
    _check_fields(call)
    found: dict[str, Any] = {
        name: call.field(name)
        for name in ("alt_text", "reply_control", "topic_tag", "location_id", *TEXT_ONLY)
        if call.field(name)
    }
    for name, key in (("reply_to_id", "reply_to"), ("quote_post_id", "quote_of")):
        if call.field(name):
            found[key] = _parent(call, call.field(name))
    if true(call, "is_ghost_post") and (kind != "TEXT" or "reply_to" in found):
        raise refuse(100, "Param is_ghost_post is for texts that are no replies")
    return found


def _check_fields(call: Call) -> None:
    if len(call.field("alt_text")) > ALT_MAX:
        raise refuse(100, f"Param alt_text must be at most {ALT_MAX} characters long.")
    control, tag = call.field("reply_control"), call.field("topic_tag")
    if control and control not in CONTROLS:
        raise refuse(100, f"Param reply_control must be one of {sorted(CONTROLS)}")
    if "topic_tag" in call.form and not re.fullmatch(r"[^.&]{1,50}", tag):
        raise refuse(100, "Param topic_tag must be 1 to 50 characters without . and &")


def _check_attachments(call: Call, kind: str) -> None:
    given = [name for name in TEXT_ONLY if name in call.form]
    if given and kind != "TEXT":
        raise refuse(100, f"Param {given[0]} is for text posts")
    if len(given) > 1:
        raise refuse(100, f"Only one of {', '.join(TEXT_ONLY)} may be given")
    link = call.field("link_attachment")
    if link and not LINK.fullmatch(link):
        raise refuse(-1, "Invalid Link Attachment", 4279047)
    poll = parsed(call.form.get("poll_attachment"))
    if poll is not None:
        options = list(poll.values()) if isinstance(poll, dict) else []
        if not 2 <= len(options) <= 4 or not all(1 <= len(str(text)) <= 25 for text in options):
            raise refuse(
                100, "Param poll_attachment must have 2 to 4 options of 1 to 25 characters"
            )
    attached = parsed(call.form.get("text_attachment"))
    words = attached.get("plaintext", "") if isinstance(attached, dict) else ""
    if attached is not None and not 0 < len(words) <= ATTACHED_MAX:
        raise refuse(100, f"Param text_attachment.plaintext must be 1 to {ATTACHED_MAX} characters")


def _parent(call: Call, post_id: str) -> str:
    """A post that may be replied to or quoted: it has to be readable already."""
    found = call.world.ledger.by_id.get(("threads", post_id))
    if found is None or not found.visible(call.now):
        raise refuse(24, "The requested resource does not exist", 4279009)
    return post_id


def _children(call: Call) -> list[Work]:
    ids = listed(call, "children")
    if not 2 <= len(ids) <= 20:
        raise refuse(100, "Param children must have 2 to 20 items", 4279004)
    children = [work for child in ids if (work := call.work(str(child))) is not None]
    usable = [w for w in children if w.details["item"] and w.state(call.now) == "FINISHED"]
    if len(usable) != len(ids):
        raise refuse(100, "Invalid Carousel Children", 4279004)
    return usable


def _judge_image(facts: Facts) -> str | None:
    if facts.type not in ("image/jpeg", "image/png") or not facts.whole:
        return "UNKNOWN"
    if max(facts.ratio, 1 / (facts.ratio or 1)) > 10:
        return "INVALID_ASPEC_RATIO"
    return "UNKNOWN" if facts.size > IMAGE_MAX else None


def _judge_film(facts: Facts) -> str | None:
    if not facts.film or not facts.whole or facts.size > VIDEO_MAX:
        return "FAILED_PROCESSING_VIDEO"
    if not 0 < (facts.seconds or 0) <= LONGEST:
        return "INVALID_DURATION"
    return None if 0.01 <= facts.ratio <= 10 else "INVALID_ASPEC_RATIO"


def made_today(call: Call, *, replies: bool) -> int:
    """Posts, or replies, of the last 24 hours."""
    count, since = 0, call.now - DAY
    for post in call.world.ledger.of("threads", call.account.id):
        if post.at < since:
            break
        count += (post.reply_to is not None) is replies
    return count


def allowed(call: Call, *, replies: bool) -> int:
    name = "replies" if replies else "posts"
    return call.world.windows.quota("threads", call.account.id, name)


def _check_quota(call: Call, work: Work) -> None:
    replies = "reply_to" in work.details
    if made_today(call, replies=replies) >= allowed(call, replies=replies):
        raise refuse(9, "The publishing quota of 24 hours is used up", 2207042)


def _link(work: Work, code: str) -> str:
    return f"https://www.threads.com/@{work.account.username}/post/{code}"


def _not_there() -> Refused:
    return refuse(24, "The requested resource does not exist", 4279009)


PUBLISHING: Final = Publishing(
    not_ready=_not_there,
    expired=_not_there,
    gone=_not_there,
    link=_link,
    check_quota=_check_quota,
)


def media_type(post: Post) -> str:
    return MEDIA_TYPES.get(post.kind, "REPOST_FACADE")
