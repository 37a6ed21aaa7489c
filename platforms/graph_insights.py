"""What Meta's APIs share when figures are read: one publication a call, a list of named values, and
headers that tell how much of the limit is used.

There is nothing larger: the root edge ``GET /?ids=`` ends for all versions on 27 October 2026, and
each request inside a Graph batch counts as one against the limits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.analytics import count
from domain.cadence import Usage
from domain.content import ContentType, Json
from domain.failures import PermissionMissing
from platforms import graph, surveys
from platforms.adapter import MetricsFlow, Sought, Survey
from platforms.flow import Reply, Request, Step, call
from platforms.surveys import TIMEOUT, Asking, Found
from platforms.usage import meta_usage

BATCH: Final = 20


@dataclass(frozen=True, slots=True)
class Insights:
    """``told`` holds the single values by name; ``rows`` is the answer without its prose."""

    told: Mapping[str, int]
    rows: list[Json]
    usage: Usage | None

    def by_type(self, name: str) -> Mapping[str, int]:
        """A metric whose value is an object of counts."""
        rows = (row for row in self.rows if isinstance(row, dict) and row["name"] == name)
        value = _first(next(rows, {}))
        counts = value.items() if isinstance(value, dict) else ()
        return {kind: known for kind, given in counts if (known := count(given)) is not None}


def one_by_one(survey: Survey, ask: Callable[[Sought, Survey], Asking]) -> MetricsFlow:
    """As `surveys.one_by_one`; what is gone is not known any more, and of a story that too few
    have seen (code 10) nothing is told."""

    def forgiving(post: Sought, survey: Survey) -> Asking:
        try:
            found: Found = yield from ask(post, survey)
        except graph.Gone:
            return None, None
        except PermissionMissing as failure:
            if post.kind is not ContentType.STORY:
                raise
            return surveys.untold(failure), None
        return found

    return surveys.one_by_one(survey, forgiving)


def insights(path: str, metrics: Sequence[str], now: datetime) -> Generator[Step, Reply, Insights]:
    """``GET <path>?metric=…``."""
    query = {"metric": ",".join(metrics)}
    answer = yield from call(Request("GET", path, query=query, timeout=TIMEOUT))
    rows = [row for row in graph.rows(answer, now) if "name" in row]
    told = {str(row["name"]): known for row in rows if (known := count(_first(row))) is not None}
    return Insights(told, [_plain(row) for row in rows], meta_usage(answer.headers, now))


def _first(row: Mapping[str, Json]) -> Json:
    """Lifetime values stand in ``values``, those with breakdowns in ``total_value``."""
    values = row.get("values")
    first = values[0] if isinstance(values, list) and values else row.get("total_value")
    return first.get("value") if isinstance(first, dict) else None


def _plain(row: Mapping[str, Json]) -> Json:
    return {name: row[name] for name in ("name", "values", "total_value") if name in row}
