"""Reading a stretch of time touches the partitions of that time only, by their indexes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from db import reports
from db.engine import Engine
from db.reports import Question, Scope
from domain.analytics import AnalyticsPeriod
from tests.collecting import an_account_with
from tests.db.test_search import buffers, plan
from tests.history import DAY, make_month, midnight, month_before
from tests.make import value


@pytest.fixture
def ten_months(connection: psycopg.Connection) -> UUID:
    """20 publications with a snapshot a day for ten months. The account."""
    for months in range(1, 11):
        make_month(connection, month_before(months))
    first = month_before(10)
    account, _ = an_account_with(connection, 20, age=midnight() - first)
    connection.execute(
        "INSERT INTO analytics (post_publication_id, platform, period, recorded_at, likes_count)"
        " SELECT id, platform, 'daily', at, 1 FROM post_publications,"
        " generate_series(%s::timestamptz, %s::timestamptz, '1 day') AS at",
        [first, midnight()],
    )
    connection.execute("VACUUM ANALYZE analytics")
    return account.id


@pytest.mark.parametrize("scope", Scope)
def test_a_month_reads_its_own_partitions_only(
    scope: Scope, engine: Engine, connection: psycopg.Connection, ten_months: UUID
):
    whose = {
        Scope.POST: value(connection, "SELECT post_id FROM post_publications LIMIT 1"),
        Scope.ACCOUNT: ten_months,
        Scope.USER: value(connection, "SELECT user_id FROM social_accounts"),
    }
    start = month_before(5)
    question = Question(
        scope, whose[scope], AnalyticsPeriod.DAILY, start, start + timedelta(days=27)
    )
    nodes = plan(engine, reports.series(question, midnight()), seqscan="off")
    read = {node.get("Relation Name", "") for node in nodes if "Relation Name" in node}
    assert {name for name in read if name.startswith("analytics")} == {f"analytics_{start:%Y_%m}"}
    assert nodes[0]["Actual Rows"] == 27
    if scope is Scope.POST:
        assert buffers(nodes) < 60


def test_the_month_of_an_account_is_read_from_its_ready_days(engine: Engine, ten_months: UUID):
    question = Question(
        Scope.ACCOUNT, ten_months, AnalyticsPeriod.DAILY, midnight() - 30 * DAY, midnight()
    )
    nodes = plan(engine, reports.series(question, midnight()), seqscan="off")
    assert {node["Relation Name"] for node in nodes if "Relation Name" in node} == {"account_days"}
