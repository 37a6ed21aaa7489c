"""Access tokens: opened for one run, and refreshed by one process at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from db import tokens as rows
from db.connected import Connected
from db.engine import Engine
from db.seal import Keyring
from db.tokens import Begun, SealedTokens
from domain.content import Platform
from domain.failures import Failure, NotReady, TokenExpired, TokenRevoked
from domain.upkeep import Keeping
from platforms.adapter import Adapter, Grant, Tokens
from platforms.transport import Transport
from runtime import clock
from runtime.settings import PlatformSettings
from workers.patience import insistently
from workers.unfenced import UNFENCED

EARLY: Final = timedelta(seconds=60)
AT_MOST_EVERY: Final = timedelta(seconds=60)
PATIENCE: Final = 10.0
LONGEST_FLIGHT: Final = 120.0
LOOK_EVERY: Final = 0.2
NEVER: Final = threading.Event()


@dataclass(frozen=True, slots=True)
class Token:
    """An access token in the clear, and when it was stored."""

    text: str = field(repr=False)
    stored_at: datetime


@dataclass(slots=True)
class TokenDesk:
    """Hands out access tokens of accounts; one a process. Raises `TokenUnreadable` for a token that
    cannot be decrypted, `TokenRevoked` for an account without one."""

    engine: Engine
    keyring: Keyring
    transport: Transport
    apps: Mapping[Platform, PlatformSettings]
    _flights: dict[UUID, Future[Token]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def access_token(self, account: Connected, adapter: Adapter) -> Token:
        """A token that is good for now, refreshed when it is about to end."""
        ends = account.token_expires_at
        if ends is not None and ends - account.now < EARLY and adapter.refresh_token is not None:
            return self.refreshed(account, adapter)
        text = self._opened(account, account.access_token)
        return Token(text, account.token_stored_at)

    def refreshed(self, account: Connected, adapter: Adapter) -> Token:
        """A newer token than the account's: the one that another thread or process fetched
        meanwhile, or one that is fetched now and stored before it is used. Raises `TokenExpired`
        when there can be none, `NotReady` when somebody else is at it for long, and what the
        adapter raises."""
        with self._lock:
            flight = self._flights.get(account.id)
            leads = flight is None
            if flight is None:
                flight = self._flights[account.id] = Future()
        if leads:
            self._lead(flight, account, adapter)
        try:
            return flight.result(timeout=LONGEST_FLIGHT)
        except TimeoutError:
            raise _in_other_hands() from None

    def _lead(self, flight: Future[Token], account: Connected, adapter: Adapter) -> None:
        """Do it for all threads that ask meanwhile."""
        try:
            flight.set_result(self._replaced(account, adapter))
        except BaseException as fault:  # noqa: BLE001  all who wait for it are told
            flight.set_exception(fault)
        finally:
            with self._lock:
                del self._flights[account.id]

    def _replaced(self, account: Connected, adapter: Adapter) -> Token:
        """Look for what others stored, or claim the refresh, until one of them is so."""
        seen = account.access_token
        if adapter.refresh_token is None or seen is None:
            raise TokenExpired(f"the token of @{account.username} has ended: connect it again")
        until = clock.monotonic() + PATIENCE
        while True:
            with self.engine.connect() as connection:
                stored = rows.read_tokens(connection, account.id)
                if stored.access_token != seen:
                    text = self._opened(account, stored.access_token)
                    if stored.access_token is None or text != self._opened(account, seen):
                        return Token(text, stored.stored_at)
                    seen = stored.access_token  # the same token, sealed with another key
                _check_age(account, adapter, stored)
                begun = rows.begin_refresh(connection, account.id, seen)
            if begun is not None:
                return self._fetched(account, seen, begun, adapter)
            if clock.monotonic() > until or clock.pause(LOOK_EVERY, NEVER):
                raise _in_other_hands()

    def _fetched(self, account: Connected, seen: str, begun: Begun, adapter: Adapter) -> Token:
        try:
            tokens = self._ask(account, seen, begun, adapter)
        except Failure as failure:
            if failure.status is not None:
                self._let_go(account, begun)
            raise _explained(failure, begun) from None
        stored_at = insistently(lambda: self._store(account, seen, tokens, adapter))
        if stored_at is None:  # connected anew meanwhile: what its owner stored is the newer one
            with self.engine.connect() as connection:
                stored = rows.read_tokens(connection, account.id)
            return Token(self._opened(account, stored.access_token), stored.stored_at)
        return Token(tokens.access_token, stored_at)

    def _ask(self, account: Connected, seen: str, begun: Begun, adapter: Adapter) -> Tokens:
        app = self.apps[account.platform]
        refresh = begun.refresh_token
        grant = Grant(
            access_token=self._opened(account, seen),
            refresh_token=refresh
            and self.keyring.open(refresh, row=account.id, column="refresh_token"),
            client_id=app.client_id,
            client_secret=app.client_secret,
            now=begun.now,
        )
        assert adapter.refresh_token is not None  # noqa: S101  the caller asked
        exchange = self.transport.exchange(account.platform, grant.access_token)
        answer = exchange.run(adapter.refresh_token(grant), UNFENCED)
        if not isinstance(answer, Tokens):
            raise TypeError(f"the refresh of {account.platform} ended as {type(answer).__name__}")
        return answer

    def _store(
        self, account: Connected, seen: str, tokens: Tokens, adapter: Adapter
    ) -> datetime | None:
        seal, row, refresh = self.keyring.seal, account.id, tokens.refresh_token
        keeping = Keeping(
            token_stored_at=account.now,
            expires_at=tokens.expires_at,
            refreshable=True,
            refresh_age=adapter.refresh_age,
            last_synced_at=None,
            sync_every=adapter.sync_every,
        )
        with self.engine.connect() as connection:
            return rows.store_tokens(
                connection,
                row,
                seen,
                access_token=seal(tokens.access_token, row=row, column="access_token"),
                refresh_token=refresh and seal(refresh, row=row, column="refresh_token"),
                expires_at=tokens.expires_at,
                upkeep_at=keeping.next_after(account.now, clock.draw()),
            )

    def _let_go(self, account: Connected, begun: Begun) -> None:
        with self.engine.connect() as connection:
            rows.end_refresh(connection, account.id, begun)

    def _opened(self, account: Connected, sealed: str | None) -> str:
        if sealed is None:
            raise TokenRevoked(f"account @{account.username} has no access token; connect it")
        return self.keyring.open(sealed, row=account.id, column="access_token")


def _check_age(account: Connected, adapter: Adapter, stored: SealedTokens) -> None:
    """A token that the platform refuses although it is new is not mended by another."""
    age, refreshed_at = account.now - stored.stored_at, stored.refreshed_at
    just_now = refreshed_at is not None and account.now - refreshed_at < AT_MOST_EVERY
    if just_now or age < adapter.refresh_age:
        raise TokenExpired(
            f"the platform refuses the token of @{account.username}, which is too new to be"
            " refreshed: connect the account again"
        )


def _in_other_hands() -> NotReady:
    return NotReady("another process refreshes the account's token", after=10)


def _explained(failure: Failure, begun: Begun) -> Failure:
    """A refresh token that works once is dead when the answer to its use was lost."""
    if begun.interrupted_at is None or not isinstance(failure, TokenRevoked):
        return failure
    return TokenRevoked(
        f"{failure.message} (a refresh was begun at {begun.interrupted_at:%Y-%m-%d %H:%M:%S %Z} and"
        " its answer never reached the database)",
        code=failure.code,
        status=failure.status,
        trace=failure.trace,
    )
