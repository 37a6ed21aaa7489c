"""Photos of a Page, published or for a post or story to come."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from sandbox import media
from sandbox.facebook.feed import publish
from sandbox.meta.graph import check_user, refuse, true
from sandbox.pull import NotFetched
from sandbox.routes import Call, Step, answer
from sandbox.work import DAY, Work

LARGEST: Final = 10 * 1024**2
TYPES: Final = {"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"}


def step(call: Call) -> Step:
    return "publish" if true(call, "published", usual=True) else "prepare"


async def create(call: Call) -> web.Response:
    check_user(call)
    facts = await _facts(call)
    if facts.size > LARGEST:
        raise refuse(324, "(#324) The image is larger than 10 MB", 1366046)
    if facts.type not in TYPES or not facts.whole:
        raise refuse(324, "(#324) Missing or invalid image file", 2069019)
    source = call.field("url") if "url" in call.form else f"sha256:{facts.digest}"
    alt = call.field("alt_text_custom")
    if true(call, "published", usual=True):
        text = call.field("caption") or call.field("message")
        post = publish(call, "image", text, (source,), {"alt_texts": [alt or None]})
        return answer({"id": call.world.number(12), "post_id": post.id})
    work = Work(call.world.number(12), call.account, "photo", media=(source,), facts=facts)
    work.details["alt_text"] = alt or None
    call.start(work, "", looks=0)
    work.expires_at = call.now + DAY
    return answer({"id": work.id})


def story(call: Call) -> web.Response:
    check_user(call)
    work = call.work(call.field("photo_id"), "photo")
    if work is None or work.state(call.now) == "EXPIRED":
        raise refuse(100, "(#100) photo_id is not an unpublished photo", 33)
    if work.published:
        raise refuse(1, "This photo was already posted.", 1366051)
    work.published = True
    post = publish(call, "story", "", work.media, {"media_id": work.id})
    return answer({"success": True, "post_id": post.id})


async def _facts(call: Call) -> media.Facts:
    source = call.form.get("source")
    if isinstance(source, bytes):
        return media.read(source)
    if not call.field("url"):
        raise refuse(324, "(#324) Requires upload file")
    try:
        return await call.world.puller.pull(call.field("url"))
    except NotFetched as fault:
        raise refuse(324, "(#324) Missing or invalid image file", 1366046) from fault
