"""The sandbox refuses what the platforms refuse, and counts what they would have accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

Client = httpx.Client
X = {"platform": "twitter", "id": "1", "token": "t", "username": "ada", "refresh_token": "r1"}
HEADERS = {"authorization": "Bearer t"}


@pytest.fixture
def client(sandbox_url: str) -> Iterator[Client]:
    with Client(base_url=sandbox_url, headers=HEADERS) as made:
        accounts = [
            X,
            *({**X, "platform": p} for p in ("threads", "facebook", "linkedin", "tiktok")),
        ]
        made.post("/_sandbox/accounts", json=accounts)
        yield made


def tweet(client: Client, text: str = "hello") -> httpx.Response:
    return client.post("/twitter/2/tweets", json={"text": text})


def ledger(client: Client) -> Any:
    return client.get("/_sandbox/ledger").json()


def fault(client: Client, **what: Any) -> None:
    client.post("/_sandbox/faults", json=what).raise_for_status()


def test_an_accepted_post_is_in_the_ledger_and_a_duplicate_is_refused(client: Client):
    assert tweet(client).status_code == 201
    again = tweet(client)
    assert (again.status_code, "duplicate" in again.text) == (403, True)
    assert ledger(client)["count"] == 1


def test_an_unknown_field_or_token_is_refused_in_the_platforms_words(client: Client):
    assert client.post("/twitter/2/tweets", json={"text": "a", "colour": 1}).status_code == 400
    stranger = {"authorization": "Bearer stranger"}
    x = client.post("/twitter/2/tweets", json={"text": "a"}, headers=stranger)
    assert (x.status_code, x.json()["title"]) == (401, "Unauthorized")
    meta = client.post("/threads/v1.0/1/threads", data={"text": "a"}, headers=stranger)
    assert meta.json()["error"]["code"] == 190
    assert client.post("/linkedin/rest/posts", json={}).status_code == 426


def test_a_dropped_answer_still_lands_in_the_ledger(client: Client):
    fault(client, platform="twitter", step="publish", action="drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        tweet(client)
    assert ledger(client)["count"] == 1


def test_a_dropped_request_does_not(client: Client):
    fault(client, platform="twitter", step="publish", action="drop_before")
    with pytest.raises(httpx.RemoteProtocolError):
        tweet(client)
    assert ledger(client)["count"] == 0


def test_an_outage_may_come_before_or_after_the_post_was_made(client: Client):
    fault(client, action="error", status=503)
    fault(client, action="error_after", status=500)
    assert [tweet(client).status_code, tweet(client).status_code] == [503, 500]
    assert ledger(client)["count"] == 1


def test_a_limit_comes_with_the_platforms_headers(client: Client):
    fault(client, platform="twitter", action="throttle", retry_after=60)
    refused = tweet(client)
    assert refused.status_code == 429
    assert refused.headers["x-rate-limit-remaining"] == "0"
    assert refused.headers["x-rate-limit-reset"].isdecimal()


def test_a_fault_can_wait_for_a_text_and_strikes_as_often_as_it_is_told(client: Client):
    fault(client, action="error", text_contains="bad", times=2)
    assert tweet(client, "good").status_code == 201
    assert [tweet(client, "bad luck").status_code for _ in range(3)] == [500, 500, 201]


def test_an_expired_token_works_again_once_refreshed_and_a_refresh_works_once(client: Client):
    client.post("/_sandbox/accounts", json={**X, "expires_in": 0})
    assert tweet(client).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": "r1"}
    fresh = client.post("/twitter/2/oauth2/token", data=form, auth=("id", "secret"))
    headers = {"authorization": f"Bearer {fresh.json()['access_token']}"}
    assert client.post("/twitter/2/tweets", json={"text": "a"}, headers=headers).is_success
    used = client.post("/twitter/2/oauth2/token", data=form, auth=("id", "secret"))
    assert used.status_code == 400


def test_a_container_is_not_public_until_it_is_published_once(client: Client):
    form = {"media_type": "IMAGE", "image_url": "https://x/a.jpg", "text": "hi"}
    made = client.post("/threads/v1.0/1/threads", data=form).json()["id"]
    early = client.post("/threads/v1.0/1/threads_publish", data={"creation_id": made})
    assert early.json()["error"]["error_subcode"] == 2207027
    states = [client.get(f"/threads/v1.0/{made}").json()["status"] for _ in range(2)]
    assert states == ["IN_PROGRESS", "FINISHED"]
    assert ledger(client)["count"] == 0
    assert client.post("/threads/v1.0/1/threads_publish", data={"creation_id": made}).is_success
    assert client.post("/threads/v1.0/1/threads_publish", data={"creation_id": made}).is_error
    assert ledger(client)["count"] == 1


def test_processing_can_be_told_to_fail(client: Client):
    fault(client, platform="threads", step="prepare", action="fail_processing")
    form = {"media_type": "TEXT", "text": "hi"}
    made = client.post("/threads/v1.0/1/threads", data=form).json()["id"]
    assert client.get(f"/threads/v1.0/{made}").json()["status"] == "ERROR"


def test_an_upload_has_to_continue_where_it_stopped(client: Client):
    body = {
        "post_info": {"title": "a", "privacy_level": "SELF_ONLY"},
        "source_info": {
            "source": "FILE_UPLOAD",
            "video_size": 10,
            "chunk_size": 5,
            "total_chunk_count": 2,
        },
    }
    made = client.post("/tiktok/v2/post/publish/video/init/", json=body).json()["data"]
    put = [
        client.put(made["upload_url"], content=b"x" * 5, headers={"content-range": r}).status_code
        for r in ("bytes 5-9/10", "bytes 0-4/10", "bytes 5-9/10")
    ]
    assert put == [416, 206, 201]
    assert ledger(client)["count"] == 1


def test_the_summary_finds_what_was_posted_twice(client: Client):
    for _ in range(2):
        form = {"url": "https://x/a.jpg", "caption": "twice"}
        client.post("/facebook/v25.0/1/photos", data=form).raise_for_status()
    found = client.get("/_sandbox/ledger", params={"summary": "1"}).json()
    assert (found["count"], found["distinct"]) == (2, 1)
    assert found["duplicates"][0]["times"] == 2
