"""Old months go into files; whatever happens on the way, every row is in the table or in a file
that holds what was written."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db import archives, parquet
from db.engine import Engine, make_engine
from domain.archives import Step
from ops.archive import bring_to_end
from tests.collecting import an_account_with
from tests.history import DAY, make_month, midnight, month_before, series
from tests.make import value
from tests.ops.conftest import Run

MONTH = datetime(2024, 3, 1, tzinfo=UTC)
DAYS = 25
TOLD = 10  # things that are told while one month of one row group is archived


@pytest.fixture
def old(connection: psycopg.Connection) -> list[UUID]:
    """Three publications with a snapshot on each of 25 days of a month long past."""
    make_month(connection, MONTH)
    _, made = an_account_with(connection, 3, age=midnight() - MONTH)
    for publication in made:
        series(connection, publication, MONTH, list(range(100, 100 + DAYS)))
    return made


def archive(publishing: Run, folder: Path) -> Any:
    return publishing("analytics", "archive", "--to", str(folder), "--json")


def in_table(session: psycopg.Connection) -> int:
    return int(value(session, "SELECT count(*) FROM analytics"))


def in_file(path: Path) -> list[dict[str, Any]]:
    return list(parquet.read(str(path), parquet.SCHEMA.names, None))


def file_of(folder: Path) -> Path:
    return folder / f"analytics_{MONTH:%Y_%m}.parquet"


def test_an_old_month_goes_into_a_file_and_out_of_the_table(
    publishing: Run, connection: psycopg.Connection, old: list[UUID], tmp_path: Path
):
    before = connection.execute(
        "SELECT id::text, likes_count, engagement_rate, raw_data::text, recorded_at FROM analytics"
    ).fetchall()
    ran = archive(publishing, tmp_path)
    assert ran.code == 0, ran.err
    (month,) = ran.document
    assert (month["month"], month["rows"]) == (f"{MONTH:%Y-%m}", 3 * DAYS)
    assert in_table(connection) == 0
    assert value(connection, "SELECT to_regclass(%s)", f"analytics_{MONTH:%Y_%m}") is None
    names = ("id", "likes_count", "engagement_rate", "raw_data", "recorded_at")
    rows = [tuple(row[name] for name in names) for row in in_file(file_of(tmp_path))]
    assert sorted(rows) == sorted(before)
    assert archive(publishing, tmp_path).document == []


def test_a_session_in_another_time_zone_archives_the_same_months(
    publishing: Run,
    database_url: str,
    connection: psycopg.Connection,
    old: list[UUID],
    tmp_path: Path,
):
    elsewhere = f"{database_url}?options=-c%20timezone%3DAmerica/New_York"
    ran = publishing(
        "analytics", "archive", "--to", str(tmp_path), "--json", DATABASE_URL=elsewhere
    )
    assert [month["month"] for month in ran.document] == [f"{MONTH:%Y-%m}"]
    rows = in_file(file_of(tmp_path))
    assert len(rows) == 3 * DAYS
    assert min(row["recorded_at"] for row in rows) == MONTH


def test_months_that_are_young_are_left_alone(
    publishing: Run, connection: psycopg.Connection, tmp_path: Path
):
    make_month(connection, month_before(13))
    make_month(connection, month_before(14))
    done = publishing("analytics", "archive", "--older-than", "13months", "--to", str(tmp_path))
    assert f"{month_before(14):%Y-%m}" in done.out
    assert f"{month_before(13):%Y-%m}" not in done.out
    for words in ("3months", "13 weeks"):
        ran = publishing("analytics", "archive", "--older-than", words, "--to", str(tmp_path))
        assert (ran.code, "older-than" in ran.err) == (1, True)


def killed_at(url: str, folder: Path, count: int) -> None:
    """Archive the month in this process, and kill it at the ``count``-th thing told."""
    told = []

    def tell(words: str) -> None:
        told.append(words)
        if len(told) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    bring_to_end(make_engine(url, application_name="killed"), MONTH, folder, tell)


@pytest.mark.parametrize("count", range(1, TOLD + 1))
def test_killed_at_any_point_nothing_is_lost_and_the_next_run_ends_it(
    count: int,
    engine: Engine,
    database_url: str,
    connection: psycopg.Connection,
    old: list[UUID],
    tmp_path: Path,
):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ops.archive", "tests.ops.test_archive"])
    process = context.Process(target=killed_at, args=(database_url, tmp_path, count))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    (state,) = archives.states(engine)
    if not state.detached:
        assert in_table(connection) == 3 * DAYS
    elif not state.dropped:
        assert value(connection, f"SELECT count(*) FROM {state.partition}") == 3 * DAYS
    if state.written:
        parquet.check(state.path, state.tally, state.sha256)
    bring_to_end(engine, MONTH, tmp_path, lambda _: None)
    (state,) = archives.states(engine)
    assert state.step is Step.NOTHING
    parquet.check(state.path, state.tally, state.sha256)
    assert len(in_file(file_of(tmp_path))) == 3 * DAYS
    assert in_table(connection) == 0


def test_one_month_tells_as_much_as_the_killing_test_believes(
    engine: Engine, old: list[UUID], tmp_path: Path
):
    told: list[str] = []
    bring_to_end(engine, MONTH, tmp_path, told.append)
    assert len(told) == TOLD


def stopped_before(engine: Engine, step: Step, folder: Path) -> None:
    """Bring the month so far that ``step`` is next."""

    class Enough(Exception):
        pass

    def tell(words: str) -> None:
        if words.endswith(f"{step}, not committed"):
            raise Enough

    with pytest.raises(Enough):
        bring_to_end(engine, MONTH, folder, tell)


@pytest.mark.parametrize("step", [Step.VERIFY, Step.DROP])
@pytest.mark.parametrize("harm", ["flipped", "cut off", "gone"])
def test_a_damaged_file_is_told_nothing_is_dropped_and_the_next_run_writes_it_anew(
    step: Step,
    harm: str,
    engine: Engine,
    publishing: Run,
    connection: psycopg.Connection,
    old: list[UUID],
    tmp_path: Path,
):
    stopped_before(engine, step, tmp_path)
    path = file_of(tmp_path)
    whole = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        path.write_bytes(flipped if harm == "flipped" else whole[:middle])
    ran = archive(publishing, tmp_path)
    assert ran.code == 1
    assert str(path) in ran.err
    assert "nothing was dropped" in ran.err
    partition = f"analytics_{MONTH:%Y_%m}"
    assert value(connection, f"SELECT count(*) FROM {partition}") == 3 * DAYS
    assert archive(publishing, tmp_path).code == 0
    assert len(in_file(path)) == 3 * DAYS


def test_rows_that_come_or_go_after_writing_are_noticed_before_the_month_is_detached(
    engine: Engine, connection: psycopg.Connection, old: list[UUID], tmp_path: Path
):
    stopped_before(engine, Step.DETACH, tmp_path)
    series(connection, old[0], MONTH + DAYS * DAY, [125])
    connection.execute("DELETE FROM analytics WHERE post_publication_id = %s", [old[1]])
    bring_to_end(engine, MONTH, tmp_path, lambda _: None)
    assert len(in_file(file_of(tmp_path))) == 2 * DAYS + 1


def test_two_processes_do_not_archive_one_month_at_once(
    engine: Engine, publishing: Run, old: list[UUID], tmp_path: Path
):
    archives.begin(engine, MONTH, str(file_of(tmp_path)))
    with archives.step(engine, MONTH):
        ran = archive(publishing, tmp_path)
    assert ran.code == 1
    assert "being archived by another process" in ran.err


def test_a_folder_that_cannot_be_written_to_is_told_and_another_is_taken_next_time(
    publishing: Run, connection: psycopg.Connection, old: list[UUID], tmp_path: Path
):
    (tmp_path / "file").touch()
    ran = archive(publishing, tmp_path / "file")
    assert (ran.code, "to: " in ran.err) == (1, True)
    assert in_table(connection) == 3 * DAYS
    assert archive(publishing, tmp_path / "folder").code == 0
    assert len(in_file(file_of(tmp_path / "folder"))) == 3 * DAYS
