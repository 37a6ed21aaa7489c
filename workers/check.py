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
from domain.failures import Failure
from domain.liveness import Finding, Sight, judge_sight
from platforms.adapter import Account, Adapter, Lookup, Sightings, VerifyFlow
from workers.asking import Question, ask
from workers.tokens import TokenDesk

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks where a message says. One a process, used by all its threads."""

    engine: Engine
    adapters: Mapping[Platform, Adapter]
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
        ids, now = [one.platform_post_id for one in visit.watched], visit.account.now

        def look(account: Account) -> VerifyFlow:
            return adapter.verify(Lookup(account, ids, now))

        try:
            return ask(self.tokens, Question(visit.account, adapter, look, Sightings))
        except Failure as failure:
            log.info("check.untold", account=str(visit.account.id), kind=failure.kind)
            return Sightings()


def _judged(one: Watched, seen: Sightings, visit: Visit) -> Finding:
    sight = Sight.UNTOLD
    if one.platform_post_id in seen.there:
        sight = Sight.THERE
    elif one.platform_post_id in seen.gone:
        sight = Sight.GONE
    return judge_sight(sight, one.watch, visit.account.now)
