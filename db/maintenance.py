"""Upkeep of the tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

from db.engine import patient_transaction, transaction

MONTHS_AHEAD: Final = 3
REFRESH_WITHIN: Final = 600


def make_partitions(engine: Engine) -> list[str]:
    """Partitions of analytics for this month and the next three; returns those made now."""
    with transaction(engine) as connection:
        names = connection.execute(
            text("SELECT make_analytics_partitions(:months)"), {"months": MONTHS_AHEAD}
        )
        return list(names.scalars())


def refresh_days(engine: Engine, older_than: timedelta) -> bool:
    """Bring account_days up to date, unless it is younger than that or another process is at it;
    whether it was done."""
    with patient_transaction(engine, REFRESH_WITHIN) as connection:
        done = connection.execute(
            text("SELECT refresh_account_days(:older_than)"), {"older_than": older_than}
        )
        return bool(done.scalar_one())
