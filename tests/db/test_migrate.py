"""Migrating is safe while everything runs, and any number of times at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from db import migrate
from db.engine import make_engine
from db.migrate import MigrationBlocked, SchemaOutdated, check_schema


def test_migrators_that_start_at_once_apply_each_migration_once(empty_database_url: str):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(migrate.migrate, [empty_database_url] * 4))
    applied = [name for names in done for name in names]
    assert sorted(applied) == sorted(set(applied))
    assert migrate.pending(empty_database_url) == []


def test_a_migration_that_cannot_lock_its_table_gives_up_and_says_so(
    database_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "0099_later.sql").write_text("ALTER TABLE posts ADD COLUMN later integer;")
    monkeypatch.setattr(migrate, "FOLDER", tmp_path)
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    with psycopg.connect(database_url) as holder:
        holder.execute("LOCK TABLE posts IN ACCESS SHARE MODE")
        with pytest.raises(MigrationBlocked, match="0099_later could not lock"):
            migrate.migrate(database_url)
        assert migrate.pending(database_url) == ["0099_later"]
    assert migrate.migrate(database_url) == ["0099_later"]


def test_code_newer_than_the_database_does_not_start(empty_database_url: str):
    engine = make_engine(empty_database_url, application_name="tests")
    with pytest.raises(SchemaOutdated, match="make migrate"):
        check_schema(engine)
    migrate.migrate(empty_database_url)
    check_schema(engine)
    assert migrate.pending(empty_database_url) == []
    engine.dispose()


def test_the_command_says_what_it_did(
    empty_database_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert migrate.main([]) == 1
    assert "DATABASE_URL is not set" in capsys.readouterr().err
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert migrate.main(["--check"]) == 2
    assert "missing 0001_types_and_tables" in capsys.readouterr().out
    assert migrate.main([]) == 0
    assert "applied 0005_rights" in capsys.readouterr().out
    assert migrate.main(["--check"]) == 0
    assert "up to date" in capsys.readouterr().out
