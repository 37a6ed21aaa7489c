"""Insights: the entries of an answer, and the days of a time series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.clock import seconds
from sandbox.ledger import Post
from sandbox.meta.graph import refuse, timestamp
from sandbox.routes import Call, answer

DAY: Final = 86_400.0


def metrics(call: Call, known: Iterable[str]) -> list[str]:
    """The metrics asked for. One that is not known fails the whole call. Raises Refused."""
    wanted = [name for name in call.query.get("metric", "").split(",") if name]
    unknown = sorted(set(wanted) - set(known))
    if unknown or not wanted:
        words = "(#100) The value must be a valid insights metric"
        raise refuse(100, f"{words}: {', '.join(unknown) or 'none is given'}")
    return wanted


def lifetime(node: str, name: str, value: Any) -> dict[str, Any]:
    return {**_entry(node, name, "lifetime"), "values": [{"value": value}]}


def total(node: str, name: str, value: Any) -> dict[str, Any]:
    return {**_entry(node, name, "day"), "total_value": {"value": value}}


def series(node: str, name: str, days: Iterable[tuple[float, int]]) -> dict[str, Any]:
    """``days`` are ends of days and what each came to."""
    values = [{"value": value, "end_time": timestamp(end)} for end, value in days]
    return {**_entry(node, name, "day"), "values": values}


def of_post(call: Call, post: Post, known: Mapping[str, str]) -> web.Response:
    """Lifetime figures of a post; ``known`` maps the platform's names to ours."""
    wanted = metrics(call, known)
    data = [lifetime(post.id, name, call.figure(post, known[name])) for name in wanted]
    return answer({"data": data})


def span(call: Call, usual_days: float, longest_days: float) -> tuple[float, float]:
    """From ``since`` to ``until``. Raises Refused if that is too long."""
    end = min(seconds(call.query.get("until", str(call.now))), call.now)
    start = seconds(call.query.get("since", str(end - usual_days * DAY)))
    if end - start > longest_days * DAY + 1:
        raise refuse(100, f"(#100) There cannot be more than {longest_days:.0f} days in between")
    return start, end


def by_day(call: Call, name: str, start: float, end: float) -> list[tuple[float, int]]:
    """What all posts of the account gained on each day of the span, with the day's end."""
    count = max(1, int((end - start) // DAY))
    edges = [start + number * DAY for number in range(count)]
    return [(edge + DAY, gained(call, name, edge, min(edge + DAY, end))) for edge in edges]


def gained(call: Call, name: str, start: float, end: float) -> int:
    """What all posts of the account gained from start to end."""
    of = call.world.growth.of
    return sum(
        of(post, name, end) - (of(post, name, start) if start > post.at else 0)
        for post in call.posts()
        if post.at < end
    )


def _entry(node: str, name: str, period: str) -> dict[str, Any]:
    return {
        "name": name,
        "period": period,
        "title": name.replace("_", " ").capitalize(),
        "description": name,
        "id": f"{node}/insights/{name}/{period}",
    }
