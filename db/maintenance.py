"""Upkeep of the tables."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, text

from db.engine import transaction

MONTHS_AHEAD: Final = 3


def make_partitions(engine: Engine) -> list[str]:
    """Partitions of analytics for this month and the next three; returns those made now."""
    with transaction(engine) as connection:
        names = connection.execute(
            text("SELECT make_analytics_partitions(:months)"), {"months": MONTHS_AHEAD}
        )
        return list(names.scalars())
