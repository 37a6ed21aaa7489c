"""From what a platform told to what is stored: a pure decision for each publication of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from db.figures import ReadFigures
from db.syncs import DueSync
from domain.analytics import is_news
from domain.cadence import next_sync, periods
from platforms.adapter import Reading
from runtime.log import redact


def judged(batch: Sequence[DueSync], readings: Mapping[str, Reading | None]) -> list[ReadFigures]:
    """Those of the batch that were asked about."""
    return [
        _judged(due, readings[due.platform_post_id])
        for due in batch
        if due.platform_post_id in readings
    ]


def _judged(due: DueSync, reading: Reading | None) -> ReadFigures:
    """Without news it is read less often; not found several times, not any more."""
    series = due.series
    if reading is None:
        series = replace(series, missing=series.missing + 1)
    else:
        news = is_news(reading.figures, due.known)
        series = replace(series, missing=0, unchanged=0 if news else series.unchanged + 1)
    return ReadFigures(
        id=due.id,
        post_id=due.post_id,
        at=due.now,
        figures=reading.figures if reading else None,
        raw=redact(dict(reading.raw)) if reading else {},
        periods=periods(due.series, due.now, due.requested),
        next_sync_at=next_sync(series, due.now),
        unchanged=min(series.unchanged, 30_000),
        missing=series.missing,
        requested=due.requested,
    )
