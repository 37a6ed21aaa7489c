"""The account: OAuth tokens, the member's profile, the organisations."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from sandbox.linkedin.wording import check, is_page, not_found, urn_of
from sandbox.routes import Call, answer

LIFETIME: Final = 5_184_000
REFRESH_LIFETIME: Final = 31_536_000
DEAD: Final = "The provided authorization grant or refresh token is invalid, expired or revoked"


def token(call: Call) -> web.Response:
    accounts, given = call.world.accounts, str(call.form.get("refresh_token"))
    account = accounts.refreshable("linkedin", given, call.now)
    partner = account is not None and account.traits.get("partner", True)
    complete = {"client_id", "client_secret", "grant_type"} <= set(call.form)
    if account is None or not partner or not complete:
        return answer({"error": "invalid_request", "error_description": DEAD}, 400)
    if account.refresh_expires_at is None:
        account.refresh_expires_at = account.since + REFRESH_LIFETIME
    accounts.renew(account, call.now, LIFETIME, rotate=False)
    return answer(
        {
            "access_token": account.token,
            "expires_in": LIFETIME,
            "refresh_token": account.refresh_token,
            "refresh_token_expires_in": int(account.refresh_expires_at - call.now),
            "scope": ",".join(sorted(account.scopes or {"w_member_social", "openid", "profile"})),
        }
    )


def introspect(call: Call) -> web.Response:
    account = call.world.accounts.by_token.get(("linkedin", str(call.form.get("token"))))
    if account is None:
        return answer({"active": False, "status": "revoked"})
    expired = account.expired(call.now)
    state = "revoked" if account.revoked else "expired" if expired else "active"
    return answer(
        {
            "active": state == "active",
            "status": state,
            "scope": ",".join(sorted(account.scopes or ())),
            "created_at": int(account.issued_at),
            "authorized_at": int(account.issued_at),
            "expires_at": int(account.expires_at or account.issued_at + LIFETIME),
            "client_id": call.form.get("client_id"),
            "auth_type": "3L",
        }
    )


def userinfo(call: Call) -> web.Response:
    account = call.account
    name = account.name or account.username
    first, _, last = name.partition(" ")
    return answer(
        {
            "sub": account.id.rpartition(":")[2],
            "name": name,
            "given_name": first,
            "family_name": last,
            "picture": account.avatar,
            "locale": {"country": "US", "language": "en"},
        }
    )


def organization(call: Call) -> web.Response:
    check(call)
    account = call.account
    if not is_page(account) or account.id.rpartition(":")[2] != call.path("id"):
        raise not_found(f"organization {call.path('id')}")
    return answer(
        {
            "id": int(call.path("id")),
            "localizedName": account.name or account.username,
            "vanityName": account.username,
            "logoV2": {"original": "urn:li:digitalmediaAsset:D4E", "cropped": account.avatar},
        }
    )


def organization_acls(call: Call) -> web.Response:
    check(call)
    elements: list[dict[str, Any]] = []
    if is_page(call.account):
        elements.append(
            {
                "organization": urn_of(call.account),
                "roleAssignee": "urn:li:person:782bbtaQ",
                "role": call.query.get("role", "ADMINISTRATOR"),
                "state": "APPROVED",
            }
        )
    return answer({"elements": elements, "paging": {"start": 0, "count": 10}})
