"""Threads: what it takes, what it refuses and in which words."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.client import Client

BASE = "/threads/v1.0"


def create(client: Client, **form: Any) -> httpx.Response:
    return client.http.post(f"{BASE}/1/threads", data={"media_type": "TEXT", **form})


def created(client: Client, **form: Any) -> str:
    return str(create(client, **form).raise_for_status().json()["id"])


def publish(client: Client, container: str) -> httpx.Response:
    return client.http.post(f"{BASE}/1/threads_publish", data={"creation_id": container})


def published(client: Client, **form: Any) -> str:
    answer = publish(client, created(client, **form))
    return str(answer.raise_for_status().json()["id"])


def read(client: Client, node: str, fields: str = "status,error_message") -> Any:
    return client.http.get(f"{BASE}/{node}", params={"fields": fields}).json()


def fault(answer: httpx.Response) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def test_a_container_is_not_public_until_it_is_published_once(client: Client):
    url = client.sample_url("a.jpg")
    made = created(client, media_type="IMAGE", image_url=url, text="hi", alt_text="A lake")
    assert fault(publish(client, made)) == (24, 4279009)
    states = [read(client, made)["status"] for _ in range(2)]
    assert states == ["IN_PROGRESS", "FINISHED"]
    assert client.ledger() == []
    assert publish(client, made).is_success
    assert read(client, made) == {"id": made, "status": "PUBLISHED"}
    assert publish(client, made).is_error
    (accepted,) = client.ledger()
    assert (accepted["kind"], accepted["details"]["alt_texts"]) == ("image", ["A lake"])


def test_a_text_is_ready_at_once_and_its_permalink_is_read_from_the_post(client: Client):
    made = published(client, text="hello", topic_tag="news", reply_control="everyone")
    found = read(client, made, "permalink,timestamp,text,topic_tag,media_type,username")
    assert found["permalink"].startswith("https://www.threads.com/@ada/post/")
    assert (found["text"], found["topic_tag"]) == ("hello", "news")
    assert found["media_type"] == "TEXT_POST"
    assert found["timestamp"].endswith("+0000")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"text": "x" * 501}, (100, None)),
        ({"text": "😀" * 126}, (100, None)),
        ({"text": " ".join(f"https://x.example/{n}" for n in range(6))}, (100, None)),
        ({"text": ""}, (100, None)),
        ({"media_type": "REEL", "text": "a"}, (100, None)),
        ({"text": "a", "reply_control": "nobody"}, (100, None)),
        ({"text": "a", "topic_tag": "a.b"}, (100, None)),
        ({"text": "a", "link_attachment": "nonsense"}, (-1, 4279047)),
        ({"text": "a", "poll_attachment": json.dumps({"option_a": "x"})}, (100, None)),
        ({"text": "a", "reply_to_id": "1800"}, (24, 4279009)),
        ({"media_type": "CAROUSEL", "children": "17,18"}, (100, 4279004)),
        ({"media_type": "IMAGE", "image_url": "http://127.0.0.1:1/a.jpg"}, (9004, 2207052)),
    ],
)
def test_a_wrong_container_is_refused(
    form: dict[str, str], expected: tuple[int, int | None], client: Client
):
    assert fault(create(client, **form)) == expected


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"seconds": 301}, "INVALID_DURATION"),
        ({"cut": 20}, "FAILED_PROCESSING_VIDEO"),
        ({"status": 404}, "FAILED_DOWNLOADING_VIDEO"),
        ({"width": 2000, "height": 100}, "INVALID_ASPEC_RATIO"),
    ],
)
def test_a_bad_film_fails_with_its_reason(query: dict[str, int], reason: str, client: Client):
    client.set(processing_looks=0)
    url = client.sample_url("a.mp4", **query)
    made = created(client, media_type="VIDEO", video_url=url, text="hi")
    assert read(client, made) == {"id": made, "status": "ERROR", "error_message": reason}
    assert publish(client, made).is_error


def test_a_carousel_mixes_pictures_and_films_that_are_finished(client: Client):
    item = {"is_carousel_item": "true"}
    picture = created(client, media_type="IMAGE", image_url=client.sample_url("a.png"), **item)
    film = created(client, media_type="VIDEO", video_url=client.sample_url("a.mp4"), **item)
    carousel = {"media_type": "CAROUSEL", "children": f"{picture},{film}", "text": "both"}
    assert fault(create(client, **carousel)) == (100, 4279004)
    for child in (picture, film):
        assert [read(client, child)["status"] for _ in range(2)][-1] == "FINISHED"
    client.set(processing_looks=0)
    assert published(client, **carousel)
    (accepted,) = client.ledger()
    assert accepted["kind"] == "carousel"
    assert len(accepted["media"]) == 2


def test_a_chain_replies_to_the_post_before_and_is_listed_apart(client: Client):
    first = published(client, text="one")
    second = published(client, text="two", reply_to_id=first)
    listed = {
        name: [post["id"] for post in client.http.get(f"{BASE}/1/{name}").json()["data"]]
        for name in ("threads", "replies")
    }
    assert listed == {"threads": [first], "replies": [second]}
    assert client.ledger()[1]["reply_to"] == first


def test_auto_publish_posts_a_text_in_one_step(client: Client):
    made = created(client, text="at once", auto_publish_text="true")
    assert client.ledger()[0]["id"] == made


def test_a_container_lives_for_a_day(client: Client):
    made = created(client, text="late")
    client.forward(86_400)
    assert read(client, made)["status"] == "EXPIRED"
    assert publish(client, made).is_error


def test_the_quota_is_told_and_enforced_when_publishing(client: Client):
    client.limit("threads", "posts", 1)
    first = published(client, text="one")
    fields = {"fields": "quota_usage,config,reply_quota_usage,reply_config"}
    (found,) = client.http.get(f"{BASE}/1/threads_publishing_limit", params=fields).json()["data"]
    assert (found["quota_usage"], found["config"]["quota_total"]) == (1, 1)
    assert fault(publish(client, created(client, text="two"))) == (9, 2207042)
    assert published(client, text="a reply", reply_to_id=first)


def test_a_deleted_post_is_gone(client: Client):
    made = published(client, text="bye")
    answer = client.http.delete(f"{BASE}/{made}").json()
    assert answer == {"success": True, "deleted_id": made}
    assert fault(client.http.get(f"{BASE}/{made}")) == (100, 33)
    assert client.http.get(f"{BASE}/me/threads").json()["data"] == []


def test_a_list_goes_by_cursors(client: Client):
    made = [published(client, text=f"{number}") for number in range(3)]
    first = client.http.get(f"{BASE}/me/threads", params={"limit": 2, "fields": "id,text"}).json()
    assert [post["id"] for post in first["data"]] == made[:0:-1]
    after = first["paging"]["cursors"]["after"]
    second = client.http.get(f"{BASE}/me/threads", params={"limit": 2, "after": after}).json()
    assert [post["id"] for post in second["data"]] == made[:1]


def test_insights_of_a_post_and_of_the_account(client: Client):
    made = published(client, text="seen")
    client.forward(2 * 86_400)
    query = {"metric": "views,likes,replies,reposts,quotes,shares"}
    found = client.http.get(f"{BASE}/{made}/insights", params=query).json()["data"]
    values = {entry["name"]: entry["values"][0]["value"] for entry in found}
    assert values["views"] > values["likes"] > 0
    query = {"metric": "views,likes,clicks,followers_count"}
    account = client.http.get(f"{BASE}/me/threads_insights", params=query).json()["data"]
    by_name = {entry["name"]: entry for entry in account}
    assert len(by_name["views"]["values"]) == 2
    assert by_name["followers_count"]["total_value"]["value"] == 126
    assert by_name["clicks"]["link_total_values"][0]["value"] > 0
    wrong = client.http.get(f"{BASE}/{made}/insights", params={"metric": "saves"})
    assert fault(wrong) == (100, None)


def refresh(client: Client, token: str = "t") -> httpx.Response:
    query = {"grant_type": "th_refresh_token", "access_token": token}
    return client.http.get("/threads/refresh_access_token", params=query)


def test_a_token_refreshes_itself_once_it_is_a_day_old(client: Client):
    client.know("threads", token_age=3600)
    assert fault(refresh(client)) == (100, None)
    client.forward(86_400)
    fresh = refresh(client).json()
    assert fresh["expires_in"] == 5_183_944
    assert fault(refresh(client)) == (190, 463)
    query = {"input_token": fresh["access_token"]}
    assert client.http.get("/threads/debug_token", params=query).json()["data"]["is_valid"]


def test_an_expired_token_cannot_be_refreshed(client: Client):
    client.know("threads", expires_in=0)
    assert fault(refresh(client)) == (190, 463)


def test_the_profile(client: Client):
    me = read(client, "me", "username,name,threads_profile_picture_url")
    assert me["username"] == "ada"
    assert me["threads_profile_picture_url"].startswith("https://")


def test_a_permission_that_is_missing(client: Client):
    client.know("threads", scopes=["threads_basic"])
    assert fault(create(client, text="a")) == (10, None)
