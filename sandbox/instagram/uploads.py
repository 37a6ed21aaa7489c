"""Bytes for a container of variant B: the resumable upload."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.instagram.judge import judge_film
from sandbox.meta.containers import film
from sandbox.meta.rupload import receive
from sandbox.routes import Call, answer


def upload(call: Call) -> web.Response:
    work = call.work(call.path("id"))
    if work is None or "waiting" not in work.details:
        return answer({"debug_info": {"type": "NotFound", "message": "no such upload"}}, 404)
    url = call.request.headers.get("file_url")
    if url is not None:
        film(call, work, url, lost="2207077", judge=lambda facts: judge_film(facts, work))
        work.details.pop("waiting")
        return answer({"success": True, "message": "Upload successful."})
    refused = receive(call, work)
    if refused is not None:
        return refused
    body: dict[str, Any] = {"success": True, "message": "Upload successful."}
    if work.received() < work.details["size"]:
        return answer(body)
    work.details.pop("waiting")
    facts = work.join()
    work.failure = work.failure or judge_film(facts, work)
    return answer(body)
