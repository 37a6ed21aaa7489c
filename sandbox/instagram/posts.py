"""Creating and publishing containers on Instagram."""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from sandbox.instagram.judge import judge_film, judge_picture
from sandbox.instagram.login import by_facebook
from sandbox.meta.containers import Publishing, begin, film, picture
from sandbox.meta.graph import check_user, listed, refuse, true
from sandbox.routes import Call, Refused, answer
from sandbox.work import DAY, Work

KINDS: Final = {"": "image", "IMAGE": "image", "REELS": "reel", "STORIES": "story"}
CAPTION_MAX, TAGS_MAX, MENTIONS_MAX, ALT_MAX = 2200, 30, 20, 1000


async def create(call: Call) -> web.Response:
    check_user(call)
    kind = _kind(call)
    item = true(call, "is_carousel_item")
    _check_caption(call)
    options = _options(call, kind)
    text = "" if item or kind == "story" else call.field("caption")
    work = begin(call, kind, text, "2207026")
    work.details |= options
    try:
        await _fill(call, work)
    except Refused:
        del call.world.works[work.id]
        raise
    if call.field("upload_type") == "resumable":
        version = call.path("version")
        uri = f"{call.origin()}/instagram/ig-api-upload/{version}/{work.id}"
        return answer({"id": work.id, "uri": uri})
    return answer({"id": work.id})


async def _fill(call: Call, work: Work) -> None:
    if work.kind == "carousel":
        work.details["children"] = _children(call)
        return
    if call.field("upload_type") == "resumable":
        if not by_facebook(call.account) or work.kind == "image":
            raise refuse(100, "(#100) upload_type is not supported")
        work.details["waiting"] = True
        return
    if call.field("image_url"):
        work.media = (call.field("image_url"),)
        work.facts = await picture(call, call.field("image_url"))
        judge_picture(work.facts, feed=work.kind == "image")
        return
    if call.field("cover_url"):
        judge_picture(await picture(call, call.field("cover_url")), feed=False)
    film(
        *(call, work, call.field("video_url")),
        lost="2207077",
        judge=lambda facts: judge_film(facts, work),
    )


def _kind(call: Call) -> str:
    """The kind of container that ``media_type`` and the URLs make. Raises Refused."""
    given, item = call.field("media_type"), true(call, "is_carousel_item")
    picture_given, film_given = bool(call.field("image_url")), bool(call.field("video_url"))
    if given == "CAROUSEL" and not item:
        return "carousel"
    if given == "VIDEO" and item:
        kind = "video"
    elif given in KINDS and not (item and given in ("REELS", "STORIES")):
        kind = KINDS[given]
    else:
        raise refuse(100, f"The media type {given} is not supported", 2207023)
    if call.field("upload_type") == "resumable":
        return kind
    fits = {"image": picture_given, "story": picture_given or film_given}.get(kind, film_given)
    if not fits or (picture_given and film_given):
        raise refuse(100, "(#100) One of image_url and video_url that fits media_type is needed")
    return kind


def _check_caption(call: Call) -> None:
    caption = call.field("caption")
    many_tags = len(re.findall(r"#\w", caption)) > TAGS_MAX
    many_mentions = len(re.findall(r"@\w", caption)) > MENTIONS_MAX
    if len(caption) > CAPTION_MAX or many_tags or many_mentions:
        raise refuse(36004, "The caption is too long or has too many tags", 2207010)


def _options(call: Call, kind: str) -> dict[str, Any]:
    tags, friends = listed(call, "user_tags"), listed(call, "collaborators")
    if len(tags) > 20:
        raise refuse(100, "(#100) More than 20 user_tags", 2207040)
    placed = all(isinstance(tag, dict) and {"x", "y"} <= set(tag) for tag in tags)
    if kind == "image" and not placed:
        raise refuse(100, "(#100) user_tags of an image need username, x and y")
    if len(friends) > 3 or (friends and kind == "story"):
        raise refuse(100, "(#100) collaborators: up to 3, and not for stories")
    alt = call.field("alt_text")
    if alt and (kind != "image" or len(alt) > ALT_MAX):
        raise refuse(100, f"(#100) alt_text: for images, at most {ALT_MAX} characters")
    place = call.field("location_id")
    if place and not place.isdecimal():
        raise refuse(100, "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")
    names = ("alt_text", "location_id", "share_to_feed", "thumb_offset", "cover_url", "audio_name")
    found: dict[str, Any] = {name: call.field(name) for name in names if call.field(name)}
    return {
        **found,
        **({"user_tags": tags} if tags else {}),
        **({"collaborators": friends} if friends else {}),
    }


def _children(call: Call) -> list[Work]:
    ids = listed(call, "children")
    if not 2 <= len(ids) <= 10:
        raise refuse(100, "The carousel needs 2 to 10 children", 2207028)
    children = []
    for child in ids:
        work = call.work(str(child))
        if work is None or not work.details["item"]:
            raise refuse(24, f"The child {child} does not exist or is no carousel item", 2207006)
        if work.state(call.now) != "FINISHED":
            raise refuse(9007, f"The child {child} is not ready", 2207027)
        children.append(work)
    return children


def allowed(call: Call) -> int:
    return call.world.windows.quota("instagram", call.account.id, "posts")


def made_today(call: Call) -> int:
    return call.world.ledger.count_since("instagram", call.account.id, call.now - DAY)


def _check_quota(call: Call, _work: Work) -> None:
    if made_today(call) >= allowed(call):
        raise refuse(9, "The publishing quota of 24 hours is used up", 2207042)


def _link(work: Work, code: str) -> str:
    if work.kind == "story":
        return f"https://www.instagram.com/stories/{work.account.username}/{code}/"
    return f"https://www.instagram.com/{'reel' if work.kind == 'reel' else 'p'}/{code}/"


PUBLISHING: Final = Publishing(
    not_ready=lambda: refuse(9007, "Media ID is not available", 2207027),
    expired=lambda: refuse(24, "The container does not exist or has expired", 2207008),
    gone=lambda: refuse(24, "The media with this creation_id was not found", 2207006),
    link=_link,
    check_quota=_check_quota,
)
