"""Figures of posts on LinkedIn
(https://learn.microsoft.com/linkedin/marketing/community-management/organizations/share-statistics,
https://learn.microsoft.com/linkedin/marketing/community-management/members/post-statistics).

A Page's posts are read fifty a call, a member's one metric and one post a call.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Final
from urllib.parse import quote

from domain.analytics import NO_FIGURES, Figures, count
from domain.content import Json
from domain.failures import Rejected
from platforms.adapter import Findings, Metrics, MetricsFlow, Reading, Sought, Survey
from platforms.flow import Answer, Reply, Request, Step, Unreadable, call
from platforms.linkedin.api import headers
from platforms.linkedin.errors import URN, refusal
from platforms.surveys import TIMEOUT, Asking, one_by_one

BATCH: Final = 50
STATISTICS: Final = "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
MEMBER: Final = "/rest/memberCreatorPostAnalytics?q=entity"
LISTS: Final = {"share": "shares", "ugcPost": "ugcPosts"}
MEMBER_NAMES: Final = {"share": "share", "ugcPost": "ugc"}
MEMBER_METRICS: Final = {
    "impressions": "IMPRESSION",
    "reach": "MEMBERS_REACHED",
    "likes": "REACTION",
    "comments": "COMMENT",
    "shares": "RESHARE",
    "saves": "POST_SAVE",
}
NOT_THERE: Final = 404


def read(survey: Survey) -> MetricsFlow:
    if ":organization:" in survey.account.platform_user_id:
        return _page(survey)
    return one_by_one(survey, _member)


def _page(survey: Survey) -> MetricsFlow:
    """Posts without activity are left out of the answer: nothing is told of them, not zeros."""
    wanted = [post.id for post in survey.posts if URN.fullmatch(post.id)]
    if not wanted:
        return Findings({post.id: None for post in survey.posts})
    entity = quote(survey.account.platform_user_id, safe="")
    path = f"{STATISTICS}&organizationalEntity={entity}{_lists(wanted)}"
    answer = yield from call(Request("GET", path, headers=headers(survey.account), timeout=TIMEOUT))
    told = {
        str(row.get("share") or row.get("ugcPost")): _statistics(row)
        for row in _elements(answer, survey)
    }
    readings: dict[str, Reading | None] = {post.id: None for post in survey.posts}
    return Findings(readings | {urn: told.get(urn, Reading(NO_FIGURES, {})) for urn in wanted})


def _lists(urns: list[str]) -> str:
    found = ""
    for kind, name in LISTS.items():
        mine = [quote(urn, safe="") for urn in urns if f":{kind}:" in urn]
        found += f"&{name}=List({','.join(mine)})" if mine else ""
    return found


def _statistics(row: Mapping[str, Json]) -> Reading:
    told = row.get("totalShareStatistics")
    totals = told if isinstance(told, dict) else {}
    unique = totals.get("uniqueImpressionsCount", totals.get("uniqueImpressionsCounts"))
    figures = Figures(
        likes=count(totals.get("likeCount")),
        comments=count(totals.get("commentCount")),
        shares=count(totals.get("shareCount")),
        impressions=count(totals.get("impressionCount")),
        reach=count(unique),
        clicks=count(totals.get("clickCount")),
    )
    return Reading(figures, {"totalShareStatistics": totals})


def _member(post: Sought, survey: Survey) -> Asking:
    """A metric that LinkedIn does not have for a post, or not in this version, is not told."""
    told: dict[str, int | None] = {}
    for name, metric in MEMBER_METRICS.items():
        try:
            told[name] = yield from _metric(post, metric, survey)
        except Rejected as failure:
            if failure.status == NOT_THERE:
                return None, None
            told[name] = None
    figures = Figures(
        likes=told["likes"],
        comments=told["comments"],
        shares=told["shares"],
        impressions=told["impressions"],
        reach=told["reach"],
        saves=told["saves"],
    )
    return Reading(figures, {"counts": dict[str, Json](told)}), None


def _metric(post: Sought, metric: str, survey: Survey) -> Generator[Step, Reply, int | None]:
    kind = post.id.split(":")[2] if URN.fullmatch(post.id) else "share"
    entity = f"({MEMBER_NAMES[kind]}:{quote(post.id, safe='')})"
    path = f"{MEMBER}&entity={entity}&queryType={metric}&aggregation=TOTAL"
    answer = yield from call(Request("GET", path, headers=headers(survey.account), timeout=TIMEOUT))
    rows = _elements(answer, survey)
    return count(rows[0].get("count")) if rows else None


def _elements(answer: Answer, survey: Survey) -> list[Mapping[str, Json]]:
    if not answer.ok:
        raise refusal(answer, survey.now)
    rows = answer.json().get("elements")
    if not isinstance(rows, list):
        raise Unreadable(answer.status)
    return [row for row in rows if isinstance(row, dict)]


METRICS: Final = Metrics(BATCH, read)
