"""The command that moves old months of analytics into Parquet files."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import tenacity

from db import archives, parquet
from db.archives import TableBusy
from db.engine import Connection, Engine
from db.parquet import FileDamaged
from db.refusals import Refused
from domain.analytics import AnalyticsPeriod, bucket
from domain.archives import LEAST_MONTHS, Archive, Step, Tally, months_before
from ops.environment import Environment
from ops.output import Output
from runtime import clock

TRIES: Final = 20
STEPS_A_MONTH: Final = 9

Tell = Callable[[str], None]


def archive(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    """1 when a month could not be brought to its end."""
    engine, folder = environment.engine(), Path(options.to).resolve()
    this_month = bucket(AnalyticsPeriod.MONTHLY, clock.now())
    before = months_before(this_month, _months(options.older_than))
    done: list[dict[str, Any]] = []
    for month in archives.archivable(engine, before):
        try:
            done.append(_shown(bring_to_end(engine, month, folder, _progress)))
        except FileDamaged as fault:
            raise Refused(
                "archive",
                str(fault),
                "nothing was dropped; run this again, and it is written anew from the table",
            ) from None
        except OSError as fault:
            raise Refused("to", f"{folder} cannot be written to ({fault.strerror})") from None
    out.rows(done, empty=f"no month before {before:%Y-%m} is left to archive")
    return 0


def bring_to_end(engine: Engine, month: datetime, folder: Path, tell: Tell) -> Archive:
    """Do the steps that are left of ``month``, once more when its rows changed in between. A file
    that is written now goes to ``folder``; ``tell`` hears of each thing done. Raises `FileDamaged`,
    `OSError` when it cannot be written, and `Refused`."""
    path = folder / f"analytics_{month:%Y_%m}.parquet"
    archives.begin(engine, month, str(path))
    for _ in range(STEPS_A_MONTH):
        archive = _step(engine, month, path, tell)
        if archive.step is Step.NOTHING:
            return archive
    raise Refused("archive", f"the rows of {month:%Y-%m} keep changing", "see who writes them")


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(TableBusy),
    stop=tenacity.stop_after_attempt(TRIES),
    wait=tenacity.wait_random(0.1, 1.0),
    retry_error_callback=lambda _: _busy(),
)
def _step(engine: Engine, month: datetime, path: Path, tell: Tell) -> Archive:
    """Do what is next; the month as it was before."""
    with archives.step(engine, month) as (connection, archive):
        if archive.step is Step.NOTHING:
            return archive
        damage = _do(connection, archive, path, tell)
        tell(f"{archive.partition}: {archive.step}, not committed")
    if damage is not None:
        raise damage
    tell(f"{archive.partition}: {archive.step}, done")
    return archive


def _do(connection: Connection, archive: Archive, path: Path, tell: Tell) -> FileDamaged | None:
    """A file that turns out damaged is remembered as not written; the rows are still there."""
    try:
        match archive.step:
            case Step.WRITE:
                _write(connection, archive, path, tell)
            case Step.VERIFY:
                parquet.check(archive.path, archive.tally, archive.sha256)
                archives.record_verified(connection, archive)
            case Step.DETACH:
                archives.detach(connection, archive)
            case Step.DROP:
                parquet.check(archive.path, archive.tally, archive.sha256)
                archives.drop(connection, archive)
    except FileDamaged as damage:
        archives.record_unwritten(connection, archive)
        return damage
    return None


def _write(connection: Connection, archive: Archive, path: Path, tell: Tell) -> None:
    tally = Tally(0, 0)
    for tally in parquet.write(path, archives.rows(connection, archive)):
        tell(f"{archive.partition}: {tally.rows} rows so far")
    tell(f"{archive.partition}: the file is whole")
    archives.record_written(connection, archive, str(path), tally, parquet.digest(str(path)))


def _busy() -> Archive:
    raise Refused(
        "archive",
        "a table was locked by others all the time",
        "end the long transaction that holds it",
    )


def _months(text: str) -> int:
    found = re.fullmatch(r"(\d{1,3}) ?months?", text)
    if not found:
        raise Refused("older-than", f"{text} is no number of months", "write 13months")
    if int(found.group(1)) < LEAST_MONTHS:
        raise Refused("older-than", f"{text} are still in use", f"{LEAST_MONTHS}months or more")
    return int(found.group(1))


def _shown(archive: Archive) -> dict[str, Any]:
    path = Path(archive.path)
    return {
        "month": f"{archive.month:%Y-%m}",
        "rows": archive.tally and archive.tally.rows,
        "bytes": path.stat().st_size if path.exists() else None,
        "file": archive.path,
    }


def _progress(words: str) -> None:
    if not words.endswith("not committed"):
        sys.stderr.write(f"{words}\n")
