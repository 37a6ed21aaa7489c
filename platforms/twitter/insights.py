"""Figures of posts on X: a hundred a call
(https://docs.x.com/x-api/fundamentals/metrics). Clicks are told for thirty days only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from domain.analytics import NO_FIGURES, Figures, count, total
from domain.cadence import Usage
from domain.content import Json
from platforms.adapter import Findings, Metrics, MetricsFlow, Reading, Survey
from platforms.flow import Answer, Request, Unreadable, call
from platforms.surveys import TIMEOUT
from platforms.twitter.errors import refusal
from platforms.twitter.verify import gone
from platforms.twitter.vocabulary import fields

BATCH: Final = 100
FIELDS: Final = ("public_metrics", "non_public_metrics", "created_at")
UNSEEN: Final = Reading(NO_FIGURES, {})
MORE: Final = ("quote_count", "user_profile_clicks", "engagements")


def read(survey: Survey) -> MetricsFlow:
    """``GET /2/tweets?ids=…``. What is not there is named among the errors of the same answer; of a
    post that may not be seen, which is named there too, nothing is told."""
    wanted = [post.id for post in survey.posts if post.id.isdecimal()]
    if not wanted:
        return Findings({post.id: None for post in survey.posts})
    query = {"ids": ",".join(wanted), **fields(survey.account, *FIELDS)}
    answer = yield from call(Request("GET", "/2/tweets", query=query, timeout=TIMEOUT))
    if not answer.ok:
        raise refusal(answer, survey.now)
    rows = answer.json().get("data", [])
    if not isinstance(rows, list):
        raise Unreadable(answer.status)
    told = {str(row.get("id")): _reading(row) for row in rows if isinstance(row, dict)}
    readings: dict[str, Reading | None] = {post.id: None for post in survey.posts}
    readings |= {post: told.get(post, UNSEEN) for post in wanted}
    return Findings(readings | dict.fromkeys(gone(answer)), _usage(answer))


def _reading(row: dict[str, Json]) -> Reading:
    public, private = _group(row, "public_metrics"), _group(row, "non_public_metrics")
    reposts = public.get("retweet_count", public.get("repost_count"))
    figures = Figures(
        likes=count(public.get("like_count")),
        comments=count(public.get("reply_count")),
        shares=total(count(reposts), count(public.get("quote_count"))),
        impressions=count(public.get("impression_count")),
        clicks=count(private.get("url_link_clicks")),
        saves=count(public.get("bookmark_count")),
        more={
            name: known
            for name in MORE
            if (known := count({**public, **private}.get(name))) is not None
        },
    )
    return Reading(figures, {"public_metrics": public, "non_public_metrics": private or None})


def _group(row: dict[str, Json], name: str) -> dict[str, Json]:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _usage(answer: Answer) -> Usage | None:
    """The quarter-hour window of this endpoint."""
    told = [answer.headers.get(f"x-rate-limit-{name}", "") for name in ("limit", "remaining")]
    reset = answer.headers.get("x-rate-limit-reset", "")
    if not all(value.isdecimal() for value in (*told, reset)) or int(told[0]) == 0:
        return None
    return Usage(1 - int(told[1]) / int(told[0]), datetime.fromtimestamp(int(reset), UTC))


METRICS: Final = Metrics(BATCH, read)
