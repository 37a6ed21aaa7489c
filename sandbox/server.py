"""The six platforms behind one port, with a ledger of what they accepted and faults on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.facebook import FACEBOOK
from sandbox.faults import Fault
from sandbox.instagram import INSTAGRAM
from sandbox.limits import QUOTAS, Window
from sandbox.linkedin import LINKEDIN
from sandbox.routes import Call, Refused, Route, SimulatedPlatform, answer
from sandbox.threads import THREADS
from sandbox.tiktok import TIKTOK
from sandbox.twitter import TWITTER
from sandbox.world import World

PLATFORMS: Final = (THREADS, INSTAGRAM, TWITTER, FACEBOOK, LINKEDIN, TIKTOK)
STALL_SECONDS: Final = 300.0
BODY_LIMIT: Final = 256 * 1024**2

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(world: World) -> web.Application:
    """Routes of every platform beneath its name."""
    app = web.Application(client_max_size=BODY_LIMIT)
    for platform in PLATFORMS:
        for route in platform.routes:
            path = f"/{platform.name}{route.path}"
            app.router.add_route(route.method, path, _handler(world, platform, route))
    app.on_cleanup.append(lambda _app: world.puller.close())
    return app


def known_limits() -> dict[tuple[str, str], int]:
    """Every limit of every platform, by platform and name."""
    found = {
        (platform.name, limit.name): limit.count
        for platform in PLATFORMS
        for route in platform.routes
        for limit in route.limits
    }
    return {**found, **QUOTAS}


def _handler(world: World, platform: SimulatedPlatform, route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            call = await _read(world, platform.name, route, request)
        except ConnectionResetError:
            return web.Response(status=499)  # the client is gone before it said what it wants
        if world.settings.latency:
            await asyncio.sleep(world.settings.latency)
        sent = await _serve(call, platform)
        for name, value in platform.headers(call).items():
            sent.headers.setdefault(name, value)
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


async def _read(world: World, platform: str, route: Route, request: web.Request) -> Call:
    body, form = b"", await _form(request)
    if form is None:
        body, form = await request.read(), {}
    _, _, token = request.headers.get("authorization", "").partition(" ")
    token = token or str(form.get("access_token", request.query.get("access_token", "")))
    sender = world.accounts.by_token.get((platform, token))
    return Call(world, platform, route, request, form, body, sender)


async def _form(request: web.Request) -> Mapping[str, Any] | None:
    """The fields of the body; None if it is of another kind."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            found = json.loads(await request.read() or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    if kind.startswith("multipart/form-data"):
        return {name: _plain(value) for name, value in (await request.post()).items()}
    return None


def _plain(value: str | bytes | bytearray | web.FileField) -> str | bytes:
    if isinstance(value, web.FileField):
        return value.file.read()
    return value if isinstance(value, str) else bytes(value)


async def _serve(call: Call, platform: SimulatedPlatform) -> web.Response:
    refused = _unwelcome(call, platform)
    if refused is not None:
        return refused
    faults = call.world.faults
    fault = faults.interruption(call.sight()) if faults.known else None
    if fault is None:
        return _throttled(call, platform) or await _answer(call)
    return await _go_wrong(call, platform, fault)


def _unwelcome(call: Call, platform: SimulatedPlatform) -> web.Response | None:
    if not call.route.authorised:
        return None
    if call.sender is None:
        return platform.wording.unknown_token()
    if call.sender.revoked:
        return platform.wording.revoked_token()
    if call.sender.expired(call.now):
        return platform.wording.expired_token()
    if not call.sender.allows(call.route.scope):
        return platform.wording.forbidden()
    return platform.admit(call)


def _throttled(call: Call, platform: SimulatedPlatform) -> web.Response | None:
    """Count the call in its windows; refuse it if one is full."""
    who = call.sender.id if call.sender else ""
    full: Window | None = None
    for limit in call.route.limits:
        window = call.world.windows.take(call.platform, who, limit, call.now)
        if not limit.app:
            call.request["window"] = window
        if window.exceeded:
            full = window
    return None if full is None else platform.wording.throttled(call, full.reset - call.now)


async def _answer(call: Call) -> web.Response:
    try:
        found = call.route.handle(call)
        return found if isinstance(found, web.Response) else await found
    except Refused as refused:
        return refused.answer


async def _go_wrong(call: Call, platform: SimulatedPlatform, fault: Fault) -> web.Response:
    refusal = _refusal(call, platform, fault)
    if refusal is not None:
        return refusal
    if fault.action == "drop_before":
        return _hang_up(call)
    if fault.action == "stall_before":
        await asyncio.sleep(STALL_SECONDS)
        return _hang_up(call)
    if fault.action == "delay" and await _forgotten_after(fault.seconds, call.world):
        return _hang_up(call)
    sent = await _answer(call)
    if fault.action == "drop_after":
        return _hang_up(call)
    if fault.action == "stall":
        await asyncio.sleep(STALL_SECONDS)
    if fault.action == "respond_after":
        return answer(fault.body, fault.status, fault.headers)
    return platform.wording.outage(fault.status) if fault.action == "error_after" else sent


async def _forgotten_after(seconds: float, world: World) -> bool:
    """Whether the world was reset meanwhile: a call of before is no part of it."""
    ledger = world.ledger
    await asyncio.sleep(seconds)
    return world.ledger is not ledger


def _refusal(call: Call, platform: SimulatedPlatform, fault: Fault) -> web.Response | None:
    """The platform's own words for faults that are refusals."""
    wording = platform.wording
    match fault.action:
        case "throttle":
            return wording.throttled(call, fault.retry_after)
        case "quota":
            return wording.quota(call, fault.retry_after)
        case "error":
            return wording.outage(fault.status)
        case "forbid":
            return wording.forbidden()
        case "reject":
            return wording.rejected()
        case "duplicate":
            return wording.duplicate(call)
        case "respond":
            return answer(fault.body, fault.status, fault.headers)
    return _token_refusal(call, platform, fault.action)


def _token_refusal(call: Call, platform: SimulatedPlatform, action: str) -> web.Response | None:
    account = call.sender or call.token_owner()
    if action == "expire_token":
        if account is not None:
            account.expires_at = 0.0
        return platform.wording.expired_token()
    if action == "revoke_token":
        if account is not None:
            account.revoked = True
        return platform.wording.revoked_token()
    return None


def _hang_up(call: Call) -> web.Response:
    if call.request.transport is not None:
        call.request.transport.abort()
    return web.Response(status=499)
