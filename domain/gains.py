"""What publications gained from one snapshot to the next: the rule of the view publication_gains,
for snapshots that are not in the database any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from domain.analytics import COUNTS

LOOK_BACK: Final = timedelta(days=70)

Gains = Mapping[str, int | None]


def gains(
    totals: Mapping[str, int | None], deltas: Mapping[str, Any] | None, age: timedelta
) -> dict[str, int | None]:
    """By count, from a snapshot's ``totals`` and its metrics_by_time. The first snapshot counts in
    full; when the one before it is too long ago, nothing is known."""
    if deltas is not None:
        return {name: _number(deltas.get(f"{name}_count")) for name in COUNTS}
    return {name: totals[f"{name}_count"] if age < LOOK_BACK else None for name in COUNTS}


def together(one: Gains, other: Gains) -> dict[str, int | None]:
    """The sums of what is known."""
    return {name: _sum(one.get(name), other.get(name)) for name in COUNTS}


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
