"""How a simulated platform is described: its routes, and how it words its refusals."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from aiohttp import web

from sandbox.accounts import Account
from sandbox.faults import Fault, Sight
from sandbox.ledger import Comment, Post, fingerprint
from sandbox.limits import Limit
from sandbox.work import Work
from sandbox.world import World

Step: TypeAlias = Literal[
    "publish", "prepare", "status", "read", "refresh", "comment", "metrics", "profile", "delete"
]
TEXT_FIELDS: Final = ("text", "caption", "message", "commentary", "description")
LINK: Final = re.compile(r"https?://\S+")


class Refused(Exception):
    """A handler refuses; the answer is ready."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(slots=True)
class Call:
    """One request, with its body read.

    ``form`` holds the fields of a form (files as bytes), of a JSON object or of a multipart body;
    ``body`` the bytes of any other. ``account`` is who sends it; routes that need nobody leave it.
    """

    world: World
    platform: str
    route: Route
    request: web.Request
    form: Mapping[str, Any]
    body: bytes
    sender: Account | None = None

    @property
    def account(self) -> Account:
        if self.sender is None:
            raise web.HTTPUnauthorized
        return self.sender

    @property
    def now(self) -> float:
        return self.world.clock.now()

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    @property
    def step(self) -> Step:
        step = self.route.step
        return step if isinstance(step, str) else step(self)

    def path(self, name: str) -> str:
        return str(self.request.match_info[name])

    def field(self, name: str) -> str:
        """A field of the body, else of the query, as text."""
        return str(self.form.get(name, self.request.query.get(name, "")))

    def origin(self) -> str:
        """Where upload URLs point to."""
        return str(self.request.url.origin())

    def token_owner(self) -> Account | None:
        """Whose token the call is about, where that is not the sender's."""
        for name, known in (
            ("refresh_token", self.world.accounts.by_refresh),
            ("access_token", self.world.accounts.by_token),
        ):
            found = known.get((self.platform, self.field(name)))
            if found is not None:
                return found
        return None

    def sight(self) -> Sight:
        return Sight(
            platform=self.platform,
            account=self._who(),
            step=self.step,
            method=self.request.method,
            path=self.request.path,
            text=lambda: self.route.text(self),
        )

    def effect(self, action: str) -> Fault | None:
        """The fault that changes what this call makes, if one does."""
        faults = self.world.faults
        return faults.effect(action, self.sight()) if faults.known else None

    def start(self, work: Work, usual_failure: str, *, looks: int | None = None) -> Work:
        """Take up the work: it is processed for as long as the settings and the faults say."""
        settings = self.world.settings
        work.looks_left = settings.processing_looks if looks is None else looks
        work.ready_at = self.now + settings.processing_seconds
        slow, broken = self.effect("slow_processing"), self.effect("fail_processing")
        if slow is not None:
            work.looks_left += slow.looks
            work.ready_at += slow.seconds
        if broken is not None:
            work.failure = broken.reason or usual_failure
        self.world.works[work.id] = work
        return work

    def work(self, key: str, *kinds: str) -> Work | None:
        """The sender's own work of this id and one of these kinds."""
        found = self.world.works.get(key)
        if found is None or found.account.id != self.account.id:
            return None
        return found if not kinds or found.kind in kinds else None

    def accept(
        self,
        post_id: str,
        url: str,
        *,
        kind: str,
        text: str,
        media: tuple[str, ...] = (),
        shown: str | None = None,
        reply_to: str | None = None,
        account: Account | None = None,
        details: dict[str, Any] | None = None,
    ) -> Post:
        """A post becomes public: the entry that the tests count."""
        who, now = account or self.account, self.now
        post = Post(
            platform=self.platform,
            account=who.id,
            id=post_id,
            url=url,
            kind=kind,
            text=text,
            media=media,
            at=now,
            fingerprint=fingerprint(kind, text, media),
            shown=text if shown is None else shown,
            reply_to=reply_to,
            visible_at=now + self.world.settings.listing_seconds,
            details=details or {},
        )
        self._tamper(post)
        self.world.ledger.add(post)
        return post

    def accept_comment(self, post: Post, text: str) -> Comment:
        """A comment of the account itself beneath its post."""
        comment = Comment(f"{post.id}_{self.world.number(11)}", text, self.now)
        self.world.ledger.comment(post, comment)
        return comment

    def posts(self) -> list[Post]:
        """The sender's posts that lists show, newest first."""
        mine, now = self.world.ledger.of(self.platform, self.account.id), self.now
        return [post for post in mine if post.visible(now)]

    def post(self, post_id: str) -> Post | None:
        """The sender's post of this id, unless it is gone."""
        found = self.world.ledger.by_id.get((self.platform, post_id))
        if found is None or found.account != self.account.id or not found.there(self.now):
            return None
        return found

    def figure(self, post: Post, name: str) -> int:
        return self.world.growth.of(post, name, self.now)

    def _who(self) -> str | None:
        """The account that the call is about: the sender's, or whose token or upload it names."""
        found = self.sender or self.token_owner()
        if found is not None:
            return found.id
        for part in self.request.match_info.values():
            work = self.world.works.get(part) or self.world.works.get(f"urn:li:{part}")
            if work is not None:
                return work.account.id
        return None

    def _tamper(self, post: Post) -> None:
        """Let the faults change what is shown, and when."""
        altered, shorter = self.effect("alter_text"), self.effect("shorten_link")
        removed, late = self.effect("remove_after"), self.effect("delay_listing")
        if altered is not None:
            shortened = post.shown[: max(1, len(post.shown) * 3 // 4)]
            post.shown = shortened if altered.text is None else altered.text
        if shorter is not None:
            post.shown = LINK.sub(f"https://lnk.example/{post.id[-6:]}", post.shown)
        if removed is not None:
            post.removed_at = post.at + removed.seconds
        if late is not None:
            post.visible_at = post.at + late.seconds


def text_of(call: Call) -> str:
    """The text in the body, or that of the work which the body or the path names."""
    named = {str(call.form.get(name, "")) for name in ("creation_id", "publish_id", "video_id")}
    for key in named | set(call.request.match_info.values()):
        work = call.world.works.get(key)
        if work is not None and work.text:
            return work.text
    for name in TEXT_FIELDS:
        if isinstance(call.form.get(name), str):
            return str(call.form[name])
    info = call.form.get("post_info")
    if not isinstance(info, dict):
        return ""
    return f"{info.get('title', '')} {info.get('description', '')}".strip()


Handle: TypeAlias = Callable[[Call], web.Response] | Callable[[Call], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """``scope`` is the permission it needs; ``limits`` are counted before it is handled.

    A ``step`` may depend on the call.
    ``text`` finds the text that a call is about, for faults that look for one.
    """

    method: str
    path: str
    step: Step | Callable[[Call], Step]
    handle: Handle
    scope: str | None = None
    limits: tuple[Limit, ...] = ()
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
    duplicate: Callable[[Call], web.Response]
    throttled: Callable[[Call, float], web.Response]
    quota: Callable[[Call, float], web.Response]
    outage: Callable[[int], web.Response]


def no_headers(_call: Call) -> Mapping[str, str]:
    return {}


def anybody(_call: Call) -> None:
    """Every call is admitted."""


@dataclass(frozen=True, slots=True)
class SimulatedPlatform:
    """``headers`` are those of every answer; ``admit`` may refuse any call of a known sender."""

    name: str
    routes: tuple[Route, ...]
    wording: Wording
    headers: Callable[[Call], Mapping[str, str]] = no_headers
    admit: Callable[[Call], web.Response | None] = anybody


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers=headers)
