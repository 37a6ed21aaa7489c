"""Images, documents and videos: initializeUpload, PUT, finalizeUpload, status."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from sandbox.linkedin.wording import WORDING, check, error, forbidden, is_page, refuse, urn_of
from sandbox.routes import Call, Refused, answer
from sandbox.work import Work, etag

PART: Final = 4 * 1024**2
LARGEST: Final = 500 * 1024**2
PIXELS: Final = 36_152_320
URL_LIFE: Final = 24 * 3600
KEYS: Final = {"images": "image", "documents": "document", "videos": "video"}


def action(call: Call) -> web.Response:
    """``POST /rest/{images,documents,videos}?action=...``"""
    check(call)
    kind = KEYS[call.path("assets")]
    match call.query.get("action"), kind:
        case "initializeUpload", _:
            return _initialize(call, kind)
        case "finalizeUpload", "video":
            return _finalize(call)
    raise refuse("INVALID_VALUE_FOR_FIELD", "action: initializeUpload or finalizeUpload")


def put(call: Call) -> web.Response:
    """Bytes of an asset: all of an image or document, with the token; one part of a video."""
    key, number = call.path("asset"), call.path("part").removeprefix(".")
    work = call.world.works.get(f"urn:li:{key}")
    if work is None:
        return web.Response(status=404)
    if call.now >= (work.expires_at or 0):
        return web.Response(status=401)
    if work.kind != "video":
        return _put_whole(call, work)
    return _put_part(call, work, int(number or 0))


def status(call: Call) -> web.Response:
    check(call)
    kind = KEYS[call.path("assets")]
    if kind != "video" and not is_page(call.account):
        raise Refused(forbidden(f"{kind}s.GET"))
    work = call.work(call.path("urn"), kind)
    if work is None:
        raise Refused(error(404, f"{call.path('urn')} was not found", code="NOT_FOUND"))
    body = {"id": work.id, "owner": urn_of(work.account), "status": _state(call, work)}
    if body["status"] == "PROCESSING_FAILED":
        body["processingFailureReason"] = str(work.failure)
    if body["status"] == "AVAILABLE":
        body["downloadUrl"] = "https://sandbox.example/asset"
    return answer(body)


def _initialize(call: Call, kind: str) -> web.Response:
    wanted = call.form.get("initializeUploadRequest")
    if not isinstance(wanted, dict) or "owner" not in wanted:
        raise refuse("MISSING_FIELD", "initializeUploadRequest.owner: field is required")
    if wanted["owner"] != urn_of(call.account):
        raise Refused(forbidden(f"{kind}s.ACTION"))
    size = wanted.get("fileSizeBytes", 0)
    if kind == "video" and not (isinstance(size, int) and 0 < size <= LARGEST):
        raise refuse("INVALID_VALUE_FOR_FIELD", f"fileSizeBytes: 1 to {LARGEST}")
    urn = f"urn:li:{kind}:C4E{call.world.number(1)}"
    work = Work(urn, call.account, kind)
    work.details = {"uploaded": False, "size": size}
    call.start(work, "The file could not be processed", looks=None if kind == "video" else 0)
    work.expires_at = call.now + URL_LIFE
    ends = int(work.expires_at * 1000)
    link = f"{call.origin()}/linkedin/dms-uploads/{urn.removeprefix('urn:li:')}"
    if kind != "video":
        return answer({"value": {"uploadUrlExpiresAt": ends, "uploadUrl": link, kind: urn}})
    value = {"video": urn, "uploadToken": "", "uploadUrlsExpireAt": ends, **_more(wanted, link)}
    return answer({"value": {**value, "uploadInstructions": _instructions(link, size)}})


def _instructions(link: str, size: int) -> list[dict[str, Any]]:
    return [
        {
            "uploadUrl": f"{link}.{number}",
            "firstByte": first,
            "lastByte": min(first + PART, size) - 1,
        }
        for number, first in enumerate(range(0, size, PART))
    ]


def _more(wanted: dict[str, Any], link: str) -> dict[str, str]:
    """URLs of what was asked for beside the film; parts that finalize does not name."""
    asked = {"uploadCaptions": "captionsUploadUrl", "uploadThumbnail": "thumbnailUploadUrl"}
    numbers = {"uploadCaptions": 900_001, "uploadThumbnail": 900_002}
    return {name: f"{link}.{numbers[field]}" for field, name in asked.items() if wanted.get(field)}


def _put_whole(call: Call, work: Work) -> web.Response:
    if call.sender is None or call.sender.id != work.account.id:
        return WORDING.unknown_token()
    if not call.body:
        return error(411, "Length Required")
    work.parts = {0: call.body}
    facts = work.join()
    fits = facts.type.startswith("image/") if work.kind == "image" else not facts.film
    if work.failure is None and not (fits and facts.whole):
        work.failure = "The file is not of a type that is supported, or not whole"
    if work.failure is None and facts.width * facts.height >= PIXELS:
        work.failure = f"The image has {PIXELS} pixels or more"
    work.details["uploaded"], work.expires_at = True, None
    return web.Response(status=201)


def _put_part(call: Call, work: Work, number: int) -> web.Response:
    if number > 900_000:
        work.details[f"extra {number}"] = len(call.body)
        return web.Response(status=201)
    first = number * PART
    if len(call.body) != min(PART, work.details["size"] - first):
        return web.Response(status=400)
    work.parts[number] = call.body
    return web.Response(status=200, headers={"etag": etag(call.body)})


def _finalize(call: Call) -> web.Response:
    wanted = call.form.get("finalizeUploadRequest")
    wanted = wanted if isinstance(wanted, dict) else {}
    work = call.work(str(wanted.get("video", "")), "video")
    if work is None:
        raise refuse("INVALID_VIDEO_ID", f"{wanted.get('video')}: not yours")
    if work.details["uploaded"]:
        return web.Response(status=200)
    if work.received() != work.details["size"]:
        raise refuse("UPDATING_ASSET_FAILED", "Not all parts have been uploaded")
    tags = [etag(work.parts[number]) for number in sorted(work.parts)]
    given = [str(tag) for tag in wanted.get("uploadedPartIds", [])]
    if [tag.strip('"') for tag in given] != [tag.strip('"') for tag in tags]:
        raise refuse("UPDATING_ASSET_FAILED", "uploadedPartIds: not the parts in their order")
    facts = work.join()
    if work.failure is None and not (facts.film and facts.whole):
        work.failure = "The file is not a video, or not whole"
    if work.failure is None and not 3 <= (facts.seconds or 0) <= 1800:
        work.failure = "The video is not between 3 seconds and 30 minutes long"
    work.details["uploaded"], work.expires_at = True, None
    return web.Response(status=200)


def _state(call: Call, work: Work) -> str:
    if not work.details["uploaded"]:
        return "WAITING_UPLOAD"
    states = {"IN_PROGRESS": "PROCESSING", "ERROR": "PROCESSING_FAILED"}
    return states.get(work.look(call.now), "AVAILABLE")
