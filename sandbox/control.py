"""The routes by which tests and people run the sandbox, under ``/_sandbox``."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from sandbox.server import new_account
from sandbox.world import Fault, World

PREFIX = "/_sandbox"
FILTERS = ("platform", "account", "text")


class Control:
    """Accounts, ledger, faults, settings."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{PREFIX}/accounts", self.add_accounts),
            web.get(f"{PREFIX}/ledger", self.ledger),
            web.get(f"{PREFIX}/calls", self.calls),
            web.post(f"{PREFIX}/faults", self.add_fault),
            web.get(f"{PREFIX}/faults", self.faults),
            web.delete(f"{PREFIX}/faults", self.clear_faults),
            web.post(f"{PREFIX}/settings", self.set_settings),
            web.post(f"{PREFIX}/reset", self.reset),
            web.get(f"{PREFIX}/media/{{name}}", self.media),
        ]

    async def add_accounts(self, request: web.Request) -> web.Response:
        entries = await request.json()
        for entry in entries if isinstance(entries, list) else [entries]:
            self.world.enrol(new_account(entry))
        return web.json_response({"accounts": len(self.world.accounts)})

    async def ledger(self, request: web.Request) -> web.Response:
        if "summary" in request.query:
            return web.json_response(self.world.summary())
        wanted = {name: request.query[name] for name in FILTERS if name in request.query}
        posts = self.world.ledger(**wanted)
        return web.json_response({"count": len(posts), "posts": posts})

    async def calls(self, request: web.Request) -> web.Response:
        platform = request.query.get("platform")
        calls = [call for call in self.world.calls if platform in (None, call["platform"])]
        return web.json_response({"calls": calls})

    async def add_fault(self, request: web.Request) -> web.Response:
        fault = Fault(id=next(self.world.numbers), **await request.json())
        self.world.faults.append(fault)
        return web.json_response({"id": fault.id})

    async def faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": [asdict(fault) for fault in self.world.faults]})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self.world.faults.clear()
        return web.json_response({})

    async def set_settings(self, request: web.Request) -> web.Response:
        settings = await request.json()
        self.world.processing_looks = int(settings.get("processing_looks", 1))
        self.world.latency = float(settings.get("latency", 0.0))
        return web.json_response({})

    async def reset(self, _request: web.Request) -> web.Response:
        fresh = World()
        for name in World.__slots__:
            setattr(self.world, name, getattr(fresh, name))
        return web.json_response({})

    async def media(self, request: web.Request) -> web.Response:
        """Bytes to publish, of the type that the name says."""
        film = request.match_info["name"].endswith(".mp4")
        size = int(request.query.get("bytes", 2048))
        kind = "video/mp4" if film else "image/jpeg"
        return web.Response(body=b"\x00" * size, content_type=kind)
