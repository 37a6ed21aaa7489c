"""Access tokens: opened for one run, and refreshed by one process at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from db.accounts import SealedTokens, locked_tokens, store_tokens
from db.engine import Engine
from db.leases import AccountRow, Held
from db.seal import Keyring
from domain.content import JsonObject, Platform
from domain.failures import TokenExpired, TokenRevoked
from platforms.flow import Adapter, Grant, Tokens
from platforms.transport import Transport
from runtime.settings import PlatformSettings

EARLY: Final = timedelta(seconds=60)


class _NoFence:
    """A refresh makes no post and keeps no checkpoint."""

    def announce(self) -> None:
        raise TypeError("a refresh publishes nothing")

    def save(self, _checkpoint: JsonObject, *, now: bool = False) -> None:  # noqa: ARG002  by the protocol
        raise TypeError("a refresh keeps no checkpoint")


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Hands out access tokens of accounts. Raises `TokenUnreadable` for one that cannot be
    decrypted, `TokenRevoked` for an account without one."""

    engine: Engine
    keyring: Keyring
    transport: Transport
    apps: Mapping[Platform, PlatformSettings]

    def access_token(self, held: Held, adapter: Adapter) -> str:
        """A token that is good for now, refreshed when it is about to end."""
        account = held.account
        ends = account.token_expires_at
        if ends is not None and ends - held.now < EARLY and adapter.refresh_token is not None:
            return self.refreshed(held, adapter)
        return self._opened(account, account.access_token)

    def refreshed(self, held: Held, adapter: Adapter) -> str:
        """A new token; the one that another process fetched meanwhile, if there is one. The pair
        is stored before it is used. Raises `TokenExpired` when the platform offers no refresh, and
        what the adapter raises."""
        if adapter.refresh_token is None:
            raise TokenExpired(
                f"account @{held.account.username}: its token has ended; connect it again"
            )
        with locked_tokens(self.engine, held.account.id) as (connection, stored):
            if stored.access_token != held.account.access_token:
                return self._opened(held.account, stored.access_token)
            tokens = self._ask(held, adapter, stored)
            store_tokens(connection, held.account.id, self._sealed(held.account, tokens))
        return tokens.access_token

    def _ask(self, held: Held, adapter: Adapter, stored: SealedTokens) -> Tokens:
        app = self.apps[held.platform]
        refresh = stored.refresh_token
        grant = Grant(
            access_token=self._opened(held.account, stored.access_token),
            refresh_token=refresh
            and self.keyring.open(refresh, row=held.account.id, column="refresh_token"),
            client_id=app.client_id,
            client_secret=app.client_secret,
            now=held.now,
        )
        assert adapter.refresh_token is not None  # noqa: S101  the caller asked
        exchange = self.transport.exchange(held.platform, grant.access_token)
        answer = exchange.run(adapter.refresh_token(grant), _NoFence())
        if not isinstance(answer, Tokens):
            raise TypeError(
                f"the refresh flow of {held.platform} ended with {type(answer).__name__}"
            )
        return answer

    def _opened(self, account: AccountRow, sealed: str | None) -> str:
        if sealed is None:
            raise TokenRevoked(f"account @{account.username} has no access token; connect it")
        return self.keyring.open(sealed, row=account.id, column="access_token")

    def _sealed(self, account: AccountRow, tokens: Tokens) -> SealedTokens:
        refresh = tokens.refresh_token
        return SealedTokens(
            self.keyring.seal(tokens.access_token, row=account.id, column="access_token"),
            refresh and self.keyring.seal(refresh, row=account.id, column="refresh_token"),
            tokens.expires_at,
        )
