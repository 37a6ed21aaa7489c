"""What is known of a month of snapshots on its way into a file, and what is done with it next."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

Value = str | int | Decimal | None

# The collector looks back 70 days, and the days of accounts go back 92.
LEAST_MONTHS: Final = 4


class Step(StrEnum):
    """What is done next."""

    WRITE = "write"
    VERIFY = "verify"
    DETACH = "detach"
    DROP = "drop"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows, and the sum of their fingerprints: equal for equal rows in any order."""

    rows: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Archive:
    """A month, from its first moment in UTC, and which steps are done."""

    month: datetime
    path: str
    tally: Tally | None = None
    sha256: str | None = None
    written: bool = False
    verified: bool = False
    detached: bool = False
    dropped: bool = False

    @property
    def step(self) -> Step:
        """The first that is not done. A file that was found damaged is written again, also when the
        table is detached already."""
        done = (self.written, self.verified, self.detached, self.dropped)
        return next(
            (step for step, is_done in zip(Step, done, strict=False) if not is_done), Step.NOTHING
        )

    @property
    def end(self) -> datetime:
        return months_before(self.month, -1)

    @property
    def partition(self) -> str:
        return f"analytics_{self.month:%Y_%m}"


def fingerprint(row: Sequence[Value]) -> int:
    """64 bits of a row, values as PostgreSQL spells them and times as microseconds since 1970; the
    database computes the same."""
    line = "|".join("~" if value is None else str(value) for value in row)
    return int.from_bytes(hashlib.sha256(line.encode()).digest()[:8], "big", signed=True)


def months_before(month: datetime, months: int) -> datetime:
    """The start of the month so many before ``month``."""
    count = month.year * 12 + month.month - 1 - months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=month.tzinfo)
