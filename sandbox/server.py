"""The six platforms behind one port, with a ledger of what they accepted and faults on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.facebook import FACEBOOK
from sandbox.instagram import INSTAGRAM
from sandbox.linkedin import LINKEDIN
from sandbox.routes import Call, Refused, Route, SimulatedPlatform, Wording
from sandbox.threads import THREADS
from sandbox.tiktok import TIKTOK
from sandbox.twitter import TWITTER
from sandbox.world import Account, Fault, World

PLATFORMS: Final = (THREADS, INSTAGRAM, TWITTER, FACEBOOK, LINKEDIN, TIKTOK)
STALL_SECONDS: Final = 300.0
BODY_LIMIT: Final = 256 * 1024**2

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(world: World) -> web.Application:
    """Routes of every platform beneath its name, and the control routes."""
    app = web.Application(client_max_size=BODY_LIMIT)
    for platform in PLATFORMS:
        for route in platform.routes:
            path = f"/{platform.name}{route.path}"
            app.router.add_route(route.method, path, _handler(world, platform, route))
    return app


def _handler(world: World, platform: SimulatedPlatform, route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        call = await _read(world, platform.name, request)
        if world.latency:
            await asyncio.sleep(world.latency)
        sent = await _serve(call, platform.wording, route)
        world.calls.append(
            {
                "platform": platform.name,
                "method": request.method,
                "path": request.path,
                "status": sent.status,
                "account": call.sender.id if call.sender else None,
            }
        )
        return sent

    return handle


async def _read(world: World, platform: str, request: web.Request) -> Call:
    body = await request.read()
    form: Mapping[str, Any] = {}
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json") and body:
        found = json.loads(body)
        form = found if isinstance(found, dict) else {}
    elif kind.startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    token = request.headers.get("authorization", "").partition(" ")[2]
    return Call(world, platform, request, form, body, world.accounts.get((platform, token)))


async def _serve(call: Call, wording: Wording, route: Route) -> web.Response:
    if route.authorised:
        refused = _unwelcome(call, wording)
        if refused is not None:
            return refused
    sender = call.sender.id if call.sender else None
    fault = call.world.strike(call.platform, sender, route.step, route.text(call))
    if fault is None:
        return _answer(call, route)
    return await _go_wrong(call, wording, route, fault)


def _unwelcome(call: Call, wording: Wording) -> web.Response | None:
    if call.sender is None:
        return wording.unknown_token()
    if call.sender.revoked:
        return wording.revoked_token()
    return wording.expired_token() if call.sender.expired else None


def _answer(call: Call, route: Route) -> web.Response:
    try:
        return route.handle(call)
    except Refused as refused:
        return refused.answer


async def _go_wrong(call: Call, wording: Wording, route: Route, fault: Fault) -> web.Response:
    refusal = _refusal(call, wording, fault)
    if refusal is not None:
        return refusal
    if fault.action == "drop_before":
        return _hang_up(call)
    if fault.action == "delay":
        await asyncio.sleep(fault.seconds)
    call.fail_processing = fault.action == "fail_processing"
    sent = _answer(call, route)
    if fault.action == "drop_after":
        return _hang_up(call)
    if fault.action == "stall":
        await asyncio.sleep(STALL_SECONDS)
    return wording.outage(fault.status) if fault.action == "error_after" else sent


def _refusal(call: Call, wording: Wording, fault: Fault) -> web.Response | None:
    """The platform's own words for faults that are refusals."""
    match fault.action:
        case "throttle":
            return wording.throttled(fault.retry_after)
        case "error":
            return wording.outage(fault.status)
        case "forbid":
            return wording.forbidden()
        case "reject":
            return wording.rejected()
        case "expire_token":
            call.account.expires_at = 0.0
            return wording.expired_token()
        case "revoke_token":
            call.account.revoked = True
            return wording.revoked_token()
    return None


def _hang_up(call: Call) -> web.Response:
    if call.request.transport is not None:
        call.request.transport.abort()
    return web.Response(status=499)


def new_account(entry: Mapping[str, Any]) -> Account:
    lifetime = entry.get("expires_in")
    now = asyncio.get_running_loop().time()
    return Account(
        platform=str(entry["platform"]),
        id=str(entry["id"]),
        token=str(entry["token"]),
        username=str(entry.get("username", "somebody")),
        refresh_token=entry.get("refresh_token"),
        expires_at=None if lifetime is None else now + float(lifetime),
    )
