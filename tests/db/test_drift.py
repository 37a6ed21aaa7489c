"""schema.sql, the migrations, the models and the rules in Python all say the same."""

from __future__ import annotations

import re
from itertools import combinations_with_replacement
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect

from db.engine import Engine
from db.models import Base
from domain.content import Platform
from domain.states import MOVES, Status, roll_up
from tests.db.catalogue import catalogue
from tests.make import a_post, a_user, an_account, value

ROOT = Path(__file__).resolve().parents[2]
PARTITION = r"analytics_(default|\d{4}_\d\d)"


def test_schema_sql_and_the_migrations_lead_to_the_same_database(
    connection: psycopg.Connection, empty_database_url: str
):
    with psycopg.connect(empty_database_url) as session:
        session.execute((ROOT / "schema.sql").read_bytes())
        session.commit()
        whole = catalogue(session)
    migrated = catalogue(connection)
    for part, entries in whole.items():
        assert migrated[part] == entries, part
        assert entries, part


def test_the_models_mirror_every_table_and_column(engine: Engine):
    found = inspect(engine)
    tables = {name for name in found.get_table_names() if not re.fullmatch(PARTITION, name)}
    assert set(Base.metadata.tables) == tables
    for name, table in Base.metadata.tables.items():
        stored = {column["name"]: column for column in found.get_columns(name)}
        assert set(table.columns.keys()) == set(stored), name
        for column in table.columns:
            there = stored[column.name]
            assert column.nullable == there["nullable"], column
            dialect = engine.dialect
            assert column.type.compile(dialect) == there["type"].compile(dialect), column


@pytest.mark.parametrize("old", Status)
@pytest.mark.parametrize("new", Status)
def test_the_database_allows_the_moves_of_the_rules_and_no_other(
    old: Status, new: Status, connection: psycopg.Connection
):
    legal = value(connection, "SELECT is_legal_move(%s, %s)", old, new)
    assert legal == (old is new or new in MOVES[old])


def test_a_posts_status_follows_from_its_publications_as_the_rule_says(
    connection: psycopg.Connection,
):
    ends = (Status.PUBLISHING, Status.PUBLISHED, Status.FAILED, Status.CANCELLED)
    for outcome in combinations_with_replacement(ends, 3):
        user = a_user(connection)
        platforms = (Platform.THREADS, Platform.TWITTER, Platform.LINKEDIN)
        accounts = [an_account(connection, user, platform) for platform in platforms]
        post = a_post(connection, user, accounts)
        connection.execute("UPDATE posts SET status = 'publishing' WHERE id = %s", [post.id])
        connection.execute(
            "UPDATE post_publications SET status = 'publishing', next_attempt_at = now()"
            " WHERE post_id = %s",
            [post.id],
        )
        for publication, status in zip(post.publications.values(), outcome, strict=True):
            if status is not Status.PUBLISHING:
                connection.execute(
                    "UPDATE post_publications SET status = %s, next_attempt_at = NULL,"
                    " published_at = now(), platform_post_id = '1', failed_at = now(),"
                    " failure_kind = 'rejected' WHERE id = %s",
                    [status, publication],
                )
        status = value(connection, "SELECT status FROM posts WHERE id = %s", post.id)
        assert status == roll_up(outcome), outcome


def test_the_page_about_states_draws_every_move_and_no_other():
    page = (ROOT / "docs" / "states.md").read_text("utf-8")
    drawn = {line.strip() for line in page.splitlines() if "-->" in line and "[*]" not in line}
    assert drawn == {f"{old} --> {new}" for old, ends in MOVES.items() for new in ends}
