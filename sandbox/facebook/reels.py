"""Reels and video stories: start, upload to rupload, finish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.facebook.videos import begin, finish
from sandbox.meta import rupload
from sandbox.meta.graph import check_user, refuse
from sandbox.pull import NotFetched
from sandbox.routes import Call, Step, answer
from sandbox.work import DAY, Work

PHASES: Final = {"PROCESSING": "in_progress", "READY": "complete"}


def step(call: Call) -> Step:
    return "publish" if call.field("upload_phase") == "finish" else "prepare"


def reel(call: Call) -> web.Response:
    return _phase(call, "reel")


def story(call: Call) -> web.Response:
    return _phase(call, "story")


async def upload(call: Call) -> web.Response:
    work = call.work(call.path("id"), "reel", "story")
    if work is None or work.details["uploaded"]:
        return rupload.fault("NotFoundError", "no such upload", 404)
    url = call.request.headers.get("file_url")
    if url is not None:
        try:
            work.facts = await call.world.puller.pull(url)
        except NotFetched:
            return rupload.fault("ProcessingFailedError", "file_url could not be fetched")
        work.media = (url,)
        work.details |= {"uploaded": True, "size": work.facts.size}
        return answer({"success": True})
    refused = rupload.receive(call, work)
    if refused is not None:
        return refused
    if work.received() == work.details["size"]:
        work.join()
        work.details["uploaded"] = True
    return answer({"success": True})


def _phase(call: Call, kind: str) -> web.Response:
    check_user(call)
    match call.field("upload_phase"):
        case "start":
            work = begin(call, kind)
            version = call.path("version")
            link = f"{call.origin()}/facebook/video-upload/{version}/{work.id}"
            return answer({"video_id": work.id, "upload_url": link})
        case "finish":
            return _finish(call, kind)
    raise refuse(100, "(#100) upload_phase must be one of start, finish")


def _finish(call: Call, kind: str) -> web.Response:
    work = call.work(call.field("video_id"), kind)
    if work is None:
        raise refuse(100, "(#100) video_id is not an upload of this Page", 33)
    if not work.details["uploaded"]:
        raise refuse(6000, "(#6000) The video has not been uploaded", 1363033)
    if "finished" in work.details:
        raise refuse(6000, "(#6000) The upload is finished already", 1363041)
    if kind == "reel" and call.field("video_state") not in ("PUBLISHED", "DRAFT", "SCHEDULED"):
        raise refuse(100, "(#100) video_state must be one of PUBLISHED, DRAFT, SCHEDULED")
    if kind == "reel" and _reels_today(call) >= _allowed(call):
        raise refuse(9, "The limit of reels in 24 hours is reached", 1390008)
    finish(call, work, call.field("description") if kind == "reel" else "")
    body: dict[str, Any] = {"success": True}
    if kind == "story" and "post_id" in work.details:
        body["post_id"] = work.details["post_id"]
    return answer(body)


def _reels_today(call: Call) -> int:
    since = call.now - DAY
    mine = call.world.ledger.of("facebook", call.account.id)
    return sum(post.kind == "reel" and post.at >= since for post in mine)


def _allowed(call: Call) -> int:
    return call.world.windows.quota("facebook", call.account.id, "reels")


def status(call: Call, work: Work) -> Mapping[str, Any]:
    """The three phases of a film; a finished one goes on at each look."""
    details = work.details
    uploaded, finished = details["uploaded"], "finished" in details
    have = work.facts.size if work.facts else work.received()
    state = work.look(call.now) if finished else "IN_PROGRESS"
    whole = "complete" if uploaded else "in_progress" if have else "not_started"
    found: dict[str, Any] = {
        "video_status": _word(state, uploaded=uploaded, finished=finished),
        "uploading_phase": {"status": whole, "bytes_transferred": have},
        "processing_phase": {"status": "not_started"},
        "publishing_phase": {"status": "not_started"},
    }
    if finished:
        found["processing_phase"] = {"status": "in_progress"}
    if state == "ERROR":
        errors = [{"code": _number(work.failure), "message": f"The video failed: {work.failure}"}]
        found["processing_phase"] = {"status": "error", "errors": errors}
    if state == "FINISHED":
        found["processing_phase"] = {"status": "complete"}
        done = {"publish_status": "published", "publish_time": int(call.now)}
        found["publishing_phase"] = {"status": "complete", **done}
    return found


def _word(state: str, *, uploaded: bool, finished: bool) -> str:
    if not uploaded:
        return "uploading"
    if not finished:
        return "upload_complete"
    return {"ERROR": "error", "FINISHED": "ready"}.get(state, "processing")


def _number(failure: str | None) -> int:
    return int(failure) if failure and failure.isdecimal() else 6001
