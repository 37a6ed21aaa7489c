"""What Threads, Instagram and Facebook share: the error envelope, containers, token refresh."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.routes import Call, Refused, Route, Wording, answer
from sandbox.work import Work


def error(
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    status: int = 400,
    transient: bool = False,
) -> web.Response:
    body: dict[str, Any] = {
        "message": message,
        "type": "OAuthException",
        "code": code,
        "is_transient": transient,
        "fbtrace_id": "AsAnDbOx",
    }
    if subcode is not None:
        body["error_subcode"] = subcode
    return answer({"error": body}, status)


def refuse(code: int, message: str, subcode: int | None = None) -> Refused:
    return Refused(error(code, message, subcode=subcode))


def wording(limit_code: int) -> Wording:
    """``limit_code`` is the one of the business-use-case limit: 80001 Pages, 80002 Instagram."""

    def throttled(_call: Call, seconds: float) -> web.Response:
        usage = {
            "type": "pages",
            "call_count": 100,
            "estimated_time_to_regain_access": seconds / 60,
        }
        refusal = error(limit_code, "There have been too many calls to this account.")
        refusal.headers["X-Business-Use-Case-Usage"] = json.dumps({"0": [usage]})
        return refusal

    return Wording(
        unknown_token=lambda: error(190, "Invalid OAuth access token."),
        expired_token=lambda: error(190, "Session has expired.", subcode=463, status=401),
        revoked_token=lambda: error(190, "The user removed the app.", subcode=458, status=401),
        forbidden=lambda: error(200, "(#200) Permissions error", status=403),
        rejected=lambda: error(100, "(#100) Invalid parameter"),
        throttled=throttled,
        quota=throttled,
        duplicate=lambda _call: error(506, "Duplicate status message", subcode=1455006),
        outage=lambda status: error(
            2, "Service temporarily unavailable", status=status, transient=True
        ),
    )


@dataclass(frozen=True, slots=True)
class Containers:
    """Posts made by way of containers: field names, limits and links of one platform."""

    create: str
    publish: str
    status_field: str
    reason_field: str
    text_field: str
    text_max: int
    listing: str
    kind_of: Callable[[Call], str]
    link: Callable[[Work], str]

    def routes(self) -> tuple[Route, ...]:
        version = r"/{version:v\d+\.\d+}"
        return (
            Route("POST", f"{version}/{{user}}/{self.create}", "prepare", self.made),
            Route("POST", f"{version}/{{user}}/{self.publish}", "publish", self.published),
            Route("GET", f"{version}/{{user}}/{self.listing}", "read", self.listed),
            Route("GET", f"{version}/{{node}}", "status", self.looked_at),
            Route("GET", "/refresh_access_token", "refresh", refreshed, authorised=False),
        )

    def made(self, call: Call) -> web.Response:
        check_user(call)
        text = str(call.form.get(self.text_field, ""))
        if len(text) > self.text_max:
            raise refuse(100, f"Param {self.text_field} must be at most {self.text_max} characters")
        children = [part for part in str(call.form.get("children", "")).split(",") if part]
        if any(child not in call.world.works for child in children):
            raise refuse(100, "Invalid Carousel Children", 4279004)
        container = Work(
            id=call.world.number(17),
            account=call.account,
            kind=self.kind_of(call),
            text=text,
            media=tuple(str(call.form[n]) for n in ("image_url", "video_url") if n in call.form),
        )
        call.start(container, "INVALID_DURATION", looks=0 if container.kind == "TEXT" else None)
        return answer({"id": container.id})

    def published(self, call: Call) -> web.Response:
        check_user(call)
        container = call.world.works.get(str(call.form.get("creation_id", "")))
        if container is None or container.account is not call.account:
            raise refuse(24, "The requested resource does not exist", 2207006)
        if container.published:
            raise refuse(100, "The container has been published already")
        if container.state(call.now) != "FINISHED":
            raise refuse(9007, "Media ID is not available", 2207027)
        container.published = True
        post_id = call.world.number()
        url = self.link(container)
        call.accept(
            post_id,
            url,
            kind=container.kind,
            text=container.text,
            media=container.media,
        )
        return answer({"id": post_id})

    def looked_at(self, call: Call) -> web.Response:
        node = call.path("node")
        container = call.world.works.get(node)
        if container is not None:
            reason = {self.reason_field: container.failure} if container.failure else {}
            return answer({self.status_field: container.look(call.now), **reason, "id": node})
        for post in call.posts():
            if post.id == node:
                return answer({"id": node, "permalink": post.url})
        raise refuse(100, "Unsupported get request. Object does not exist", 33)

    def listed(self, call: Call) -> web.Response:
        check_user(call)
        since = float(call.request.query.get("since", 0))
        data = [
            {
                "id": post.id,
                self.text_field: post.shown,
                "permalink": post.url,
                "timestamp": timestamp(post.at),
            }
            for post in call.posts()
            if post.at >= since
        ]
        return answer({"data": data[: int(call.request.query.get("limit", 25))]})


def refreshed(call: Call) -> web.Response:
    token = call.request.query.get("access_token", "")
    account = call.world.accounts.by_token.get((call.platform, token))
    if account is None or account.expired(call.now) or account.revoked:
        raise refuse(190, "Session has expired.", 463)
    call.world.accounts.renew(account, call.now, 5_183_944)
    return answer({"access_token": account.token, "token_type": "bearer", "expires_in": 5_183_944})


def check_user(call: Call) -> None:
    if call.path("user") not in (call.account.id, "me"):
        raise refuse(100, "Unsupported request. Object does not exist", 33)


def timestamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
