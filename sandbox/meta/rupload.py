"""rupload.facebook.com: bytes from an offset on, with ``Authorization: OAuth``."""

from __future__ import annotations

from aiohttp import web

from sandbox.routes import Call, answer
from sandbox.work import Work


def fault(kind: str, message: str, status: int = 400) -> web.Response:
    info = {"retriable": kind != "ProcessingFailedError", "type": kind, "message": message}
    return answer({"debug_info": info}, status)


def receive(call: Call, work: Work) -> web.Response | None:
    """Keep the bytes if they go on where the last ended; else the refusal."""
    headers = call.request.headers
    if not headers.get("authorization", "").startswith("OAuth "):
        return fault("NotAuthorizedError", "Authorization: OAuth is needed", 401)
    offset, size = headers.get("offset", ""), headers.get("file_size", "")
    if not offset.isdecimal() or not size.isdecimal():
        return fault("HeaderInvalidError", "offset and file_size are needed")
    have = work.received()
    if int(offset) != have:
        return fault("OffsetInvalidError", f"offset {offset} is not {have}", 416)
    if have + len(call.body) > int(size):
        return fault("PartialRequestError", f"more than {size} bytes")
    work.details["size"] = int(size)
    if call.body:
        work.parts[have] = call.body
    return None
