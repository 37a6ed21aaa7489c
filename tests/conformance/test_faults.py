"""The table of platform x fault: what becomes of a post when a fault strikes any one of its calls.

Each flow is run once to count its calls, and then once for every fault at every call. The sandbox's
ledger is the judge: never is anything there twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from domain.content import ContentType, Platform
from tests.conformance.cases import FOLLOWED, TAKEN, Case, case
from tests.conformance.conftest import House, Sent

FLOWS: Final = [
    case(Platform.THREADS, ContentType.IMAGE, options=FOLLOWED[Platform.THREADS]),
    case(Platform.INSTAGRAM, ContentType.IMAGE, options=FOLLOWED[Platform.INSTAGRAM]),
    case(Platform.FACEBOOK, ContentType.TEXT),
    case(Platform.FACEBOOK, ContentType.REEL, options=FOLLOWED[Platform.FACEBOOK]),
    case(Platform.TIKTOK, ContentType.VIDEO),
    case(Platform.TIKTOK, ContentType.IMAGE),
    case(Platform.TWITTER, ContentType.IMAGE, options=FOLLOWED[Platform.TWITTER]),
    case(Platform.LINKEDIN, ContentType.IMAGE, options=FOLLOWED[Platform.LINKEDIN]),
]
# TikTok shows photos after moderation at best: what was surely not taken cannot be told from what
# is not to be seen yet, so a person is asked.
UNSEEN: Final = {(Platform.TIKTOK, ContentType.IMAGE)}


@dataclass(frozen=True)
class Outcome:
    """How a post ended: its status, the kind of its failure, and how often it is there."""

    status: str
    failure_kind: str | None
    posts: int

    def __str__(self) -> str:
        return f"{self.status}({self.failure_kind or 'fine'}) x{self.posts}"


FINE: Final = Outcome("published", None, 1)
ASKED: Final = Outcome("failed", "unconfirmed", 0)
BROKEN: Final[Mapping[str, Mapping[str, Any]]] = {
    "429": {"action": "throttle", "retry_after": 30},
    "500": {"action": "error", "status": 500},
    "reset": {"action": "drop_before"},
    "drop after accept": {"action": "drop_after"},
    "expired token": {"action": "expire_token"},
    "revoked token": {"action": "revoke_token"},
}
# Meta's tokens can be refreshed only while they are good, a Page's not at all.
CONTAINERS: Final = (Platform.THREADS, Platform.INSTAGRAM)
META: Final = {Platform.THREADS, Platform.INSTAGRAM, Platform.FACEBOOK}


def allowed(flow: Case, fault: str) -> set[Outcome]:
    """What may become of it, at whatever call the fault strikes. A post whose account has to be
    connected again waits for that; once its publishing call has left, it is asked about then."""
    if fault in ("500", "reset", "drop after accept") and (flow.platform, flow.kind) in UNSEEN:
        return {FINE, ASKED}
    if fault == "revoked token":
        return {FINE, *(Outcome("publishing", "token_revoked", posts) for posts in (0, 1))}
    if fault == "expired token" and flow.platform in META:
        return {FINE, *(Outcome("publishing", "token_expired", posts) for posts in (0, 1))}
    return {FINE}


def outcome(house: House, sent: Sent) -> Outcome:
    """How it ended. What was to follow a published post is there once, or its absence is said."""
    done = house.finish(sent)
    texts = house.followers(sent)
    assert len(texts) == len(set(texts))
    if done.status == "published" and done.error_message is None:
        assert len(texts) == len(sent.case.options)
    return Outcome(done.status, done.failure_kind, len(house.posts(sent)))


def calls_of(house: House, flow: Case, known: dict[str, int]) -> int:
    """How many calls the flow makes when all goes well; counted once."""
    if str(flow) not in known:
        before = house.calls(flow)
        assert outcome(house, house.send(flow)) == FINE
        known[str(flow)] = house.calls(flow) - before
    return known[str(flow)]


@pytest.fixture(scope="module")
def known() -> dict[str, int]:
    return {}


@pytest.mark.parametrize("flow", FLOWS, ids=str)
@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_at_any_call_ends_as_the_table_says(house: House, flow: Case, fault: str, known):
    house.set(processing_looks=0)
    found: dict[int, Outcome] = {}
    for place in range(calls_of(house, flow, known)):
        house.break_with(platform=flow.platform, skip=place, **BROKEN[fault])
        found[place] = outcome(house, house.send(flow))
        house.mend()
    assert set(found.values()) <= allowed(flow, fault), {k: str(v) for k, v in found.items()}


# What a member's image on LinkedIn is doing, nobody may look at.
WATCHED: Final = [flow for flow in FLOWS if flow.platform is not Platform.LINKEDIN]


@pytest.mark.parametrize("flow", WATCHED, ids=str)
def test_slow_processing_is_waited_for_and_costs_no_retry(house: House, flow: Case):
    house.break_with(platform=flow.platform, action="slow_processing", looks=2, seconds=0, times=0)
    sent = house.send(flow)
    done = house.finish(sent)
    assert (done.status, done.error_message, len(house.posts(sent))) == ("published", None, 1)
    assert done.retry_count == 0


@pytest.mark.parametrize(
    "flow", [flow for flow in FLOWS if flow.platform not in META and flow.media], ids=str
)
def test_an_expired_token_is_refreshed_once(house: House, flow: Case):
    account = house.account(flow)
    before = house.calls_to(flow, "token")
    house.break_with(platform=flow.platform, action="expire_token")
    for _ in range(2):
        assert house.finish(house.send(flow, account)).status == "published"
    assert house.calls_to(flow, "token") - before == 1


PROCESSED: Final = [
    taken
    for taken in TAKEN
    if taken.kind in (ContentType.VIDEO, ContentType.REEL)
    or (taken.kind is ContentType.CAROUSEL and taken.platform in CONTAINERS)
]


@pytest.mark.parametrize("taken", PROCESSED, ids=str)
def test_a_processing_failure_publishes_nothing_and_names_the_item(house: House, taken: Case):
    place = len(taken.media) - 1
    reason = {"reason": "INVALID_DURATION"} if taken.platform is Platform.THREADS else {}
    house.break_with(platform=taken.platform, action="fail_processing", skip=place, **reason)
    sent = house.send(taken)
    done = house.finish(sent)
    assert (done.status, done.failure_kind) == ("failed", "rejected")
    assert f"media[{place}]" in done.error_message
    assert house.posts(sent) == []


WITH_MEDIA: Final = [taken for taken in TAKEN if taken.media]


@pytest.mark.parametrize("taken", WITH_MEDIA, ids=str)
def test_truncated_media_publish_nothing_and_are_named(house: House, taken: Case):
    house.set(processing_looks=0)
    sent = house.send(taken, query="cut=200")
    done = house.finish(sent)
    assert done.status == "failed"
    assert f"media[{len(taken.media) - 1}]" in done.error_message
    assert house.posts(sent) == []
