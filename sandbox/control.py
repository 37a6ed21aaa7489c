"""The routes by which tests and people run the sandbox, under ``/_sandbox``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from aiohttp import web

from sandbox import accounts, faults, figures, samples
from sandbox.clock import seconds
from sandbox.world import Settings, World

PREFIX: Final = "/_sandbox"
FILTERS: Final = ("platform", "account", "text", "kind", "id", "reply_to")


class Control:
    """Accounts, ledger, faults, settings, clock, limits, figures, media."""

    def __init__(self, world: World, limits: Mapping[tuple[str, str], int]) -> None:
        """``limits`` are those that may be set, by platform and name, with what they are else."""
        self.world = world
        self.limits = limits

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{PREFIX}/accounts", self.add_accounts),
            web.get(f"{PREFIX}/accounts", self.accounts),
            web.get(f"{PREFIX}/ledger", self.ledger),
            web.get(f"{PREFIX}/calls", self.calls),
            web.post(f"{PREFIX}/faults", self.add_fault),
            web.get(f"{PREFIX}/faults", self.faults),
            web.delete(f"{PREFIX}/faults", self.clear_faults),
            web.post(f"{PREFIX}/settings", self.set_settings),
            web.get(f"{PREFIX}/settings", self.settings),
            web.post(f"{PREFIX}/clock", self.set_clock),
            web.get(f"{PREFIX}/clock", self.clock),
            web.post(f"{PREFIX}/limits", self.set_limit),
            web.get(f"{PREFIX}/limits", self.show_limits),
            web.post(f"{PREFIX}/figures", self.set_figures),
            web.post(f"{PREFIX}/reset", self.reset),
            web.get(f"{PREFIX}/media/{{name}}", self.media),
        ]

    async def add_accounts(self, request: web.Request) -> web.Response:
        entries = await request.json()
        now = self.world.clock.now()
        for entry in entries if isinstance(entries, list) else [entries]:
            self.world.accounts.enrol(_checked(lambda given: accounts.read(given, now), entry))
        return web.json_response({"accounts": len(self.world.accounts.by_id)})

    async def accounts(self, _request: web.Request) -> web.Response:
        known = [
            {**asdict(account), "scopes": sorted(account.scopes) if account.scopes else None}
            for account in self.world.accounts.by_id.values()
        ]
        return web.json_response({"accounts": known})

    async def ledger(self, request: web.Request) -> web.Response:
        if "summary" in request.query:
            return web.json_response(self.world.ledger.summary())
        wanted = {name: request.query[name] for name in FILTERS if name in request.query}
        posts = self.world.ledger.matching(**wanted)
        return web.json_response({"count": len(posts), "posts": posts})

    async def calls(self, request: web.Request) -> web.Response:
        platform = request.query.get("platform")
        calls = [call for call in self.world.calls if platform in (None, call["platform"])]
        return web.json_response({"calls": calls})

    async def add_fault(self, request: web.Request) -> web.Response:
        number = next(self.world.numbers)
        fault = _checked(lambda given: faults.read(given, number), await request.json())
        self.world.faults.known.append(fault)
        return web.json_response({"id": fault.id})

    async def faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": [asdict(fault) for fault in self.world.faults.known]})

    async def clear_faults(self, request: web.Request) -> web.Response:
        """All of them, or the one of ``?id=``."""
        one = request.query.get("id")
        known = self.world.faults.known
        known[:] = [fault for fault in known if one is not None and str(fault.id) != one]
        return web.json_response({})

    async def set_settings(self, request: web.Request) -> web.Response:
        """Those that are named; the others stay as they are."""
        given = dict(await request.json())
        windows, growth = self.world.windows, self.world.growth
        windows.enforced = bool(given.pop("limits", windows.enforced))
        growth.scale = float(given.pop("growth", growth.scale))
        growth.followers_a_day = float(given.pop("followers_a_day", growth.followers_a_day))
        self.world.puller.within = float(given.pop("pull_within", self.world.puller.within))
        for name, value in given.items():
            if name not in {known.name for known in fields(Settings)}:
                raise web.HTTPBadRequest(text=f"{name}: not a setting")
            setattr(self.world.settings, name, value)
        return web.json_response({})

    async def settings(self, _request: web.Request) -> web.Response:
        growth = self.world.growth
        return web.json_response(
            {
                **asdict(self.world.settings),
                "limits": self.world.windows.enforced,
                "growth": growth.scale,
                "followers_a_day": growth.followers_a_day,
                "pull_within": self.world.puller.within,
            }
        )

    async def set_clock(self, request: web.Request) -> web.Response:
        """Put it forward by ``advance`` seconds, or to ``now``."""
        given, clock = await request.json(), self.world.clock
        if "now" in given:
            clock.ahead += seconds(str(given["now"])) - clock.now()
        clock.ahead += float(given.get("advance", 0))
        return await self.clock(request)

    async def clock(self, _request: web.Request) -> web.Response:
        clock = self.world.clock
        return web.json_response({"now": clock.now(), "ahead": clock.ahead})

    async def set_limit(self, request: web.Request) -> web.Response:
        """How many calls of this ``name`` an account (or every one) may make in the window."""
        given = await request.json()
        platform, name = str(given.get("platform")), str(given.get("name"))
        if (platform, name) not in self.limits:
            known = sorted(mine for of, mine in self.limits if of == platform)
            raise web.HTTPBadRequest(text=f"name: of {platform} one of {', '.join(known)}")
        self.world.windows.overrides[platform, name, given.get("account")] = int(given["limit"])
        return web.json_response({})

    async def show_limits(self, _request: web.Request) -> web.Response:
        """The names that ``set_limit`` knows, with their usual numbers."""
        known = [
            {"platform": platform, "name": name, "limit": count}
            for (platform, name), count in self.limits.items()
        ]
        return web.json_response({"limits": known})

    async def set_figures(self, request: web.Request) -> web.Response:
        """Figures of a post, which then stand still, or the followers of an account."""
        given = dict(await request.json())
        platform = str(given.pop("platform"))
        if "account" in given:
            account = self.world.accounts.by_id.get((platform, str(given.pop("account"))))
            if account is None:
                raise web.HTTPBadRequest(text="account: not known")
            account.followers = int(given.get("followers", account.followers))
            account.following = int(given.get("following", account.following))
            account.since = self.world.clock.now()
            return web.json_response({})
        post = self.world.ledger.by_id.get((platform, str(given.pop("post", ""))))
        if post is None:
            raise web.HTTPBadRequest(text="post: not known")
        if unknown := sorted(set(given) - set(figures.SHARES)):
            raise web.HTTPBadRequest(text=f"{unknown[0]}: one of {', '.join(figures.SHARES)}")
        post.figures.update({name: int(value) for name, value in given.items()})
        return web.json_response({})

    async def reset(self, _request: web.Request) -> web.Response:
        self.world.reset()
        return web.json_response({})

    async def media(self, request: web.Request) -> web.Response:
        """A file to publish: see ``sandbox.samples``; ``status`` and ``type`` falsify it."""
        name, query = request.match_info["name"], request.query
        kind = query.get("type", samples.kind_of(name))
        body = samples.make(name, query)
        return web.Response(body=body, content_type=kind, status=int(query.get("status", 200)))


def _checked(read: Callable[[Mapping[str, Any]], Any], entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        raise web.HTTPBadRequest(text="the body is a JSON object")
    try:
        return read(entry)
    except (ValueError, TypeError) as fault:
        raise web.HTTPBadRequest(text=str(fault)) from fault
