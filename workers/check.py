"""A look at what an account has published lately: load · send · decide · record.

It costs quota and proves only what is known already, so it is done beside publishing, never before
it: in the analytics workers, for many posts at once where the platform allows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from db import checks
from db.checks import Visit, Watched
from db.engine import Engine
from domain.content import Platform
from domain.failures import Failure, TokenExpired
from domain.liveness import Finding, Sight, judge_sight
from platforms.adapter import Account, Adapter, Lookup, Sightings
from platforms.transport import Transport
from workers.tokens import Credential, Token, TokenDesk
from workers.unfenced import UNFENCED

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks where a message says. One a process, used by all its threads."""

    engine: Engine
    adapters: Mapping[Platform, Adapter]
    transport: Transport
    tokens: TokenDesk

    def check(self, account_id: UUID, platform: Platform) -> None:
        """Look for what is due of the account, as many posts as one run takes. What cannot be
        told now is left to the next look."""
        adapter = self.adapters[platform]
        with self.engine.connect() as connection:
            visit = checks.take(connection, account_id, most=adapter.verify_batch)
        if visit is None:
            return
        seen = self._seen(visit, adapter)
        found = [(one, _judged(one, seen, visit)) for one in visit.watched]
        with self.engine.connect() as connection:
            checks.record(connection, found)
        for one, finding in found:
            if finding.removed:
                log.warning("check.removed", publication=str(one.id), platform=platform)

    def _seen(self, visit: Visit, adapter: Adapter) -> Sightings:
        credential = _credential(visit, adapter.platform)
        try:
            try:
                token = self.tokens.access_token(credential, adapter)
                return self._look(visit, adapter, token)
            except TokenExpired:
                return self._look(visit, adapter, self.tokens.refreshed(credential, adapter))
        except Failure as failure:
            log.info("check.untold", account=str(visit.account_id), kind=failure.kind)
            return Sightings()

    def _look(self, visit: Visit, adapter: Adapter, token: Token) -> Sightings:
        account = Account(visit.platform_user_id, visit.username, visit.metadata)
        lookup = Lookup(account, [one.platform_post_id for one in visit.watched], visit.now)
        host = adapter.host_of(visit.metadata)
        exchange = self.transport.exchange(adapter.platform, token.text, host)
        seen = exchange.run(adapter.verify(lookup), UNFENCED)
        if not isinstance(seen, Sightings):
            raise TypeError(f"a look at {adapter.platform} ended as {type(seen).__name__}")
        return seen


def _judged(one: Watched, seen: Sightings, visit: Visit) -> Finding:
    sight = Sight.UNTOLD
    if one.platform_post_id in seen.there:
        sight = Sight.THERE
    elif one.platform_post_id in seen.gone:
        sight = Sight.GONE
    return judge_sight(sight, one.watch, visit.now)


def _credential(visit: Visit, platform: Platform) -> Credential:
    return Credential(
        account_id=visit.account_id,
        platform=platform,
        username=visit.username,
        access_token=visit.access_token,
        expires_at=visit.token_expires_at,
        stored_at=visit.token_stored_at,
        now=visit.now,
    )
