"""The long statements, one a file in ``db/sql``, each with a comment that says who calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import TextClause, text

_FOLDER: Final = Path(__file__).parent / "sql"


def statement(name: str) -> TextClause:
    """The statement of ``db/sql/<name>.sql``; its parameters are written ``:name``."""
    return text((_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
