"""Figures: a table for people, a file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from rich.console import Console
from rich.table import Table

from dev.servers import LOCAL

FOLDER: Final = LOCAL / "bench"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach, and in which direction."""

    bound: float
    is_best: Literal["high", "low"]

    def met(self, value: float) -> bool:
        return value >= self.bound if self.is_best == "high" else value <= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that was measured."""

    name: str
    value: float
    unit: str
    target: Target | None = None


def show(case: str, settings: dict[str, Any], figures: Sequence[Figure]) -> bool:
    """Print the table and write ``.local/bench/<case>.json``; whether all targets were met."""
    told = " · ".join(f"{name} {value}" for name, value in settings.items())
    table = Table(title=f"{case}: {told}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("target")
    for figure in figures:
        table.add_row(figure.name, _plain(figure.value), figure.unit, _verdict(figure))
    Console(width=110).print(table)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{case}.json"
    document = {"case": case, "settings": settings, "figures": [_entry(one) for one in figures]}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path}")
    return all(figure.target.met(figure.value) for figure in figures if figure.target)


def _entry(figure: Figure) -> dict[str, Any]:
    entry = asdict(figure)
    if figure.target:
        entry["met"] = figure.target.met(figure.value)
    return entry


def _verdict(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = "≥" if figure.target.is_best == "high" else "≤"
    word = "met" if figure.target.met(figure.value) else "MISSED"
    return f"{sign} {_plain(figure.target.bound)} {word}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
