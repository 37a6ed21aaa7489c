"""What a migration and the check at start make of limits, rights and other versions."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.exc import ProgrammingError

from db import migrate
from db.engine import Engine, make_engine
from db.migrate import check_schema
from tests.make import value


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_spelling_of_the_url_will_do(scheme: str, database_url: str):
    url = f"{scheme}://{database_url.partition('://')[2]}"
    assert migrate.pending(url) == []
    engine = make_engine(url, application_name="tests")
    check_schema(engine)
    assert engine.dialect.driver == "psycopg"
    engine.dispose()


def test_a_schema_newer_than_the_code_is_fine(engine: Engine, connection: psycopg.Connection):
    connection.execute("INSERT INTO schema_migrations (name) VALUES ('9999_from_tomorrow')")
    check_schema(engine)
    assert migrate.pending(engine.url.render_as_string(hide_password=False)) == []


def test_a_migration_may_take_longer_than_the_logins_statements(
    database_url: str, connection: psycopg.Connection, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    name = sql.Identifier(database_url.rpartition("/")[2])
    connection.execute(sql.SQL("ALTER DATABASE {} SET statement_timeout = '100ms'").format(name))
    (tmp_path / "0099_slow.sql").write_text("SELECT pg_sleep(0.3);")
    monkeypatch.setattr(migrate, "FOLDER", tmp_path)
    assert migrate.migrate(database_url) == ["0099_slow"]


def test_a_migration_that_fails_leaves_nothing_of_itself(
    database_url: str, connection: psycopg.Connection, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "0099_broken.sql").write_text("CREATE TABLE half (); SELECT 1 / 0;")
    monkeypatch.setattr(migrate, "FOLDER", tmp_path)
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate.migrate(database_url)
    assert migrate.pending(database_url) == ["0099_broken"]
    assert value(connection, "SELECT to_regclass('half')") is None


def test_a_login_without_rights_is_told_so_and_not_to_migrate(
    engine: Engine, connection: psycopg.Connection
):
    connection.execute("REVOKE SELECT ON schema_migrations FROM publishing_app")
    engine = engine.execution_options()
    with engine.connect() as session:
        session.exec_driver_sql("SET ROLE publishing_app")
    with pytest.raises(ProgrammingError, match="permission denied"):
        check_schema(engine)
