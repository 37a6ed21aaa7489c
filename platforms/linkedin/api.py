"""How LinkedIn's API is addressed: the version, URNs, and who posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from domain.content import Json
from platforms.adapter import Account
from platforms.flow import Request

VERSION: Final = "202609"
FINDER: Final = {"x-restli-method": "FINDER"}


def author(account: Account) -> str:
    """The URN that posts: as stored, or of a person with that id."""
    stored = account.platform_user_id
    return stored if stored.startswith("urn:") else f"urn:li:person:{stored}"


def is_page(account: Account) -> bool:
    """Whether a Page posts; a member's own posts cannot be read back."""
    return ":organization:" in account.platform_user_id


def get(account: Account, path: str, more: Mapping[str, str] | None = None) -> Request:
    return Request("GET", f"/rest/{path}", headers={**headers(account), **(more or {})})


def post(account: Account, path: str, body: Mapping[str, Json]) -> Request:
    return Request("POST", f"/rest/{path}", headers=headers(account), body=dict(body))


def encoded(urn: str) -> str:
    """A URN as part of a path or query."""
    return quote(urn, safe="")


def headers(account: Account) -> dict[str, str]:
    """LinkedIn retires each version after a year: the account's ``api_version`` (YYYYMM) replaces
    the one that this was written for."""
    version = account.metadata.get("api_version") or VERSION
    return {"linkedin-version": str(version), "x-restli-protocol-version": "2.0.0"}
