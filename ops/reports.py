"""A summary of figures, as the command line shows it: from the cache when it has it, from the
database or its replica, and from the files of archived months."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from db import archived, reports, search
from db.engine import Engine
from db.reports import Question, Row, Scope
from domain.analytics import AnalyticsPeriod
from runtime.cache import Cache

TIMES: Final = ("recorded_at", "published_at", "last_synced_at")


@dataclass(frozen=True, slots=True)
class Summary:
    """``totals``: the publications of a post, or the accounts, as they stand; ``series``: what was
    gained bucket by bucket; ``top``: a user's posts."""

    totals: Sequence[Row]
    series: Sequence[Row]
    top: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Reader:
    """``archived`` adds the months that are in files."""

    engine: Engine
    cache: Cache
    now: datetime
    archived: bool = False

    def summary(self, question: Question, metric: str, top: int) -> Summary:
        """At most a minute old. Raises `FileDamaged` for an archived month."""
        key = _key(question, metric, top, self.archived)
        kept = _thawed(self.cache.get(key))
        if kept is not None:
            return kept
        found = self._asked(question, metric, top)
        self.cache.put(key, _frozen(found))
        return found

    def _asked(self, question: Question, metric: str, top: int) -> Summary:
        with self.engine.connect() as connection:
            is_post = question.scope is Scope.POST
            totals = search.publications(question.id) if is_post else reports.accounts(question)
            series = reports.rows(connection, reports.series(question, self.now))
            best = reports.top_posts(question, metric, top)
            found = Summary(
                totals=_plain(reports.rows(connection, totals)),
                series=_plain(series),
                top=_plain(reports.rows(connection, best)) if top else [],
            )
            followers = reports.rows(connection, reports.followers(question))
        if self.archived:
            found = Summary(found.totals, self._with_files(question, found.series), found.top)
        if question.scope is Scope.ACCOUNT and question.period is AnalyticsPeriod.DAILY:
            return Summary(found.totals, _joined(found.series, followers), found.top)
        return found

    def _with_files(self, question: Question, series: Sequence[Row]) -> Sequence[Row]:
        return archived.merged(archived.series(self.engine, question), series)


def _joined(series: Sequence[Row], followers: Sequence[Row]) -> Sequence[Row]:
    by_day = {row["recorded_at"]: row["followers_count"] for row in followers}
    return [{**row, "followers": by_day.get(row["recorded_at"])} for row in series]


def _plain(rows: Sequence[Row]) -> list[Row]:
    """Values as they come back from the cache, too."""
    return [{name: _value(value) for name, value in row.items()} for row in rows]


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Decimal):
        return float(value) if value.as_tuple().exponent else int(value)
    return str(value)


def _key(*asked: object) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def _frozen(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    return {
        part: [{name: plain(value) for name, value in row.items()} for row in rows]
        for part, rows in asdict(summary).items()
    }


def _thawed(kept: Any) -> Summary | None:
    """None for whatever is no summary."""

    def row(kept: dict[str, Any]) -> Row:
        return {**kept, **{name: _time(kept[name]) for name in TIMES if name in kept}}

    try:
        totals, series, top = (
            [row(one) for one in kept[part]] for part in ("totals", "series", "top")
        )
        return Summary(totals, series, top)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
