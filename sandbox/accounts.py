"""The accounts that are connected, found by either of their tokens."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: What an entry may say of an account beyond its fields, and which platform asks for it.
TRAITS: Final = {
    "premium": "X: texts of up to 25,000 characters",
    "plan": "X: free (17 posts in 24 h) or basic (100), with the 24 hour headers",
    "credits": "X: 0 is answered 402",
    "login": "Instagram: instagram (the default) or facebook, the two variants of the API",
    "instagram": "Facebook: the id of the Instagram account that is linked to the Page",
    "partner": "LinkedIn: false is given no refresh token",
    "private": "TikTok: a private account, with other privacy levels",
    "unaudited": "TikTok: the application may post to private accounts with SELF_ONLY alone",
    "shared_links": "TikTok: hosts whose URLs are verified; all if not given",
}


@dataclass(slots=True)
class Account:
    """A connected account. Times are in seconds since 1970; ``scopes`` None: all of them."""

    platform: str
    id: str
    token: str
    username: str = "somebody"
    refresh_token: str | None = None
    expires_at: float | None = None
    refresh_expires_at: float | None = None
    issued_at: float = 0.0
    revoked: bool = False
    scopes: frozenset[str] | None = None
    name: str = ""
    avatar: str = "https://sandbox.example/avatar.jpg"
    followers: int = 120
    following: int = 4
    since: float = 0.0
    traits: dict[str, Any] = field(default_factory=dict)

    def allows(self, scope: str | None) -> bool:
        return scope is None or self.scopes is None or scope in self.scopes

    def expired(self, now: float) -> bool:
        return self.expires_at is not None and now >= self.expires_at


@dataclass(slots=True)
class Accounts:
    """All of them, by platform and token."""

    by_token: dict[tuple[str, str], Account] = field(default_factory=dict)
    by_refresh: dict[tuple[str, str], Account] = field(default_factory=dict)
    by_id: dict[tuple[str, str], Account] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def enrol(self, account: Account) -> None:
        """Know it from now on; the tokens it had before under this id are dead."""
        earlier = self.by_id.get((account.platform, account.id))
        if earlier is not None:
            self._forget(earlier)
        self.by_id[account.platform, account.id] = account
        self._remember(account)

    def renew(
        self, account: Account, now: float, lifetime: float, *, rotate: bool = True
    ) -> Account:
        """Give it a new access token and, with ``rotate``, a new refresh token."""
        self._forget(account)
        account.token = f"{account.id}-token-{next(self.numbers)}"
        if rotate:
            account.refresh_token = f"{account.id}-refresh-{next(self.numbers)}"
        account.issued_at, account.expires_at = now, now + lifetime
        self._remember(account)
        return account

    def refreshable(self, platform: str, token: str, now: float) -> Account | None:
        """Whose refresh token it is, if it still works."""
        found = self.by_refresh.get((platform, token))
        if found is None or found.revoked:
            return None
        late = found.refresh_expires_at is not None and now >= found.refresh_expires_at
        return None if late else found

    def _remember(self, account: Account) -> None:
        self.by_token[account.platform, account.token] = account
        if account.refresh_token is not None:
            self.by_refresh[account.platform, account.refresh_token] = account

    def _forget(self, account: Account) -> None:
        self.by_token.pop((account.platform, account.token), None)
        self.by_refresh.pop((account.platform, str(account.refresh_token)), None)


PLAIN: Final = {
    *("platform", "id", "token", "username", "refresh_token", "revoked", "name", "avatar"),
    *("followers", "following"),
}
TIMES: Final = {"expires_in": "expires_at", "refresh_expires_in": "refresh_expires_at"}


def read(entry: Mapping[str, Any], now: float) -> Account:
    """An account from its JSON. Raises ValueError with the name of a field that is not known.

    ``expires_in`` and ``refresh_expires_in`` are seconds from now, ``token_age`` seconds ago.
    """
    known = {*PLAIN, *TIMES, *TRAITS, "token_age", "scopes"}
    unknown = sorted(set(entry) - known)
    if unknown:
        raise ValueError(f"{unknown[0]}: unknown; an account has {', '.join(sorted(known))}")
    missing = [name for name in ("platform", "id", "token") if not entry.get(name)]
    if missing:
        raise ValueError(f"{missing[0]}: missing")
    given = {name: entry[name] for name in PLAIN if name in entry}
    given |= {
        column: now + float(entry[name])
        for name, column in TIMES.items()
        if entry.get(name) is not None
    }
    scopes = entry.get("scopes")
    return Account(
        **given,
        issued_at=now - float(entry.get("token_age", 2 * 86_400)),
        since=now,
        scopes=None if scopes is None else frozenset(scopes),
        traits={name: entry[name] for name in TRAITS if name in entry},
    )
