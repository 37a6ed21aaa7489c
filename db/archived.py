"""Figures of months that are in files only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import pyarrow.compute as pc
from sqlalchemy import Engine

from db import archives, parquet, reports
from db.reports import Question, Row
from domain.analytics import COUNTS
from domain.gains import gains, together

_COLUMNS: Final = (
    "post_publication_id",
    "recorded_at",
    "metrics_by_time",
    *(f"{name}_count" for name in COUNTS),
)


def series(engine: Engine, question: Question) -> list[Row]:
    """As `reports.series`, from the files. Raises `parquet.FileDamaged`."""
    with engine.connect() as connection:
        published = reports.published(connection, question)
    where = (
        pc.field("post_publication_id").isin(list(published))
        & (pc.field("period") == str(question.period))
        & (pc.field("recorded_at") >= question.since)
        & (pc.field("recorded_at") < question.until)
    )
    found: dict[datetime, Row] = {}
    for path in _paths(engine, question):
        _add(found, parquet.read(path, _COLUMNS, where), published)
    return [found[at] for at in sorted(found)]


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """Both in order; what both have of a bucket is added up."""
    found = {row["recorded_at"]: dict(row) for row in old}
    for row in new:
        _put(found, row["recorded_at"], row["publications"], row)
    return [found[at] for at in sorted(found)]


def _paths(engine: Engine, question: Question) -> list[str]:
    return [
        one.path
        for one in archives.states(engine)
        if one.detached and one.verified and question.since < one.end and one.month < question.until
    ]


def _add(
    found: dict[datetime, Row], rows: Iterable[Row], published: Mapping[str, datetime]
) -> None:
    for row in rows:
        deltas = row["metrics_by_time"]
        age = row["recorded_at"] - published[row["post_publication_id"]]
        told = gains(row, deltas and json.loads(deltas), age)
        _put(found, row["recorded_at"], 1, told)


def _put(
    found: dict[datetime, Row], at: datetime, publications: int, told: Mapping[str, Any]
) -> None:
    known = found.setdefault(at, {"recorded_at": at, "publications": 0})
    found[at] = {
        "recorded_at": at,
        "publications": known["publications"] + publications,
        **together(known, told),
    }
