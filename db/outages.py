"""Platforms that are out as a whole: what the ledger shows, the pause, and its one probe.

Every function is one statement; times are the database's. The rules are in `domain.outages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from db.statements import statement
from domain.attempts import AttemptEvent
from domain.content import Platform
from domain.outages import Evidence

TAIL: Final = 5000
PATIENCE: Final = timedelta(seconds=30)

_SETBACKS: Final = statement("setbacks")
_OPEN: Final = statement("open_outage")
_CLAIM: Final = statement("claim_probe")
_SET: Final = statement("set_probe")
_PROBES: Final = statement("probes")
_END: Final = statement("end_probe")


@dataclass(frozen=True, slots=True)
class Probe:
    """The publication that was sent to a platform that is out, and what has become of it;
    ``streak`` counts the pauses so far."""

    platform: Platform
    publication_id: UUID
    streak: int
    events: Sequence[AttemptEvent]


def evidence(connection: Connection, window: timedelta) -> list[Evidence]:
    """How the platforms that are not out have done within ``window``; none without a setback."""
    rows = connection.execute(_SETBACKS, {"window": window, "tail": TAIL})
    return [
        Evidence(Platform(row.platform), row.accounts, row.setbacks, row.successes) for row in rows
    ]


def begin(connection: Connection, platform: Platform, pause: timedelta, reason: str) -> bool:
    """Nothing is sent to the platform for ``pause``; False when that was known already."""
    values = {"platform": platform, "pause": pause, "reason": reason}
    return bool(connection.execute(_OPEN, values).all())


def claim_probes(connection: Connection) -> Mapping[Platform, bool]:
    """The platforms that are out; True for one to which the caller may send one publication now,
    and then has to call `set_probe`."""
    rows = connection.execute(_CLAIM, {"patience": PATIENCE})
    return {Platform(row.platform): row.mine for row in rows}


def set_probe(connection: Connection, platform: Platform, publication_id: UUID | None) -> None:
    """Which publication was sent as the probe; None: nothing waits for the platform."""
    connection.execute(_SET, {"platform": platform, "publication": publication_id})


def probes(connection: Connection) -> list[Probe]:
    """All probes that are out."""
    return [
        Probe(
            Platform(row.platform),
            row.probe_id,
            row.streak,
            [AttemptEvent(event) for event in row.events],
        )
        for row in connection.execute(_PROBES)
    ]


def end_probe(connection: Connection, probe: Probe, pause: timedelta | None) -> bool:
    """The probe has told: the platform is back, or (``pause``) is left alone for so long. False
    when another scheduler has acted on it."""
    values = {"platform": probe.platform, "publication": probe.publication_id, "pause": pause}
    return bool(connection.execute(_END, values).all())
