"""How LinkedIn's API is addressed: the version, URNs, and who posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from domain.content import Json
from platforms.flow import Job, Request

VERSION: Final = "202609"
HEADERS: Final = {"linkedin-version": VERSION, "x-restli-protocol-version": "2.0.0"}
FINDER: Final = {"x-restli-method": "FINDER"}


def author(job: Job) -> str:
    """The URN that posts: the account's ``author`` setting, or its id, as URN or of a person."""
    stored = str(job.account.metadata.get("author") or job.account.platform_user_id)
    return stored if stored.startswith("urn:") else f"urn:li:person:{stored}"


def is_page(job: Job) -> bool:
    """Whether a Page posts; a member's own posts cannot be read back."""
    return ":organization:" in author(job)


def get(job: Job, path: str, more: Mapping[str, str] | None = None) -> Request:
    return Request("GET", f"/rest/{path}", headers={**headers(job), **(more or {})})


def post(job: Job, path: str, body: Mapping[str, Json]) -> Request:
    return Request("POST", f"/rest/{path}", headers=headers(job), body=dict(body))


def encoded(urn: str) -> str:
    """A URN as part of a path or query."""
    return quote(urn, safe="")


def headers(job: Job) -> dict[str, str]:
    """LinkedIn retires each version after a year: the account's ``api_version`` (YYYYMM) replaces
    the one that this was written for."""
    version = job.account.metadata.get("api_version")
    return {**HEADERS, "linkedin-version": str(version)} if version else dict(HEADERS)
