"""The feed of a Page: texts, links, several photos, and when a post is to appear."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from sandbox.clock import seconds
from sandbox.ledger import Post
from sandbox.meta.graph import check_user, chosen, listed, parsed, refuse, true
from sandbox.routes import Call, Step, answer
from sandbox.work import DAY, Work, sources

TEXT_MAX, ATTACHED_MAX = 63_206, 10
#: A planned post appears between 10 minutes and 75 days from now.
SOONEST, LATEST = 600, 75 * DAY
NEVER: Final = 1e12


def step(call: Call) -> Step:
    return "publish" if true(call, "published", usual=True) else "prepare"


def create(call: Call) -> web.Response:
    check_user(call)
    text = call.field("message")
    photos = _attached(call)
    cards = listed(call, "child_attachments")
    if not (text or call.field("link") or photos):
        raise refuse(100, "(#100) Param message, link or attached_media is needed")
    if cards and not (2 <= len(cards) <= 5 and call.field("link")):
        raise refuse(100, "(#100) child_attachments needs 2 to 5 entries, and link")
    kind = "carousel" if len(photos) > 1 else "image" if photos else "text"
    details: dict[str, Any] = {
        name: call.field(name) for name in ("link", "place") if call.field(name)
    }
    details["alt_texts"] = [work.details.get("alt_text") for work in photos]
    post = publish(call, kind, text, sources(photos), details)
    for work in photos:
        work.published = True
    return answer(chosen(call, {"id": post.id, "permalink_url": post.url}))


def publish(
    call: Call, kind: str, text: str, media: tuple[str, ...], details: dict[str, Any]
) -> Post:
    """The post, unless its text is too long, planned wrongly or that of the last post."""
    if len(text) > TEXT_MAX:
        raise refuse(100, f"(#100) The text is longer than {TEXT_MAX} characters")
    mine = call.world.ledger.of("facebook", call.account.id)
    latest = next((post for post in mine if post.kind != "story" and post.there(call.now)), None)
    same = latest is not None and (latest.text, latest.media) == (text, media)
    if same and kind == "text":
        raise refuse(506, "Duplicate status message", 1455006)
    at = _planned(call)
    post_id = f"{call.account.id}_{call.world.number(12)}"
    url = f"https://www.facebook.com/{post_id}"
    post = call.accept(post_id, url, kind=kind, text=text, media=media, details=details)
    if at is not None:
        post.visible_at = at
    return post


def _planned(call: Call) -> float | None:
    """When it is to appear, if not now: a draft never does. Raises Refused."""
    given = call.field("scheduled_publish_time")
    if not given:
        return None if true(call, "published", usual=True) else NEVER
    try:
        at = seconds(given)
    except ValueError as fault:
        raise refuse(100, "(#100) scheduled_publish_time must be a time") from fault
    if not SOONEST <= at - call.now <= LATEST or true(call, "published", usual=True):
        raise refuse(100, "(#100) The specified scheduled publish time is invalid")
    return at


def _attached(call: Call) -> list[Work]:
    """Own photos that were uploaded with published=false within a day, and not used yet."""
    entries = [parsed(entry) for entry in listed(call, "attached_media")]
    if len(entries) > ATTACHED_MAX:
        raise refuse(100, f"(#100) attached_media has more than {ATTACHED_MAX} entries")
    photos = []
    for entry in entries:
        photo_id = str(entry.get("media_fbid", "")) if isinstance(entry, dict) else ""
        work = call.work(photo_id, "photo")
        if work is None or work.state(call.now) == "EXPIRED":
            raise refuse(100, f"(#100) attached_media: {photo_id} is not an unpublished photo", 33)
        if work.published:
            raise refuse(1, "These photos were already posted.", 1366051)
        photos.append(work)
    return photos
