"""How a simulated platform is described: its routes, and how it words its refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from aiohttp import web

from sandbox.world import Account, World

Step: TypeAlias = Literal["publish", "prepare", "status", "read", "refresh"]


@dataclass(slots=True)
class Call:
    """One request, with its body read: ``form`` holds the fields of a form or of a JSON object."""

    world: World
    platform: str
    request: web.Request
    form: Mapping[str, Any]
    body: bytes
    sender: Account | None = None
    fail_processing: bool = False

    @property
    def account(self) -> Account:
        """Who sends it; routes that need nobody never ask."""
        if self.sender is None:
            raise web.HTTPUnauthorized
        return self.sender

    def path(self, name: str) -> str:
        return str(self.request.match_info[name])

    def origin(self) -> str:
        """Where upload URLs point to."""
        return str(self.request.url.origin())


class Refused(Exception):
    """A handler refuses; the answer is ready."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


TEXT_FIELDS: Final = ("text", "caption", "message", "commentary")


def text_of(call: Call) -> str:
    """The text in the body, or that of the container which the body names."""
    container = call.world.containers.get(str(call.form.get("creation_id", "")))
    if container is not None:
        return container.text
    for name in TEXT_FIELDS:
        if name in call.form:
            return str(call.form[name])
    post_info = call.form.get("post_info")
    return str(post_info.get("title", "")) if isinstance(post_info, dict) else ""


@dataclass(frozen=True, slots=True)
class Route:
    """``text`` finds the text that a call is about, for faults that look for one."""

    method: str
    path: str
    step: Step
    handle: Callable[[Call], web.Response]
    authorised: bool = True
    text: Callable[[Call], str] = text_of


@dataclass(frozen=True, slots=True)
class Wording:
    """The platform's own answers. ``throttled`` is given seconds until the limit opens."""

    unknown_token: Callable[[], web.Response]
    expired_token: Callable[[], web.Response]
    revoked_token: Callable[[], web.Response]
    forbidden: Callable[[], web.Response]
    rejected: Callable[[], web.Response]
    throttled: Callable[[float], web.Response]
    outage: Callable[[int], web.Response]


@dataclass(frozen=True, slots=True)
class SimulatedPlatform:
    name: str
    routes: tuple[Route, ...]
    wording: Wording


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers=headers)
