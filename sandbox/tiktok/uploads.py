"""The bytes of a film: sequential chunks with Content-Range, without a token."""

from __future__ import annotations

import re

from aiohttp import web

from sandbox.routes import Call, Step
from sandbox.tiktok.judge import judge_film
from sandbox.tiktok.posts import accept
from sandbox.work import Work

RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def step(call: Call) -> Step:
    """The last chunk publishes."""
    found = RANGE.fullmatch(call.request.headers.get("content-range", ""))
    return "publish" if found and int(found[2]) + 1 == int(found[3]) else "prepare"


def put(call: Call) -> web.Response:
    work = call.world.works.get(call.path("publish_id"))
    if work is None or "chunk" not in work.details:
        return web.Response(status=404)
    if call.now >= (work.expires_at or call.now + 1):
        return web.Response(status=403)
    found = RANGE.fullmatch(call.request.headers.get("content-range", ""))
    if found is None:
        return web.Response(status=400)
    first, last, total = map(int, found.groups())
    if first != work.details["received"] or total != work.details["size"]:
        return web.Response(status=416, headers=_received(work))
    if last - first + 1 != len(call.body) or len(call.body) != _expected(work):
        return web.Response(status=400)
    work.parts[first] = call.body
    work.details["received"] = last + 1
    if last + 1 < total:
        return web.Response(status=206, headers=_received(work))
    facts = work.join()
    work.failure = work.failure or judge_film(facts)
    work.expires_at = None
    accept(call, work)
    return web.Response(status=201, headers=_received(work))


def _expected(work: Work) -> int:
    """How long the next chunk has to be: the last takes what is left over."""
    chunk, received = int(work.details["chunk"]), int(work.details["received"])
    last = received // chunk == work.details["count"] - 1
    return int(work.details["size"]) - received if last else chunk


def _received(work: Work) -> dict[str, str]:
    last = max(0, work.details["received"] - 1)
    return {"content-range": f"bytes 0-{last}/{work.details['size']}"}
