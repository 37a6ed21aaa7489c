"""Snapshots in Parquet files: written and read by row groups, so that memory does not grow with the
month. Ids, enums and JSON are text, times microseconds in UTC."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from domain.archives import Tally, Value, fingerprint

GROUP_ROWS: Final = 20_000
GROUP_BYTES: Final = 32 << 20  # of JSON
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

_TIME: Final = pa.timestamp("us", "UTC")
SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "post_publication_id", "platform", "period")),
        ("recorded_at", _TIME),
        *((f"{name}_count", pa.int32()) for name in ("likes", "comments", "shares")),
        *((f"{name}_count", pa.int32()) for name in ("impressions", "reach", "clicks", "saves")),
        ("engagement_rate", pa.decimal128(5, 2)),
        *((name, pa.string()) for name in ("demographics", "metrics_by_time", "raw_data")),
        ("created_at", _TIME),
        ("updated_at", _TIME),
    ]
)
_JSON: Final = [SCHEMA.get_field_index(n) for n in ("demographics", "metrics_by_time", "raw_data")]

Row = Sequence[Any]


class FileDamaged(Exception):
    """A file is missing, cannot be read, or does not hold what was written into it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


def write(path: Path, batches: Iterable[Sequence[Row]]) -> Iterator[Tally]:
    """Write all rows, telling how far it is after each row group. The file appears under its name
    at the end, once it is whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    count = checksum = 0
    with pa.parquet.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for group in _groups(batches):
            writer.write_table(_table(group), row_group_size=len(group))
            count += len(group)
            checksum += sum(fingerprint(_plain(row)) for row in group)
            yield Tally(count, checksum)
    _sync(partial)
    partial.replace(path)
    _sync(path.parent)


def digest(path: str) -> str:
    """SHA-256 of the file. Raises `FileDamaged` when it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise FileDamaged(path, f"it cannot be read ({fault.strerror})") from None


def check(path: str, tally: Tally | None, sha256: str | None) -> None:
    """Raises `FileDamaged` unless the file is byte for byte the one that was written, and holds the
    rows that were read from the table."""
    if digest(path) != sha256:
        raise FileDamaged(path, "its SHA-256 is not the one that was recorded")
    with _readable(path):
        count = checksum = 0
        for batch in pa.parquet.ParquetFile(path).iter_batches(batch_size=GROUP_ROWS):
            count += batch.num_rows
            checksum += sum(fingerprint(row) for row in _rows(batch))
    if Tally(count, checksum) != tally:
        raise FileDamaged(path, "its rows are not those that were written")


def read(path: str, columns: Sequence[str], where: Any) -> Iterator[dict[str, Any]]:
    """The rows of a file that fit ``where`` (an expression of pyarrow), which skips row groups by
    their statistics. Raises `FileDamaged`."""
    with _readable(path):
        files = pa.dataset.dataset(path, schema=SCHEMA, format="parquet")
        for batch in files.to_batches(columns=list(columns), filter=where):
            yield from batch.to_pylist()


def _groups(batches: Iterable[Sequence[Row]]) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for batch in batches:
        group.extend(batch)
        size += sum(len(row[column] or "") for row in batch for column in _JSON)
        if len(group) >= GROUP_ROWS or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _table(rows: Sequence[Row]) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _plain(row: Row) -> list[Value]:
    return [
        (value - EPOCH) // MICROSECOND if isinstance(value, datetime) else value for value in row
    ]


def _rows(batch: Any) -> Iterator[Sequence[Value]]:
    columns = [
        (column.cast(pa.int64()) if column.type == _TIME else column).to_pylist()
        for column in batch.columns
    ]
    return zip(*columns, strict=True)


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as fault:
        why = str(fault).splitlines()[0]
        raise FileDamaged(path, f"it cannot be read ({why})") from None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
