"""What holds for every platform: the ledger, faults, tokens, the clock, sample media."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.client import Client


def tweet(client: Client, text: str = "hello") -> httpx.Response:
    return client.http.post("/twitter/2/tweets", json={"text": text})


def test_an_accepted_post_is_in_the_ledger_and_a_duplicate_is_refused(client: Client):
    assert tweet(client).status_code == 201
    again = tweet(client)
    assert (again.status_code, "duplicate" in again.text) == (403, True)
    assert len(client.ledger()) == 1


def test_an_unknown_token_is_refused_in_the_platforms_words(client: Client):
    stranger = {"authorization": "Bearer stranger"}
    x = client.http.post("/twitter/2/tweets", json={"text": "a"}, headers=stranger)
    assert (x.status_code, x.json()["title"]) == (401, "Unauthorized")
    meta = client.http.post("/threads/v1.0/1/threads", data={"text": "a"}, headers=stranger)
    assert meta.json()["error"]["code"] == 190
    tiktok = client.http.post("/tiktok/v2/post/publish/status/fetch/", headers=stranger)
    assert tiktok.json()["error"]["code"] == "access_token_invalid"
    linkedin = client.http.post("/linkedin/rest/posts", json={}, headers=stranger)
    assert linkedin.json()["serviceErrorCode"] == 65600


def test_a_dropped_answer_still_lands_in_the_ledger(client: Client):
    client.fault("drop_after", platform="twitter", step="publish")
    with pytest.raises(httpx.RemoteProtocolError):
        tweet(client)
    assert len(client.ledger()) == 1


def test_a_dropped_request_does_not(client: Client):
    client.fault("drop_before", platform="twitter", step="publish")
    with pytest.raises(httpx.RemoteProtocolError):
        tweet(client)
    assert client.ledger() == []


def test_an_outage_may_come_before_or_after_the_post_was_made(client: Client):
    client.fault("error", status=503)
    client.fault("error_after", status=500)
    assert [tweet(client).status_code, tweet(client).status_code] == [503, 500]
    assert len(client.ledger()) == 1


def test_a_limit_comes_with_the_platforms_headers(client: Client):
    client.fault("throttle", platform="twitter", retry_after=60)
    refused = tweet(client)
    assert refused.status_code == 429
    assert refused.headers["x-rate-limit-remaining"] == "0"
    assert refused.headers["x-rate-limit-reset"].isdecimal()


def test_a_fault_can_wait_for_a_text_and_strikes_as_often_as_it_is_told(client: Client):
    client.fault("error", text_contains="bad", times=2)
    assert tweet(client, "good").status_code == 201
    assert [tweet(client, "bad luck").status_code for _ in range(3)] == [500, 500, 201]


def test_an_expired_token_works_again_once_refreshed_and_a_refresh_works_once(client: Client):
    client.know("twitter", expires_in=0)
    assert tweet(client).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": "r1"}
    address = "/twitter/2/oauth2/token"
    fresh = client.http.post(address, data=form, auth=("id", "secret"))
    headers = {"authorization": f"Bearer {fresh.json()['access_token']}"}
    assert client.http.post("/twitter/2/tweets", json={"text": "a"}, headers=headers).is_success
    used = client.http.post(address, data=form, auth=("id", "secret"))
    assert used.status_code == 400


def test_the_summary_finds_what_was_posted_twice(client: Client):
    for _ in range(2):
        form = {"url": client.sample_url("a.jpg"), "caption": "twice"}
        client.http.post("/facebook/v25.0/1/photos", data=form).raise_for_status()
    found = client.http.get("/_sandbox/ledger", params={"summary": "1"}).json()
    assert (found["count"], found["distinct"]) == (2, 1)
    assert found["duplicates"][0]["times"] == 2
