"""Direct posts and drafts: creator info, video and photo init, status, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.pull import NotFetched
from sandbox.routes import Call
from sandbox.tiktok.judge import judge_film, judge_photo
from sandbox.tiktok.wording import envelope, quota, refuse
from sandbox.work import DAY, Work

PUBLIC: Final = "PUBLIC_TO_EVERYONE"
LEVELS: Final = [PUBLIC, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
PRIVATE_LEVELS: Final = ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
DRAFTS_A_DAY: Final = 5
CAPTION_MAX, TITLE_MAX, DESCRIPTION_MAX, PHOTOS_MAX = 2200, 90, 4000, 35
SMALLEST_CHUNK, LARGEST_CHUNK, LARGEST_FILE = 5 * 10**6, 64 * 1024**2, 4 * 1024**3
URL_LIFE: Final = 3600


def creator_info(call: Call) -> web.Response:
    if _full(call):
        return quota(call, DAY)
    account = call.account
    return envelope(
        {
            "creator_avatar_url": account.avatar,
            "creator_username": account.username,
            "creator_nickname": account.name or account.username,
            "privacy_level_options": _levels(call),
            "comment_disabled": False,
            "duet_disabled": False,
            "stitch_disabled": False,
            "max_video_post_duration_sec": 600,
        }
    )


def video(call: Call) -> web.Response:
    """``video/init/``: a direct post of a film."""
    info = _post_info(call)
    if len(str(info.get("title", "")).encode("utf-16-le")) // 2 > CAPTION_MAX:
        raise refuse("invalid_params", f"title: longer than {CAPTION_MAX}")
    return _film(call, "v_pub", "video", str(info.get("title", "")), info)


def inbox(call: Call) -> web.Response:
    """``inbox/video/init/``: a draft that the user finishes by hand."""
    _check_drafts(call)
    return _film(call, "v_inbox", "draft", "", {})


def photo(call: Call) -> web.Response:
    """``content/init/``: a post of 1 to 35 photos, which TikTok fetches."""
    if call.form.get("media_type") != "PHOTO":
        raise refuse("invalid_params", "media_type: PHOTO")
    direct = call.form.get("post_mode") == "DIRECT_POST"
    if not direct and call.form.get("post_mode") != "MEDIA_UPLOAD":
        raise refuse("invalid_params", "post_mode: DIRECT_POST or MEDIA_UPLOAD")
    info = _post_info(call) if direct else dict(call.form.get("post_info") or {})
    if not direct:
        _check_drafts(call)
    for name, longest in (("title", TITLE_MAX), ("description", DESCRIPTION_MAX)):
        if len(str(info.get(name, "")).encode("utf-16-le")) // 2 > longest:
            raise refuse("invalid_params", f"{name}: longer than {longest}")
    urls = _photo_urls(call)
    text = str(info.get("description") or info.get("title", ""))
    kind = "draft" if not direct else "carousel" if len(urls) > 1 else "image"
    work = _begin(call, "p_pub_url~v2.", kind, text, info)
    work.media = tuple(urls)
    _pull(call, work, lost="photo_pull_failed")
    return envelope({"publish_id": work.id})


async def status(call: Call) -> web.Response:
    publish_id = str(call.form.get("publish_id"))
    work = call.world.works.get(publish_id)
    if work is None:
        raise refuse("invalid_publish_id")
    if work.account.id != call.account.id:
        raise refuse("token_not_authorized_for_specified_publish_id")
    await work.fetched()
    pulled = "~v2." in work.id and "_url" in work.id
    have = work.details["size"] if work.details["complete"] else work.details["received"]
    sizes = {"downloaded_bytes" if pulled else "uploaded_bytes": have}
    waiting = "PROCESSING_DOWNLOAD" if pulled else "PROCESSING_UPLOAD"
    if not work.details["complete"] or work.look(call.now) == "IN_PROGRESS":
        return envelope({"status": waiting, **sizes})
    if work.failure:
        return envelope({"status": "FAILED", "fail_reason": work.failure, **sizes})
    if work.kind == "draft":
        return envelope({"status": "SEND_TO_USER_INBOX", **sizes})
    ids = [int(work.details["post_id"])] if _moderated(call, work) else []
    return envelope({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids, **sizes})


def cancel(call: Call) -> web.Response:
    work = call.work(str(call.form.get("publish_id")))
    if work is None or work.details["complete"]:
        raise refuse("publish_not_cancellable")
    work.failure, work.details["complete"] = "publish_cancelled", True
    return envelope({})


def accept(call: Call, work: Work) -> None:
    """The bytes are all there: the post is made, unless something is wrong with them."""
    work.details["complete"] = True
    if work.failure is not None:
        return
    post_id = call.world.number(73)
    folder = "video" if work.kind == "video" else "photo"
    url = f"https://www.tiktok.com/@{work.account.username}/{folder}/{post_id}"
    info: Mapping[str, Any] = work.details["info"]
    level = str(info.get("privacy_level", "SELF_ONLY"))
    post = call.accept(
        post_id,
        url,
        kind=work.kind,
        text=work.text,
        media=work.media,
        account=work.account,
        details={"title": info.get("title", ""), "privacy_level": level, "publish_id": work.id},
    )
    work.details |= {"post_id": post_id, "public": level == PUBLIC, "at": post.at}


def _film(call: Call, prefix: str, kind: str, text: str, info: Mapping[str, Any]) -> web.Response:
    source = call.form.get("source_info")
    source = source if isinstance(source, dict) else {}
    if source.get("source") == "PULL_FROM_URL":
        _check_host(call, str(source.get("video_url", "")))
        work = _begin(call, f"{prefix}_url~v2.", kind, text, info)
        work.media = (str(source["video_url"]),)
        _pull(call, work, lost="video_pull_failed")
        return envelope({"publish_id": work.id})
    if source.get("source") != "FILE_UPLOAD":
        raise refuse("invalid_params", "source_info.source: FILE_UPLOAD or PULL_FROM_URL")
    numbers = [source.get(n) for n in ("video_size", "chunk_size", "total_chunk_count")]
    size, chunk, count = (n if isinstance(n, int) else 0 for n in numbers)
    _check_chunks(size, chunk, count)
    work = _begin(call, f"{prefix}_file~v2-1.", kind, text, info)
    work.details |= {"size": size, "chunk": chunk, "count": count}
    work.expires_at = call.now + URL_LIFE
    return envelope(
        {"publish_id": work.id, "upload_url": f"{call.origin()}/tiktok/upload/{work.id}"}
    )


def _check_chunks(size: int, chunk: int, count: int) -> None:
    if not 0 < size <= LARGEST_FILE or not 0 < chunk <= size:
        raise refuse("invalid_params", "video_size, chunk_size: out of range")
    whole = chunk == size
    if whole and size > LARGEST_CHUNK:
        raise refuse("invalid_params", "chunk_size: a video of more than 64 MB goes up in chunks")
    if not whole and not SMALLEST_CHUNK <= chunk <= LARGEST_CHUNK:
        raise refuse("invalid_params", "chunk_size: 5 MB to 64 MB, or the whole of a video")
    if count != size // chunk or not 1 <= count <= 1000:
        raise refuse("invalid_params", "total_chunk_count: video_size / chunk_size, rounded down")


def _begin(call: Call, prefix: str, kind: str, text: str, info: Mapping[str, Any]) -> Work:
    work = Work(f"{prefix}{call.world.number(7)}", call.account, kind, text)
    work.details = {"info": info, "complete": False, "received": 0, "size": 0, "public": False}
    return call.start(work, "file_format_check_failed")


def _pull(call: Call, work: Work, *, lost: str) -> None:
    """Fetch all of it in the background, and post it if it is as it should be."""

    async def fetch() -> None:
        try:
            facts = [await call.world.puller.pull(url, redirects=False) for url in work.media]
        except NotFetched:
            work.failure = work.failure or lost
        else:
            work.details["size"] = sum(found.size for found in facts)
            work.failure = work.failure or next(filter(None, map(judge, facts)), None)
        if not work.details["complete"]:
            accept(call, work)

    judge = judge_photo if work.id.startswith("p_") else judge_film
    work.fetching = asyncio.get_running_loop().create_task(fetch())


def _post_info(call: Call) -> dict[str, Any]:
    """What a direct post needs. Raises Refused."""
    info = call.form.get("post_info")
    if not isinstance(info, dict):
        raise refuse("invalid_params", "post_info: is needed")
    level = info.get("privacy_level")
    if level not in _levels(call):
        raise refuse("privacy_level_option_mismatch")
    if info.get("brand_content_toggle") and level == "SELF_ONLY":
        raise refuse("invalid_params", "brand_content_toggle: not with SELF_ONLY")
    traits = call.account.traits
    if traits.get("unaudited") and not (traits.get("private") and level == "SELF_ONLY"):
        raise refuse("unaudited_client_can_only_post_to_private_accounts")
    if _full(call):
        raise refuse("spam_risk_too_many_posts")
    return info


def _levels(call: Call) -> list[str]:
    return PRIVATE_LEVELS if call.account.traits.get("private") else LEVELS


def _full(call: Call) -> bool:
    allowed = call.world.windows.quota("tiktok", call.account.id, "posts")
    since = call.now - DAY
    return call.world.ledger.count_since("tiktok", call.account.id, since) >= allowed


def _check_drafts(call: Call) -> None:
    since = call.now - DAY
    mine = call.world.ledger.of("tiktok", call.account.id)
    if sum(post.kind == "draft" and post.at >= since for post in mine) >= DRAFTS_A_DAY:
        raise refuse("spam_risk_too_many_pending_share")


def _photo_urls(call: Call) -> list[str]:
    source = call.form.get("source_info")
    source = source if isinstance(source, dict) else {}
    urls = source.get("photo_images")
    if source.get("source") != "PULL_FROM_URL" or not isinstance(urls, list):
        raise refuse("invalid_params", "source_info: PULL_FROM_URL with photo_images")
    if not 1 <= len(urls) <= PHOTOS_MAX:
        raise refuse("invalid_params", f"photo_images: 1 to {PHOTOS_MAX}")
    if not 0 <= int(source.get("photo_cover_index", 0)) < len(urls):
        raise refuse("invalid_params", "photo_cover_index: not one of the photos")
    for url in urls:
        _check_host(call, str(url))
    return [str(url) for url in urls]


def _check_host(call: Call, url: str) -> None:
    parts, verified = urlsplit(url), call.account.traits.get("shared_links")
    if parts.scheme not in ("http", "https"):
        raise refuse("invalid_params", "a URL to fetch from is needed")
    if verified is not None and parts.hostname not in verified:
        raise refuse("url_ownership_unverified")


def _moderated(call: Call, work: Work) -> bool:
    """Whether the id of the public post is known by now."""
    post = call.world.ledger.by_id.get(("tiktok", work.details["post_id"]))
    passed = call.now >= work.details["at"] + call.world.settings.moderation_seconds
    return bool(work.details["public"] and passed and post is not None and post.visible(call.now))
