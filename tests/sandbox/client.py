"""A client of the sandbox as plain as can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

ACCOUNT = {"id": "1", "token": "t", "username": "ada", "refresh_token": "r1"}


@dataclass(frozen=True)
class Client:
    """``http`` sends the token of account 1, ``bare`` none."""

    http: httpx.Client
    bare: httpx.Client

    def know(self, platform: str, **more: Any) -> None:
        """An account of this platform; ``more`` replaces what it is otherwise."""
        entry = {**ACCOUNT, "platform": platform, **more}
        self.http.post("/_sandbox/accounts", json=entry).raise_for_status()

    def know_all(self, *platforms: str) -> None:
        entries = [{**ACCOUNT, "platform": platform} for platform in platforms]
        self.http.post("/_sandbox/accounts", json=entries).raise_for_status()

    def fault(self, action: str, **what: Any) -> None:
        body = {"action": action, **what}
        self.http.post("/_sandbox/faults", json=body).raise_for_status()

    def set(self, **settings: Any) -> None:
        self.http.post("/_sandbox/settings", json=settings).raise_for_status()

    def forward(self, seconds: float) -> None:
        """Put the clock of the platforms forward."""
        self.http.post("/_sandbox/clock", json={"advance": seconds}).raise_for_status()

    def at(self, time: str) -> None:
        """Set the clock of the platforms."""
        self.http.post("/_sandbox/clock", json={"now": time}).raise_for_status()

    def limit(self, platform: str, name: str, limit: int) -> None:
        body = {"platform": platform, "name": name, "limit": limit}
        self.http.post("/_sandbox/limits", json=body).raise_for_status()

    def ledger(self, **wanted: str) -> list[Any]:
        return list(self.http.get("/_sandbox/ledger", params=wanted).json()["posts"])

    def sample(self, name: str, **query: Any) -> bytes:
        """The bytes of a file that the sandbox makes."""
        return self.http.get(f"/_sandbox/media/{name}", params=query).raise_for_status().content

    def sample_url(self, name: str, **query: Any) -> str:
        return str(self.http.build_request("GET", f"/_sandbox/media/{name}", params=query).url)


def data(answer: httpx.Response) -> Any:
    """The ``data`` of an answer that must be a success."""
    return answer.raise_for_status().json()["data"]
