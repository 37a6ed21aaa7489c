"""What commands print: tables for people, one JSON document for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Output:
    """Where and how to print. Colours go to terminals only, and NO_COLOR is obeyed."""

    as_json: bool

    def rows(self, rows: Sequence[Row], *, empty: str) -> None:
        """A table with a column for each field, or a JSON list."""
        if self.as_json:
            self.document(list(rows))
        elif not rows:
            self.say(empty)
        else:
            table = Table(*rows[0], box=None, pad_edge=False)
            for row in rows:
                table.add_row(*(Text(shown(value)) for value in row.values()))
            _console().print(table)

    def fields(self, row: Row) -> None:
        """One thing, a line for each field, or a JSON object."""
        if self.as_json:
            self.document(row)
            return
        width = max(map(len, row))
        for name, value in row.items():
            self.say(f"{name:<{width}}  {shown(value)}")

    def done(self, words: str, **fields: Any) -> None:
        """A sentence for people, the fields for programs."""
        if self.as_json:
            self.document(fields)
        else:
            self.say(words)

    def document(self, value: Any) -> None:
        sys.stdout.write(json.dumps(value, default=plain, indent=2) + "\n")

    def say(self, words: str) -> None:
        if not self.as_json:
            sys.stdout.write(f"{words}\n")


def plain(value: Any) -> Any:
    """A value in JSON's words."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return float(value) if hasattr(value, "as_tuple") else str(value)


def shown(value: Any) -> str:
    """A value in a table's words."""
    match value:
        case None:
            return "-"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{value:.3f}"
        case bool():
            return "yes" if value else "no"
    return str(value)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=1000, soft_wrap=True)
