"""Charts of a series: bars in a terminal, or in a PNG or SVG file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import plotext
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from db.refusals import Refused

INK: Final = "#1f5fa8"
SIZE: Final = (9.0, 4.5)  # inches
DOTS: Final = 144  # an inch
WIDEST: Final = 0.8  # of the distance between two bars

Points = Sequence[tuple[datetime, int]]


def in_terminal(title: str, points: Points) -> str:
    """A text of about 80 columns, without colours."""
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(80, 16)
    figure.title(title)
    figure.draw(figure.bar([_label(at) for at, _ in points], [value for _, value in points]))
    return str(plotext.uncolorize(str(figure.build())))


def to_file(path: Path, title: str, unit: str, points: Points) -> None:
    """Raises `Refused` when the file cannot be written, or is neither a .png nor a .svg."""
    if path.suffix not in (".png", ".svg"):
        raise Refused("chart", f"{path} is neither a .png nor a .svg", "name the file so")
    figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained")
    axes = figure.subplots()
    places = [float(date2num(at)) for at, _ in points]
    steps = [later - sooner for sooner, later in pairwise(places)]
    axes.bar(
        places, [value for _, value in points], width=min(steps, default=1) * WIDEST, color=INK
    )
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_title(title, loc="left")
    axes.set_ylabel(unit)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(path)
    except OSError as fault:
        raise Refused("chart", f"{path} cannot be written ({fault.strerror})") from None


def _label(at: datetime) -> str:
    return f"{at:%m-%d %H:%M}" if at.hour else f"{at:%Y-%m-%d}"
