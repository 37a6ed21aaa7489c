"""Instagram, by either login: what it takes, what it refuses and in which words."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from tests.sandbox.client import Client

BASE = "/instagram/v25.0"


def create(client: Client, **form: Any) -> httpx.Response:
    return client.http.post(f"{BASE}/1/media", data=form)


def created(client: Client, **form: Any) -> str:
    return str(create(client, **form).raise_for_status().json()["id"])


def publish(client: Client, container: str) -> httpx.Response:
    return client.http.post(f"{BASE}/1/media_publish", data={"creation_id": container})


def published(client: Client, **form: Any) -> str:
    """A post; processing must take no looks."""
    answer = publish(client, created(client, **form))
    return str(answer.raise_for_status().json()["id"])


def read(client: Client, node: str, fields: str = "status_code,status") -> Any:
    return client.http.get(f"{BASE}/{node}", params={"fields": fields}).json()


def fault(answer: httpx.Response) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


@pytest.fixture
def ready(client: Client) -> Client:
    """Containers are ready at once."""
    client.set(processing_looks=0)
    return client


def test_a_picture_is_published_once_its_container_is_finished(client: Client):
    url = client.sample_url("a.jpg")
    made = created(client, image_url=url, caption="hi", alt_text="A lake")
    assert fault(publish(client, made)) == (9007, 2207027)
    states = [read(client, made)["status_code"] for _ in range(2)]
    assert states == ["IN_PROGRESS", "FINISHED"]
    post = publish(client, made).json()["id"]
    assert read(client, made)["status_code"] == "PUBLISHED"
    fields = "permalink,caption,media_type,media_product_type,timestamp,like_count"
    found = read(client, post, fields)
    assert found["permalink"].startswith("https://www.instagram.com/p/")
    assert (found["media_type"], found["media_product_type"]) == ("IMAGE", "FEED")
    (accepted,) = client.ledger()
    assert accepted["details"]["alt_text"] == "A lake"


def test_a_reel_and_a_story_are_what_they_are(ready: Client):
    film = ready.sample_url("a.mp4")
    reel = published(ready, media_type="REELS", video_url=film, caption="hi", thumb_offset=500)
    assert read(ready, reel, "permalink")["permalink"].startswith("https://www.instagram.com/reel/")
    story = published(ready, media_type="STORIES", image_url=ready.sample_url("a.jpg"))
    listed = ready.http.get(f"{BASE}/me/media").json()["data"]
    stories = ready.http.get(f"{BASE}/me/stories", params={"fields": "media_product_type"})
    assert [post["id"] for post in listed] == [reel]
    assert stories.json()["data"] == [{"id": story, "media_product_type": "STORY"}]
    assert [post["kind"] for post in ready.ledger()] == ["reel", "story"]


def test_a_carousel_mixes_pictures_and_films(ready: Client):
    item = {"is_carousel_item": "true"}
    children = [
        created(ready, image_url=ready.sample_url("a.jpg"), **item),
        created(ready, media_type="VIDEO", video_url=ready.sample_url("a.mp4"), **item),
    ]
    for child in children:
        assert read(ready, child)["status_code"] == "FINISHED"
    post = published(ready, media_type="CAROUSEL", children=",".join(children), caption="both")
    assert read(ready, post, "media_type")["media_type"] == "CAROUSEL_ALBUM"
    (accepted,) = ready.ledger()
    assert len(accepted["media"]) == 2


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"caption": "only text"}, (100, None)),
        ({"media_type": "VIDEO", "video_url": "http://x"}, (100, 2207023)),
        ({"media_type": "TEXT"}, (100, 2207023)),
        ({"media_type": "CAROUSEL", "children": "1"}, (100, 2207028)),
        ({"media_type": "CAROUSEL", "children": "1,2"}, (24, 2207006)),
        ({"image_url": "JPG", "caption": "x" * 2201}, (36004, 2207010)),
        ({"image_url": "JPG", "caption": "#a " * 31}, (36004, 2207010)),
        ({"image_url": "JPG", "caption": "@a " * 21}, (36004, 2207010)),
        ({"image_url": "JPG", "location_id": "home"}, (100, None)),
        ({"image_url": "JPG", "user_tags": json.dumps([{"username": "x"}])}, (100, None)),
        ({"image_url": "http://127.0.0.1:1/a.jpg"}, (9004, 2207052)),
        ({"media_type": "REELS", "video_url": "http://x", "alt_text": "a"}, (100, None)),
    ],
)
def test_a_wrong_container_is_refused(
    form: dict[str, str], expected: tuple[int, int | None], client: Client
):
    url = client.sample_url("a.jpg")
    given = {name: url if value == "JPG" else value for name, value in form.items()}
    assert fault(create(client, **given)) == expected


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("a.png", {}, (36001, 2207005)),
        ("a.jpg", {"cut": 20}, (36001, 2207005)),
        ("a.jpg", {"width": 400, "height": 1000}, (36003, 2207009)),
        ("a.jpg", {"bytes": 9_000_000}, (36000, 2207004)),
        ("a.jpg", {"status": 404}, (9004, 2207052)),
    ],
)
def test_a_bad_picture_is_refused_when_it_is_fetched(
    name: str, query: dict[str, int], expected: tuple[int, int], client: Client
):
    assert fault(create(client, image_url=client.sample_url(name, **query))) == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [({"seconds": 901}, 2207026), ({"cut": 10}, 2207026), ({"status": 404}, 2207077)],
)
def test_a_bad_film_fails_with_its_number(query: dict[str, int], code: int, ready: Client):
    made = created(ready, media_type="REELS", video_url=ready.sample_url("a.mp4", **query))
    found = read(ready, made)
    assert found["status_code"] == "ERROR"
    assert found["status"].endswith(f"error code {code}")


def test_a_container_expires_after_a_day(ready: Client):
    made = created(ready, image_url=ready.sample_url("a.jpg"))
    ready.forward(86_400)
    assert read(ready, made)["status_code"] == "EXPIRED"
    assert fault(publish(ready, made)) == (24, 2207008)


def test_the_quota_is_told_and_enforced_when_publishing(ready: Client):
    ready.limit("instagram", "posts", 1)
    url = ready.sample_url("a.jpg")
    published(ready, image_url=url, caption="one")
    query = {"fields": "quota_usage,config"}
    found = ready.http.get(f"{BASE}/1/content_publishing_limit", params=query).json()["data"]
    assert found == [{"quota_usage": 1, "config": {"quota_total": 1, "quota_duration": 86_400}}]
    assert fault(publish(ready, created(ready, image_url=url))) == (9, 2207042)
    ready.forward(86_401)
    assert published(ready, image_url=url, caption="three")


def test_usage_comes_with_every_answer_and_a_throttle_says_how_long(client: Client):
    client.http.get(f"{BASE}/me")
    client.fault("throttle", platform="instagram", retry_after=120)
    refused = client.http.get(f"{BASE}/me")
    assert fault(refused) == (80002, None)
    (entry,) = json.loads(refused.headers["x-business-use-case-usage"])["1"]
    assert (entry["type"], entry["estimated_time_to_regain_access"]) == ("instagram", 2)
    after = client.http.get(f"{BASE}/me")
    assert set(json.loads(after.headers["x-app-usage"])) == {
        "call_count",
        "total_time",
        "total_cputime",
    }


def test_a_first_comment_stands_beneath_the_post(ready: Client):
    post = published(ready, image_url=ready.sample_url("a.jpg"), caption="hi")
    wanted = {"message": "more here"}
    made = ready.http.post(f"{BASE}/{post}/comments", data=wanted).json()["id"]
    listed = ready.http.get(f"{BASE}/{post}/comments").json()["data"]
    assert [(comment["id"], comment["text"]) for comment in listed] == [(made, "more here")]
    (accepted,) = ready.ledger()
    assert [comment["text"] for comment in accepted["comments"]] == ["more here"]


def test_insights_are_of_the_kind_of_post(ready: Client):
    picture = published(ready, image_url=ready.sample_url("a.jpg"), caption="hi")
    ready.forward(86_400)
    query = {"metric": "reach,views,likes,comments,shares,saved,total_interactions"}
    found = ready.http.get(f"{BASE}/{picture}/insights", params=query).json()["data"]
    values = {entry["name"]: entry["values"][0]["value"] for entry in found}
    assert values["views"] > values["reach"] > values["likes"] > 0
    for metric in ("impressions", "navigation"):
        wrong = ready.http.get(f"{BASE}/{picture}/insights", params={"metric": metric})
        assert fault(wrong) == (100, None)
    query = {"metric": "reach", "period": "day", "metric_type": "total_value"}
    (total,) = ready.http.get(f"{BASE}/me/insights", params=query).json()["data"]
    assert total["total_value"]["value"] > 0


def test_login_by_instagram_has_no_delete_and_no_upload(ready: Client):
    post = published(ready, image_url=ready.sample_url("a.jpg"))
    assert fault(ready.http.delete(f"{BASE}/{post}")) == (100, 33)
    assert fault(create(ready, media_type="REELS", upload_type="resumable")) == (100, None)
    me = read(ready, "me", "user_id,username,account_type,followers_count,media_count")
    assert (me["user_id"], me["account_type"], me["media_count"]) == ("1", "BUSINESS", 1)


def test_login_by_facebook_uploads_bytes_and_goes_on_where_it_stopped(ready: Client):
    ready.know("instagram", login="facebook")
    assert fault(ready.http.get(f"{BASE}/me")) == (100, 33)
    made = create(ready, media_type="REELS", upload_type="resumable", caption="hi").json()
    film = ready.sample("a.mp4")
    assert fault(publish(ready, made["id"])) == (9007, 2207027)

    def send(offset: int, body: bytes) -> httpx.Response:
        headers = {"authorization": "OAuth t", "offset": str(offset), "file_size": str(len(film))}
        return ready.http.post(made["uri"], content=body, headers=headers)

    assert send(0, film[:300]).is_success
    wrong = send(200, film[200:])
    assert wrong.json()["debug_info"]["type"] == "OffsetInvalidError"
    assert send(300, film[300:]).is_success
    assert read(ready, made["id"])["status_code"] == "FINISHED"
    post = publish(ready, made["id"]).json()["id"]
    assert ready.http.delete(f"{BASE}/{post}").json()["success"]


def test_a_proof_is_asked_for_where_the_application_says_so(client: Client):
    client.know("instagram", login="facebook")
    client.set(app_secret="hush")
    refused = client.http.get(f"{BASE}/1")
    assert "appsecret_proof" in refused.json()["error"]["message"]
    proof = hmac.new(b"hush", b"t", hashlib.sha256).hexdigest()
    assert client.http.get(f"{BASE}/1", params={"appsecret_proof": proof}).is_success


def test_a_permission_goes_by_the_login(client: Client):
    client.know("instagram", scopes=["instagram_business_basic"])
    assert client.http.get(f"{BASE}/me").is_success
    assert fault(create(client, image_url=client.sample_url("a.jpg"))) == (10, None)


def test_a_token_is_given_in_the_body_or_the_query_as_well(client: Client):
    del client.http.headers["authorization"]
    assert client.http.get(f"{BASE}/me", params={"access_token": "t"}).is_success
    form = {"image_url": client.sample_url("a.jpg"), "access_token": "t"}
    assert client.http.post(f"{BASE}/1/media", data=form).is_success
    assert fault(client.http.get(f"{BASE}/me")) == (190, None)


def test_a_version_that_has_ended_is_refused(client: Client):
    assert fault(client.http.get("/instagram/v20.0/me")) == (2635, None)
