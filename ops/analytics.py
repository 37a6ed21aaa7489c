"""The command that shows figures."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from db import accounts, users
from db.engine import Engine
from db.parquet import FileDamaged
from db.refusals import Refused
from db.reports import Question, Row, Scope
from domain.analytics import COUNTS, AnalyticsPeriod, bucket, next_bucket
from ops.content import id_of
from ops.environment import Environment
from ops.output import Output, plain
from ops.reports import Reader, Summary
from ops.times import since_of
from runtime import clock
from runtime.cache import Cache

TERMINAL: Final = "-"
HEADS: Final = {
    "totals": "as it stands",
    "series": "gained (UTC)",
    "top": "top posts of this time",
}


def analytics(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    now = clock.now()
    with closing(Cache.at(environment.redis_url())) as cache:
        engine = environment.reading()
        question = _question(options, engine, now)
        reader = Reader(engine, cache, now, archived=options.archived)
        summary = _summary(reader, question, options)
    if question.scope is Scope.POST and not summary.totals:
        raise Refused("post", f"{options.post} has no publications", "`publishing posts list`")
    if options.csv:
        _write_csv(summary)
    elif options.json:
        out.document({"scope": question.scope, "id": question.id, **_parts(summary)})
    else:
        _show(summary, out)
    if options.chart:
        _draw(options, question, summary, out)
    return 0


def _question(options: argparse.Namespace, engine: Engine, now: datetime) -> Question:
    """Whole buckets, so that the same question a minute later is the same."""
    period = AnalyticsPeriod(options.period)
    until = since_of(options.until, "until") if options.until else now
    since = since_of(options.since)
    if since >= until:
        raise Refused("since", f"{options.since} is not before the end", "ask for an earlier time")
    scope, found = _scope(options, engine)
    last = bucket(period, until - timedelta(microseconds=1))
    return Question(scope, found, period, bucket(period, since), next_bucket(period, last))


def _scope(options: argparse.Namespace, engine: Engine) -> tuple[Scope, UUID]:
    if options.post:
        return Scope.POST, id_of(options.post)
    if options.account:
        return Scope.ACCOUNT, accounts.find_account(engine, options.account)
    if options.user:
        return Scope.USER, users.find_user(engine, options.user)
    raise Refused("analytics", "whose?", "give --post, --account or --user")


def _summary(reader: Reader, question: Question, options: argparse.Namespace) -> Summary:
    top = options.top if question.scope is Scope.USER else 0
    try:
        return reader.summary(question, options.metric, top)
    except FileDamaged as fault:
        raise Refused("archived", str(fault), "bring the file back from a copy") from None


def _parts(summary: Summary) -> dict[str, Sequence[Row]]:
    return {"totals": summary.totals, "series": summary.series, "top": summary.top}


def _show(summary: Summary, out: Output) -> None:
    for words, rows in _parts(summary).items():
        if rows or words != "top":
            out.say(f"{HEADS[words]}:")
            out.rows(rows, empty="  nothing is known")
            out.say("")


def _write_csv(summary: Summary) -> None:
    names = list(summary.series[0]) if summary.series else ["recorded_at", "publications", *COUNTS]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in summary.series:
        writer.writerow([_cell(row[name]) for name in names])


def _cell(value: object) -> object:
    return plain(value) if isinstance(value, datetime) else value


def _draw(options: argparse.Namespace, question: Question, summary: Summary, out: Output) -> None:
    from ops import charts  # noqa: PLC0415  matplotlib takes a second to load

    metric: str = options.metric
    points = [(row["recorded_at"], row[metric]) for row in summary.series]
    known = [(at, value) for at, value in points if value is not None]
    if not known:
        raise Refused("chart", f"no {metric} are known in this time", "see --metric and --since")
    title = f"{metric} gained, {question.period}, of {question.scope} {question.id}"
    if options.chart == TERMINAL:
        out.say(charts.in_terminal(title, known))
    else:
        charts.to_file(Path(options.chart), title, metric, known)
        sys.stderr.write(f"{options.chart} is written\n")
