"""One account, looked after: its token refreshed ahead of its end, its profile read anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from db import budgets, upkeep
from db import tokens as token_rows
from db.engine import Engine
from db.upkeep import Figures, Kept
from domain.accounts import AccountStatus
from domain.budgets import Budget, budget_of
from domain.content import Platform
from domain.failures import (
    AccountUnusable,
    Failure,
    PermissionMissing,
    Throttled,
)
from domain.health import HELD_AGAINST, MOST, Sign, sign_of
from domain.upkeep import Keeping, again_after_failure
from platforms.adapter import Account, Adapter, Profile, ProfileFlow, Quota
from workers.asking import Question, ask
from workers.tokens import Token, TokenDesk

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Looks after accounts; any number of looks at one account do no harm."""

    engine: Engine
    adapters: Mapping[Platform, Adapter]
    tokens: TokenDesk
    draw: Callable[[], float]

    def look_after(self, account_id: UUID) -> None:
        """Do what is due. What the platform will not do for now is tried again later; only its own
        word that the connection has ended ends it."""
        kept = self._read(account_id)
        if kept is None or kept.status is not AccountStatus.ACTIVE:
            return
        try:
            self._look_after(kept)
        except PermissionMissing as failure:
            self._put_back(kept, Sign.NEUTRAL, self._next(kept, synced=True))
            log.info("upkeep.profile_closed", account=str(kept.id), code=failure.code)
        except AccountUnusable as failure:
            self._unusable(kept, failure)
        except Failure as failure:
            self._later(kept, failure)

    def refresh(self, account_id: UUID) -> datetime | None:
        """Fetch a new token now, whatever its age; when it ends. Raises what `TokenDesk.refreshed`
        does."""
        kept = self.known(account_id)
        self.tokens.refreshed(kept, self.adapters[kept.platform])
        return self.known(account_id).token_expires_at

    def check(self, account_id: UUID) -> Profile:
        """Ask the platform who the account is, and keep what it tells. Raises its `Failure`."""
        kept = self.known(account_id)
        adapter = self.adapters[kept.platform]
        return self._sync(kept, adapter, self.tokens.access_token(kept, adapter))

    def close(self) -> None:
        """Close the connections to the platforms."""
        self.tokens.transport.close()

    def _look_after(self, kept: Kept) -> None:
        adapter = self.adapters[kept.platform]
        keeping = self._keeping(kept)
        desk = self.tokens
        due = keeping.wants_refresh(kept.now)
        token = (desk.refreshed if due else desk.access_token)(kept, adapter)
        if keeping.wants_sync(kept.now):
            self._sync(kept, adapter, token)
        found = self.known(kept.id)
        self._put_back(found, Sign.GOOD, self._next(found), _warning(self._keeping(found), found))
        log.info(
            "upkeep.done",
            account=str(kept.id),
            platform=kept.platform,
            refreshed=due,
        )

    def _sync(self, kept: Kept, adapter: Adapter, token: Token) -> Profile:
        def read(account: Account) -> ProfileFlow:
            return adapter.profile(account, kept.now)

        profile = ask(self.tokens, Question(kept, adapter, read, Profile), token)
        figures = Figures(
            profile.username,
            profile.display_name,
            profile.avatar,
            profile.followers,
            profile.following,
            profile.posts,
        )
        with self.engine.connect() as connection:
            upkeep.save_profile(connection, kept.id, figures)
            if profile.quota is not None:
                budgets.keep_told(connection, kept.id, _told(kept, adapter, profile.quota))
        return profile

    def _unusable(self, kept: Kept, failure: AccountUnusable) -> None:
        """The connection has ended; or it will, when the token that is still good ends."""
        ends = kept.token_expires_at
        if ends is not None and ends > kept.now and self._keeping(kept).wants_refresh(kept.now):
            reason = f"it ends at {ends:%Y-%m-%d %H:%M:%S %Z}: {failure.message}"
            self._put_back(kept, Sign.BROKEN, ends, reason)
            return
        with self.engine.connect() as connection:
            token_rows.mark_unusable(
                connection,
                kept.id,
                status=HELD_AGAINST[failure.kind],
                reason=failure.message,
                setbacks=MOST,
                token_stored_at=kept.token_stored_at,
            )
        log.warning("upkeep.unusable", account=str(kept.id), kind=failure.kind)

    def _later(self, kept: Kept, failure: Failure) -> None:
        again = again_after_failure(kept.now, kept.condition.setbacks, self.draw())
        if isinstance(failure, Throttled):
            again = max(again, failure.until)
        self._put_back(kept, sign_of(failure.kind), again)
        log.info("upkeep.later", account=str(kept.id), kind=failure.kind)

    def _put_back(self, kept: Kept, sign: Sign, at: datetime, reason: str | None = None) -> None:
        with self.engine.connect() as connection:
            upkeep.put_back(connection, kept.id, kept.condition.after(sign), at, reason)

    def _next(self, kept: Kept, *, synced: bool = False) -> datetime:
        return self._keeping(kept, synced=synced).next_after(kept.now, self.draw())

    def _keeping(self, kept: Kept, *, synced: bool = False) -> Keeping:
        adapter = self.adapters[kept.platform]
        return Keeping(
            token_stored_at=kept.token_stored_at,
            expires_at=kept.token_expires_at,
            refreshable=is_refreshable(kept, adapter),
            refresh_age=adapter.refresh_age,
            last_synced_at=kept.now if synced else kept.last_synced_at,
            sync_every=adapter.sync_every,
        )

    def _read(self, account_id: UUID) -> Kept | None:
        with self.engine.connect() as connection:
            return upkeep.read(connection, account_id)

    def known(self, account_id: UUID) -> Kept:
        """The account as it stands. Raises `LookupError`."""
        kept = self._read(account_id)
        if kept is None:
            raise LookupError(f"account {account_id} is gone")
        return kept


def is_refreshable(kept: Kept, adapter: Adapter) -> bool:
    """Whether the platform gives a new token without the owner: never for Facebook Pages, nor for
    Instagram accounts that were connected by way of one; for X, LinkedIn and TikTok only with a
    refresh token, which Threads and Instagram do without."""
    elsewhere = adapter.host is not None and adapter.host(kept.metadata) != kept.platform
    if adapter.refresh_token is None or elsewhere:
        return False
    return kept.has_refresh_token or not adapter.needs_refresh_token


def _told(kept: Kept, adapter: Adapter, quota: Quota) -> Budget:
    return budget_of(kept.budget).learn(adapter.caps[0], quota.used, quota.total, kept.now)


def _warning(keeping: Keeping, kept: Kept) -> str | None:
    if not keeping.is_ending(kept.now):
        return None
    ends = kept.token_expires_at
    return f"its token ends at {ends:%Y-%m-%d %H:%M} UTC and cannot be refreshed: connect it again"
