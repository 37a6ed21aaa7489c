"""Media upload, v2: one shot, and initialize, append, finalize, status."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from aiohttp import web

from sandbox import media
from sandbox.routes import Call, answer
from sandbox.twitter.wording import invalid, not_found
from sandbox.work import Work

DAY: Final = 86_400
SESSION_LIFE: Final = 1_295_999
TOTAL_MAX: Final = 17_179_869_184
SEGMENT_MAX: Final = 4 * 1024**2
ALT_TEXT_MAX: Final = 1000
IMAGE_MAX: Final = 5 * 1024**2
GIF_MAX: Final = 15 * 1024**2
VIDEO_MAX: Final = 512 * 1024**2
TYPES: Final = {
    *("video/mp4", "video/webm", "video/mp2t", "video/quicktime", "image/jpeg", "image/png"),
    *("image/webp", "image/gif", "image/bmp", "image/tiff", "image/pjpeg", "text/srt", "text/vtt"),
    *("model/gltf-binary", "model/vnd.usdz+zip"),
}
KINDS: Final = {
    "tweet_image": "image",
    "tweet_gif": "gif",
    "tweet_video": "video",
    "amplify_video": "video",
    "dm_image": "dm",
    "dm_gif": "dm",
    "dm_video": "dm",
    "subtitles": "subtitles",
}
PREFIXES: Final = {"image": "3", "gif": "16", "video": "7"}


def one_shot(call: Call) -> web.Response:
    _closed(call, {"media", "media_category", "additional_owners"})
    kind = KINDS.get(str(call.form.get("media_category", "")))
    body = _bytes(call.form.get("media"))
    if kind not in ("image", "subtitles", "dm") or body is None:
        raise invalid("media and media_category are required", {"media_category": [kind]})
    work = _begun(call, kind, len(body))
    work.parts[0] = body
    _judge(work, work.join())
    if work.failure is not None:
        raise invalid(work.failure, {"media": [work.id]})
    work.looks_left, work.ready_at = 0, call.now
    work.details["finalized"] = True
    work.expires_at = call.now + DAY
    return answer({"data": {**_data(call, work), "size": len(body)}})


def initialize(call: Call) -> web.Response:
    known = {"media_type", "total_bytes", "media_category", "shared", "additional_owners"}
    _closed(call, known)
    kind = KINDS.get(str(call.form.get("media_category", "")))
    total = call.form.get("total_bytes")
    if call.form.get("media_type") not in TYPES:
        raise invalid("$.media_type: is not one of the types that are known")
    if kind is None:
        raise invalid("$.media_category: is not one of the categories that are known")
    if not isinstance(total, int) or not 0 < total <= TOTAL_MAX:
        raise invalid(f"$.total_bytes: must be 1 to {TOTAL_MAX}")
    work = _begun(call, kind, total)
    work.expires_at = call.now + SESSION_LIFE
    return answer({"data": _data(call, work)})


def append(call: Call) -> web.Response:
    work = _own(call, call.path("id"))
    if work.details.get("finalized"):
        raise invalid("The upload is finalized", {"id": [work.id]})
    segment, body = str(call.form.get("segment_index", "")), _bytes(call.form.get("media"))
    if not segment.isdecimal() or int(segment) > 999:
        raise invalid("segment_index: must be 0 to 999", {"segment_index": [segment]})
    if not body:
        raise invalid("media: is required")
    if len(body) > SEGMENT_MAX:
        return web.Response(status=413)
    work.parts[int(segment)] = body
    return answer({"data": {"expires_at": int(work.expires_at or 0)}})


def finalize(call: Call) -> web.Response:
    work = _own(call, call.path("id"))
    if not work.details.get("finalized"):
        _finish(call, work)
    return answer({"data": {**_data(call, work), **_processing(call, work, "pending")}})


def status(call: Call) -> web.Response:
    if call.query.get("command") != "STATUS":
        raise invalid("command: must be STATUS", {"command": [call.query.get("command")]})
    work = _own(call, call.query.get("media_id", ""))
    if work.details.get("finalized"):
        work.look(call.now)
    return answer({"data": {**_data(call, work), **_processing(call, work, "in_progress")}})


def metadata(call: Call) -> web.Response:
    work = _own(call, str(call.form.get("id", "")))
    described = call.form.get("metadata")
    alt = described.get("alt_text", {}).get("text") if isinstance(described, dict) else None
    if not isinstance(alt, str) or not 0 < len(alt) <= ALT_TEXT_MAX:
        raise invalid("$.metadata.alt_text.text: must be 1 to 1000 characters long")
    if work.kind not in ("image", "gif"):
        raise invalid("alt_text is for images and GIFs", {"id": [work.id]})
    work.details["alt_text"] = alt
    return answer({"data": {"id": work.id, "associated_metadata": described}})


def subtitles(call: Call) -> web.Response:
    video = _own(call, str(call.form.get("id", "")))
    listed = call.form.get("subtitles")
    given = [listed] if isinstance(listed, dict) else listed or []
    video.details["subtitles"] = given
    return answer({"data": {"id": video.id, "media_category": call.form.get("media_category")}})


def usable(call: Call, media_id: str) -> Work | None:
    """The media of this id if a post of the sender may have it now."""
    work = call.world.works.get(media_id)
    if work is None or work.kind not in PREFIXES or not work.details.get("finalized"):
        return None
    owners = {work.account.id, *work.details.get("owners", ())}
    done = work.state(call.now) == "FINISHED"
    return work if done and call.account.id in owners else None


def _begun(call: Call, kind: str, total: int) -> Work:
    media_id = call.world.number(19)
    owners = [owner for owner in str(call.form.get("additional_owners", "")).split(",") if owner]
    work = Work(media_id, call.account, kind)
    work.details = {
        "total": total,
        "owners": owners,
        "long": call.form.get("media_category") == "amplify_video",
        "media_key": f"{PREFIXES.get(kind, '13')}_{media_id}",
    }
    call.start(work, "file is invalid", looks=None if kind == "video" else 0)
    return work


def _finish(call: Call, work: Work) -> None:
    indexes = sorted(work.parts)
    if indexes != list(range(len(indexes))) or work.received() != work.details["total"]:
        raise invalid("Segments do not add up to provided total file size.")
    slow, broken = call.effect("slow_processing"), call.effect("fail_processing")
    if slow is not None:
        work.looks_left, work.ready_at = work.looks_left + slow.looks, call.now + slow.seconds
    if broken is not None:
        work.failure = broken.reason or "file is invalid"
    _judge(work, work.join())
    if work.kind != "video" and work.failure is not None:
        raise invalid(work.failure, {"media_id": [work.id]})
    work.details["finalized"] = True
    work.expires_at = call.now + DAY


def _judge(work: Work, facts: media.Facts) -> None:
    """Set the failure that X would find in the file."""
    reasons = {
        "image": (facts.type.startswith("image/") and facts.type != "image/gif", IMAGE_MAX),
        "gif": (facts.type == "image/gif", GIF_MAX),
        "video": (facts.film, VIDEO_MAX),
    }
    fits, largest = reasons.get(work.kind, (True, VIDEO_MAX))
    longest = 14_400 if work.details["long"] else 140
    if work.failure is not None:
        return
    if not fits or not facts.whole:
        work.failure = "file is invalid"
    elif facts.size > largest:
        work.failure = f"file size exceeds {largest} bytes"
    elif work.kind == "video" and not 0.5 <= (facts.seconds or 0) <= longest:
        work.failure = f"duration is not between 0.5 and {longest} seconds"


def _own(call: Call, media_id: str) -> Work:
    work = call.work(media_id)
    if work is None:
        raise not_found(f"media with id: [{media_id}]")
    if work.state(call.now) == "EXPIRED":
        raise invalid("The upload has expired", {"media_id": [media_id]})
    return work


def _data(call: Call, work: Work) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": work.id,
        "media_key": work.details["media_key"],
        "expires_after_secs": int((work.expires_at or 0) - call.now),
    }
    facts = work.facts
    if facts is None:
        return data
    data["size"] = facts.size
    if facts.film:
        return {**data, "video": {"video_type": facts.type}}
    return {**data, "image": {"image_type": facts.type, "w": facts.width, "h": facts.height}}


def _processing(call: Call, work: Work, waiting: str) -> dict[str, Any]:
    """Films are processed; pictures are ready at once and have no ``processing_info``."""
    if work.kind != "video":
        return {}
    info: dict[str, Any]
    match work.state(call.now):
        case "IN_PROGRESS":
            info = {"state": waiting, "check_after_secs": 1, "progress_percent": 50}
        case "ERROR":
            error = {"code": 1, "name": "InvalidMedia", "message": work.failure}
            info = {"state": "failed", "progress_percent": 12, "error": error}
        case _:
            info = {"state": "succeeded", "progress_percent": 100}
    return {"processing_info": info}


def _closed(call: Call, known: set[str]) -> None:
    for name in sorted(set(call.form) - known):
        raise invalid(f"$.{name}: is not defined in the schema", {name: ["?"]})


def _bytes(given: Any) -> bytes | None:
    if isinstance(given, str):
        try:
            return base64.b64decode(given, validate=True)
        except binascii.Error:
            return None
    return given if isinstance(given, bytes) else None
