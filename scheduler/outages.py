"""Notices when a platform is out as a whole, and when it is back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from db import outages
from db.engine import Engine
from domain.outages import WINDOW, Evidence, Sign, is_out, pause, sign

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OutageSense:
    """Safe to run anywhere, any number of times."""

    engine: Engine

    def run_once(self) -> None:
        """Judge the probes that are out, then look for new outages."""
        self._judge_probes()
        self._look()

    def _judge_probes(self) -> None:
        with self.engine.connect() as connection:
            for probe in outages.probes(connection):
                match sign(probe.events):
                    case Sign.BACK:
                        if outages.end_probe(connection, probe, None):
                            log.info("outage.over", platform=probe.platform)
                    case Sign.STILL_OUT:
                        longer = pause(probe.streak)
                        if outages.end_probe(connection, probe, longer):
                            seconds = longer.total_seconds()
                            log.warning("outage.lasts", platform=probe.platform, seconds=seconds)

    def _look(self) -> None:
        with self.engine.connect() as connection:
            for found in outages.evidence(connection, WINDOW):
                if is_out(found) and outages.begin(
                    connection, found.platform, pause(0), _reason(found)
                ):
                    log.warning(
                        "outage.begins",
                        platform=found.platform,
                        accounts=found.accounts,
                        setbacks=found.setbacks,
                        successes=found.successes,
                    )


def _reason(found: Evidence) -> str:
    return (
        f"an outage: {found.setbacks} calls for {found.accounts} accounts failed within a minute,"
        f" {found.successes} succeeded; one post at a time is sent to see whether it is over"
    )
