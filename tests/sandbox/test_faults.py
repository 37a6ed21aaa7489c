"""Whatever is to go wrong goes wrong in the platform's own words, and where it is told to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.client import Client
from tests.waiting import eventually

LINKEDIN = {
    "author": "urn:li:person:1",
    "commentary": "hello",
    "visibility": "PUBLIC",
    "distribution": {"feedDistribution": "MAIN_FEED"},
    "lifecycleState": "PUBLISHED",
}
TIKTOK = {
    "post_info": {"title": "hello", "privacy_level": "SELF_ONLY"},
    "source_info": {
        "source": "FILE_UPLOAD",
        "video_size": 9,
        "chunk_size": 9,
        "total_chunk_count": 1,
    },
}
#: The simplest call that makes something, for each platform.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "twitter": ("/twitter/2/tweets", {"json": {"text": "hello"}}),
    "threads": ("/threads/v1.0/1/threads", {"data": {"media_type": "TEXT", "text": "hello"}}),
    "instagram": ("/instagram/v25.0/1/media", {"data": {"image_url": "http://127.0.0.1:1/"}}),
    "facebook": ("/facebook/v25.0/1/feed", {"data": {"message": "hello"}}),
    "linkedin": (
        "/linkedin/rest/posts",
        {"json": LINKEDIN, "headers": {"linkedin-version": "202609"}},
    ),
    "tiktok": ("/tiktok/v2/post/publish/video/init/", {"json": TIKTOK}),
}
EXPECTED: dict[str, dict[str, tuple[int, Any]]] = {
    "throttle": {
        "twitter": (429, "Too Many Requests"),
        "threads": (400, 613),
        "instagram": (400, 80002),
        "facebook": (400, 80001),
        "linkedin": (429, 101),
        "tiktok": (429, "rate_limit_exceeded"),
    },
    "quota": {
        "twitter": (429, "Too Many Requests"),
        "threads": (400, 9),
        "instagram": (400, 9),
        "facebook": (400, 9),
        "linkedin": (429, 101),
        "tiktok": (403, "spam_risk_too_many_posts"),
    },
    "error": {
        "twitter": (500, "Service Unavailable"),
        "threads": (500, 2),
        "instagram": (500, 2),
        "facebook": (500, 2),
        "linkedin": (500, "INTERNAL_SERVER_ERROR"),
        "tiktok": (500, "internal_error"),
    },
    "forbid": {
        "twitter": (403, "Forbidden"),
        "threads": (403, 10),
        "instagram": (403, 10),
        "facebook": (403, 200),
        "linkedin": (403, 100),
        "tiktok": (401, "scope_not_authorized"),
    },
    "reject": {
        "twitter": (403, "Forbidden"),
        "threads": (400, 100),
        "instagram": (400, 100),
        "facebook": (400, 100),
        "linkedin": (422, "UNPROCESSABLE_ENTITY"),
        "tiktok": (403, "spam_risk_text"),
    },
    "duplicate": {
        "twitter": (403, "Forbidden"),
        "threads": (400, 506),
        "instagram": (400, 506),
        "facebook": (400, 506),
        "linkedin": (422, None),
        "tiktok": (403, "spam_risk"),
    },
    "expire_token": {
        "twitter": (401, "Unauthorized"),
        "threads": (401, 190),
        "instagram": (401, 190),
        "facebook": (401, 190),
        "linkedin": (401, 65602),
        "tiktok": (401, "access_token_invalid"),
    },
    "revoke_token": {
        "twitter": (401, "Unauthorized"),
        "threads": (401, 190),
        "instagram": (401, 190),
        "facebook": (401, 190),
        "linkedin": (401, 65601),
        "tiktok": (401, "access_token_invalid"),
    },
}


def make(client: Client, platform: str) -> httpx.Response:
    path, body = CALLS[platform]
    return client.http.post(path, **body)


def words(answer: httpx.Response) -> tuple[int, Any]:
    """Status and code, in whatever way the platform gives it."""
    body = answer.json()
    if "error" in body:
        return answer.status_code, body["error"]["code"]
    code = body.get("serviceErrorCode", body.get("code", body.get("title")))
    return answer.status_code, code


def tweet(client: Client, text: str = "hello") -> httpx.Response:
    return client.http.post("/twitter/2/tweets", json={"text": text})


def timeline(client: Client) -> Any:
    return client.http.get("/twitter/2/users/1/tweets").json().get("data", [])


@pytest.mark.parametrize("platform", CALLS)
@pytest.mark.parametrize("action", EXPECTED)
def test_a_refusal_is_in_the_platforms_words(action: str, platform: str, client: Client):
    client.fault(action, platform=platform)
    assert words(make(client, platform)) == EXPECTED[action][platform]
    assert client.ledger() == []


@pytest.mark.parametrize("platform", CALLS)
def test_no_fault_strikes_another_platform_or_account(platform: str, client: Client):
    other = "facebook" if platform == "twitter" else "twitter"
    client.fault("error", platform=platform, account="2", times=0)
    client.fault("error", platform=other, times=0)
    assert make(client, platform).status_code != 500


def test_a_fault_lets_calls_pass_and_goes_by_path_method_and_step(client: Client):
    client.fault("error", path=r"/append$", skip=2)
    client.fault("error", method="DELETE", status=503)
    film = {"media_type": "video/mp4", "total_bytes": 4, "media_category": "tweet_video"}
    base = "/twitter/2/media/upload"
    media = client.http.post(f"{base}/initialize", json=film).json()["data"]["id"]
    codes = [
        client.http.post(
            f"{base}/{media}/append", data={"segment_index": str(n)}, files={"media": b"x"}
        ).status_code
        for n in range(4)
    ]
    assert codes == [200, 200, 500, 200]
    assert tweet(client).is_success
    assert client.http.delete("/twitter/2/tweets/19").status_code == 503


def test_an_answer_of_ones_own_comes_before_or_after(client: Client):
    body = {"title": "CreditsDepleted", "type": "x/credits"}
    client.fault("respond", status=402, body=body, headers={"x-odd": "1"})
    client.fault("respond_after", status=504, body=None)
    first = tweet(client)
    assert (first.status_code, first.json(), first.headers["x-odd"]) == (402, body, "1")
    assert tweet(client).status_code == 504
    assert len(client.ledger()) == 1


def test_a_stall_gives_no_answer_whether_it_was_accepted_or_not(client: Client):
    client.fault("stall_before", text_contains="never")
    client.fault("stall", text_contains="made")
    for text in ("never", "made"):
        with pytest.raises(httpx.ReadTimeout):
            client.http.post("/twitter/2/tweets", json={"text": text}, timeout=0.3)
    assert [post["text"] for post in client.ledger()] == ["made"]


def test_a_call_that_is_held_up_is_no_part_of_what_comes_after_a_reset(client: Client):
    client.fault("delay", platform="twitter", seconds=0.5)
    with pytest.raises(httpx.ReadTimeout):
        client.http.post("/twitter/2/tweets", json={"text": "late"}, timeout=0.1)
    client.http.post("/_sandbox/reset").raise_for_status()
    eventually(lambda: client.http.get("/_sandbox/calls").json()["calls"])
    assert client.ledger() == []


def test_the_cap_of_the_day_shows_in_the_24_hour_headers_alone(client: Client):
    client.fault("quota", platform="twitter", retry_after=7200)
    refused = tweet(client)
    assert refused.headers["x-user-limit-24hour-remaining"] == "0"
    assert int(refused.headers["x-rate-limit-remaining"]) > 0


def test_the_platform_alters_a_text_or_shortens_its_links(client: Client):
    client.fault("alter_text", text_contains="one")
    client.fault("alter_text", text_contains="two", text="something else")
    client.fault("shorten_link", platform="threads")
    for text in ("one and the rest of it", "two"):
        tweet(client, text)
    form = {"media_type": "TEXT", "text": "see https://example.org/long", "auto_publish_text": "1"}
    client.http.post("/threads/v1.0/1/threads", data=form)
    shown = [post["shown"] for post in client.ledger()]
    assert shown[0] == "one and the rest"
    assert shown[1] == "something else"
    assert "https://lnk.example/" in shown[2]
    assert [post["text"] for post in timeline(client)] == ["something else", "one and the rest"]


def test_moderation_removes_a_post_and_lists_may_be_late(client: Client):
    client.fault("remove_after", text_contains="bad", seconds=60)
    client.fault("delay_listing", text_contains="slow", seconds=60)
    for text in ("bad", "slow"):
        tweet(client, text)
    assert [post["text"] for post in timeline(client)] == ["bad"]
    client.forward(61)
    assert [post["text"] for post in timeline(client)] == ["slow"]
    assert len(client.ledger()) == 2


def test_processing_is_slow_or_fails_for_a_reason(client: Client):
    client.fault("slow_processing", platform="threads", looks=2)
    client.fault("fail_processing", platform="threads", reason="INVALID_BIT_RATE")
    form = {"media_type": "VIDEO", "video_url": client.sample_url("a.mp4")}
    made = client.http.post("/threads/v1.0/1/threads", data=form).json()["id"]
    query = {"fields": "status,error_message"}
    found = [client.http.get(f"/threads/v1.0/{made}", params=query).json() for _ in range(4)]
    assert [look["status"] for look in found] == ["IN_PROGRESS"] * 3 + ["ERROR"]
    assert found[-1]["error_message"] == "INVALID_BIT_RATE"


def test_processing_takes_time_by_the_clock(client: Client):
    client.set(processing_looks=0, processing_seconds=60)
    form = {"media_type": "IMAGE", "image_url": client.sample_url("a.jpg")}
    made = client.http.post("/threads/v1.0/1/threads", data=form).json()["id"]
    address = f"/threads/v1.0/{made}?fields=status"
    assert client.http.get(address).json()["status"] == "IN_PROGRESS"
    client.forward(60)
    assert client.http.get(address).json()["status"] == "FINISHED"


def test_the_answer_of_a_refresh_is_lost_after_the_pair_was_rotated(client: Client):
    client.fault("drop_after", platform="twitter", account="1", step="refresh")
    form = {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "c"}
    with pytest.raises(httpx.RemoteProtocolError):
        client.bare.post("/twitter/2/oauth2/token", data=form)
    assert client.bare.post("/twitter/2/oauth2/token", data=form).status_code == 400


def test_a_fault_that_cannot_be_is_refused_with_the_field(client: Client):
    for wrong, field in (
        ({"action": "explode"}, "action"),
        ({"action": "error", "step": "later"}, "step"),
        ({"action": "error", "colour": 1}, "colour"),
    ):
        answer = client.http.post("/_sandbox/faults", json=wrong)
        assert answer.status_code == 400
        assert answer.text.startswith(f"{field}:")


def test_faults_are_listed_with_their_hits_and_taken_away(client: Client):
    client.fault("error", times=0)
    client.fault("throttle", times=0)
    tweet(client)
    first, second = client.http.get("/_sandbox/faults").json()["faults"]
    assert (first["hits"], second["hits"]) == (1, 0)
    client.http.delete("/_sandbox/faults", params={"id": first["id"]})
    assert tweet(client).status_code == 429
    client.http.delete("/_sandbox/faults")
    assert tweet(client).is_success
