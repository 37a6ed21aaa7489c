"""The two variants: login by Instagram (A) or by Facebook (B), and their permissions."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from sandbox.accounts import Account
from sandbox.meta import graph
from sandbox.routes import Call

#: What each step needs; after ``instagram_business_`` in variant A, ``instagram_`` in B.
NEEDED: Final = {
    "prepare": "content_publish",
    "publish": "content_publish",
    "metrics": "manage_insights",
    "comment": "manage_comments",
    "delete": "manage_contents",
}


def by_facebook(account: Account) -> bool:
    return account.traits.get("login") == "facebook"


def admit(call: Call) -> web.Response | None:
    """The permission is granted, and what variant B asks for beyond it is there."""
    needed = NEEDED.get(call.step, "basic")
    prefix = "instagram_" if by_facebook(call.account) else "instagram_business_"
    if not call.account.allows(prefix + needed):
        words = f"(#10) Application does not have the permission {prefix}{needed}"
        return graph.error(10, words, status=403)
    if not by_facebook(call.account):
        return graph.ended(call)
    if "me" in (call.request.match_info.get("user"), call.request.match_info.get("node")):
        return graph.error(100, "Unsupported request. /me is not an Instagram account", subcode=33)
    return graph.admit(call)
