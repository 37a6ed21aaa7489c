"""Videos of a Page: from a URL, in one piece, or by a session of chunks."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from sandbox.facebook.feed import publish
from sandbox.facebook.judge import judge
from sandbox.meta.graph import check_user, refuse
from sandbox.pull import NotFetched
from sandbox.routes import Call, Step, answer
from sandbox.work import Work

CHUNK: Final = 4 * 1024**2


def step(call: Call) -> Step:
    return "prepare" if call.field("upload_phase") in ("start", "transfer") else "publish"


async def create(call: Call) -> web.Response:
    check_user(call)
    match call.field("upload_phase"):
        case "start":
            return _start(call)
        case "transfer":
            return _transfer(call)
        case "finish":
            return _finish(call)
    work = begin(call, "video")
    await _take(call, work)
    finish(call, work, call.field("description"))
    return answer({"id": work.id})


def begin(call: Call, kind: str) -> Work:
    """A film of the sender, which has no bytes yet."""
    work = Work(call.world.number(9), call.account, kind)
    work.details = {"uploaded": False}
    return call.start(work, "1363128")


def finish(call: Call, work: Work, text: str) -> None:
    """The call that publishes it: the post is there unless processing fails."""
    work.details |= {"uploaded": True, "finished": True}
    work.text = text
    if work.facts is not None:
        work.failure = work.failure or judge(work.facts, work.kind)
    if work.failure is None:
        post = publish(call, work.kind, text, work.media, _details(call, work))
        post.url = link(call, work, post.id)
        work.details |= {"post_id": post.id, "url": post.url}


def link(call: Call, work: Work, post_id: str) -> str:
    page = call.account.id
    match work.kind:
        case "reel":
            return f"https://www.facebook.com/reel/{work.id}"
        case "story":
            return f"https://www.facebook.com/stories/{page}/{post_id}"
    return f"https://www.facebook.com/{page}/videos/{work.id}"


def _details(call: Call, work: Work) -> dict[str, Any]:
    given = {name: call.field(name) for name in ("title", "place") if call.field(name)}
    return {**given, "media_id": work.id, "video_id": work.id}


async def _take(call: Call, work: Work) -> None:
    source = call.form.get("source")
    if isinstance(source, bytes):
        work.parts = {0: source}
        work.join()
        return
    url = call.field("file_url")
    if not url:
        raise refuse(100, "(#100) file_url or source is needed")
    try:
        work.facts = await call.world.puller.pull(url)
    except NotFetched as fault:
        raise refuse(389, "(#389) Unable to fetch video file from URL.") from fault
    work.media = (url,)


def _start(call: Call) -> web.Response:
    size = call.field("file_size")
    if not size.isdecimal() or int(size) == 0:
        raise refuse(100, "(#100) file_size must be a number of bytes")
    work = begin(call, "video")
    work.details["size"] = int(size)
    return answer({"upload_session_id": work.id, "video_id": work.id, **_offsets(work)})


def _transfer(call: Call) -> web.Response:
    work, chunk = _session(call), call.form.get("video_file_chunk")
    have = work.received()
    if call.field("start_offset") != str(have):
        raise refuse(1, f"(#1363037) start_offset is not {have}", 1363037)
    if not isinstance(chunk, bytes) or have + len(chunk) > work.details["size"]:
        raise refuse(6000, "(#6000) There was a problem uploading your video file", 1363019)
    if chunk:
        work.parts[have] = chunk
    return answer(_offsets(work))


def _finish(call: Call) -> web.Response:
    work = _session(call)
    if work.received() != work.details["size"]:
        raise refuse(6000, "(#6000) The video file is not complete", 1363033)
    work.join()
    finish(call, work, call.field("description"))
    return answer({"success": True})


def _session(call: Call) -> Work:
    work = call.work(call.field("upload_session_id"), "video")
    if work is None or "finished" in work.details:
        raise refuse(6000, "(#6000) The upload session is not known or is finished", 1363041)
    return work


def _offsets(work: Work) -> dict[str, str]:
    have, size = work.received(), int(work.details["size"])
    return {"start_offset": str(have), "end_offset": str(min(have + CHUNK, size))}
