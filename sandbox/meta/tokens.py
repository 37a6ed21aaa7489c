"""Tokens that refresh themselves, and their inspection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from sandbox.accounts import Account
from sandbox.meta.graph import VERSION, refuse
from sandbox.routes import Call, Route, answer

LIFETIME: Final = 5_183_944
YOUNGEST: Final = 86_400


def refresh(grant: str, scope: str) -> Callable[[Call], web.Response]:
    """``GET /refresh_access_token``: the token must live, be a day old and have the scope."""

    def handle(call: Call) -> web.Response:
        if call.query.get("grant_type") != grant:
            raise refuse(100, f"(#100) grant_type must be {grant}")
        account = _live(call, call.query.get("access_token", ""))
        if account is None:
            raise refuse(190, "Error validating access token: Session has expired.", 463)
        if call.now - account.issued_at < YOUNGEST:
            raise refuse(100, "(#100) The token must be at least 24 hours old to be refreshed")
        if not account.allows(scope):
            raise refuse(10, f"(#10) The permission {scope} is no longer granted")
        call.world.accounts.renew(account, call.now, LIFETIME, rotate=False)
        return answer(_pair(account))

    return handle


def exchange(call: Call) -> web.Response:
    """A short token, or with ``fb_exchange_token`` a long one, for a long one."""
    given = call.field("fb_exchange_token") or call.field("access_token")
    account = _live(call, given)
    if account is None:
        raise refuse(190, "Error validating access token: Session has expired.", 463)
    call.world.accounts.renew(account, call.now, LIFETIME, rotate=False)
    return answer(_pair(account))


def inspect(call: Call) -> web.Response:
    """``GET /debug_token``: never a refusal for a token that is dead."""
    account = call.world.accounts.by_token.get((call.platform, call.query.get("input_token", "")))
    if account is None:
        fault = {"code": 190, "message": "Invalid OAuth access token."}
        return answer({"data": {"is_valid": False, "scopes": [], "error": fault}})
    dead = _dead(call, account)
    data: dict[str, Any] = {
        "type": "PAGE" if call.platform == "facebook" else "USER",
        "application": "Sandbox",
        "is_valid": dead is None,
        "scopes": sorted(account.scopes or ()),
        "issued_at": int(account.issued_at),
        "expires_at": int(account.expires_at or 0),
        "data_access_expires_at": int(account.since + 90 * 86_400),
        "user_id": account.id,
        "profile_id": account.id,
    }
    if dead is not None:
        data["error"] = {"code": 190, "message": "The token is dead.", "subcode": dead}
    return answer({"data": data})


def routes(refresh_route: Callable[[Call], web.Response] | None) -> tuple[Route, ...]:
    """With and without a version in the path."""
    handles: dict[str, Callable[[Call], web.Response]] = {
        "/access_token": exchange,
        "/oauth/access_token": exchange,
        "/debug_token": inspect,
    }
    if refresh_route is not None:
        handles["/refresh_access_token"] = refresh_route
    return (
        Route("POST", "/oauth/access_token", "refresh", exchange, authorised=False),
        *(
            Route("GET", f"{version}{path}", "refresh", handle, authorised=False)
            for path, handle in handles.items()
            for version in ("", VERSION)
        ),
    )


def _live(call: Call, token: str) -> Account | None:
    account = call.world.accounts.by_token.get((call.platform, token))
    return None if account is None or _dead(call, account) else account


def _dead(call: Call, account: Account) -> int | None:
    """The subcode of what killed it."""
    if account.revoked:
        return 458
    return 463 if account.expired(call.now) else None


def _pair(account: Account) -> dict[str, Any]:
    return {
        "access_token": account.token,
        "token_type": "bearer",
        "expires_in": LIFETIME,
        "permissions": ",".join(sorted(account.scopes or ())),
    }
