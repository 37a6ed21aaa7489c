"""Facebook Pages: what they take, what they refuse and in which words."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.client import Client

BASE = "/facebook/v25.0"


def send(client: Client, edge: str, **form: Any) -> httpx.Response:
    return client.http.post(f"{BASE}/1/{edge}", data=form)


def sent(client: Client, edge: str, **form: Any) -> Any:
    return send(client, edge, **form).raise_for_status().json()


def read(client: Client, node: str, fields: str) -> Any:
    return client.http.get(f"{BASE}/{node}", params={"fields": fields}).json()


def fault(answer: httpx.Response) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def upload(client: Client, link: str, body: bytes, offset: int = 0, size: int | None = None):
    total = str(len(body) if size is None else size)
    headers = {"authorization": "OAuth t", "offset": str(offset), "file_size": total}
    return client.http.post(link, content=body, headers=headers)


def reel(client: Client, edge: str = "video_reels", **query: Any) -> str:
    """An uploaded film that waits to be finished."""
    begun = sent(client, edge, upload_phase="start")
    upload(client, begun["upload_url"], client.sample("a.mp4", **query)).raise_for_status()
    return str(begun["video_id"])


def finish(client: Client, video: str, edge: str = "video_reels", **form: Any) -> httpx.Response:
    state = {"video_state": "PUBLISHED"} if edge == "video_reels" else {}
    return send(client, edge, upload_phase="finish", video_id=video, **state, **form)


def test_a_text_is_a_post_and_the_same_again_is_refused(client: Client):
    fields = {"fields": "id,permalink_url"}
    made = client.http.post(f"{BASE}/1/feed", data={"message": "hi"}, params=fields).json()
    assert made["permalink_url"] == f"https://www.facebook.com/{made['id']}"
    assert fault(send(client, "feed", message="hi")) == (506, 1455006)
    assert sent(client, "feed", message="ho", link="https://example.org")
    assert sent(client, "feed", message="hi")


@pytest.mark.parametrize(
    ("edge", "form", "expected"),
    [
        ("feed", {}, (100, None)),
        ("feed", {"message": "x" * 63_207}, (100, None)),
        ("feed", {"message": "a", "scheduled_publish_time": "1"}, (100, None)),
        ("feed", {"attached_media": json.dumps([{"media_fbid": "12"}])}, (100, 33)),
        ("photos", {"caption": "a"}, (324, None)),
        ("photos", {"url": "http://127.0.0.1:1/a.jpg"}, (324, 1366046)),
        ("videos", {"file_url": "http://127.0.0.1:1/a.mp4"}, (389, None)),
        ("videos", {"upload_phase": "start"}, (100, None)),
        ("video_reels", {"upload_phase": "finish", "video_id": "9"}, (100, 33)),
        ("photo_stories", {"photo_id": "12"}, (100, 33)),
    ],
)
def test_a_wrong_call_is_refused(
    edge: str, form: dict[str, str], expected: tuple[int, int | None], client: Client
):
    assert fault(send(client, edge, **form)) == expected
    assert client.ledger() == []


def test_several_photos_are_uploaded_first_and_attached(client: Client):
    photos = [
        sent(
            *(client, "photos"),
            url=client.sample_url(f"{number}.jpg"),
            published="false",
            alt_text_custom=f"no {number}",
        )["id"]
        for number in range(2)
    ]
    assert client.ledger() == []
    attached = {
        f"attached_media[{number}]": json.dumps({"media_fbid": photo})
        for number, photo in enumerate(photos)
    }
    assert sent(client, "feed", message="two", **attached)
    (accepted,) = client.ledger()
    assert (accepted["kind"], len(accepted["media"])) == ("carousel", 2)
    assert accepted["details"]["alt_texts"] == ["no 0", "no 1"]
    assert fault(send(client, "feed", message="again", **attached)) == (1, 1366051)


def test_a_photo_is_published_from_a_url_or_from_bytes(client: Client):
    assert "post_id" in sent(client, "photos", url=client.sample_url("a.jpg"), caption="a")
    file = {"source": ("b.png", client.sample("b.png"), "image/png")}
    made = client.http.post(f"{BASE}/1/photos", data={"caption": "b"}, files=file)
    assert made.is_success
    assert [post["text"] for post in client.ledger()] == ["a", "b"]
    broken = client.sample_url("a.jpg", cut=20)
    assert fault(send(client, "photos", url=broken)) == (324, 2069019)


def test_an_unpublished_photo_is_kept_for_a_day(client: Client):
    photo = sent(client, "photos", url=client.sample_url("a.jpg"), published="false")["id"]
    client.forward(86_400)
    attached = json.dumps([{"media_fbid": photo}])
    assert fault(send(client, "feed", attached_media=attached)) == (100, 33)


def test_a_video_is_processed_before_it_is_public(client: Client):
    url = client.sample_url("a.mp4")
    video = sent(client, "videos", file_url=url, description="film", title="t")["id"]
    first = read(client, video, "status,post_id")
    assert first["status"]["processing_phase"]["status"] == "in_progress"
    assert "post_id" not in first
    done = read(client, video, "status,post_id,permalink_url")
    assert done["status"]["publishing_phase"]["publish_status"] == "published"
    (accepted,) = client.ledger()
    assert (accepted["id"], accepted["url"]) == (done["post_id"], done["permalink_url"])


def test_a_video_goes_up_in_chunks_of_a_session(client: Client):
    film = client.sample("a.mp4", bytes=5_000_000)
    begun = sent(client, "videos", upload_phase="start", file_size=len(film))
    session, at = begun["upload_session_id"], begun
    while at["start_offset"] != at["end_offset"]:
        first, last = int(at["start_offset"]), int(at["end_offset"])
        form = {
            "upload_phase": "transfer",
            "upload_session_id": session,
            "start_offset": str(first),
        }
        chunk = {"video_file_chunk": film[first:last]}
        at = client.http.post(f"{BASE}/1/videos", data=form, files=chunk).json()
    done = sent(
        *(client, "videos"),
        upload_phase="finish",
        upload_session_id=session,
        description="film",
    )
    assert done == {"success": True}
    assert [post["kind"] for post in client.ledger()] == ["video"]


def test_a_reel_is_started_uploaded_and_finished(client: Client):
    begun = sent(client, "video_reels", upload_phase="start")
    film = client.sample("a.mp4")
    assert fault(finish(client, begun["video_id"])) == (6000, 1363033)
    assert upload(client, begun["upload_url"], film[:100], size=len(film)).is_success
    have = read(client, begun["video_id"], "status")["status"]["uploading_phase"]
    assert have == {"status": "in_progress", "bytes_transferred": 100}
    wrong = upload(client, begun["upload_url"], film[50:], 50, len(film))
    assert wrong.json()["debug_info"]["type"] == "OffsetInvalidError"
    assert upload(client, begun["upload_url"], film[100:], 100, len(film)).is_success
    assert finish(client, begun["video_id"], description="reel").json() == {"success": True}
    assert fault(finish(client, begun["video_id"])) == (6000, 1363041)
    states = [read(client, begun["video_id"], "status")["status"] for _ in range(2)]
    assert [state["video_status"] for state in states] == ["processing", "ready"]
    (accepted,) = client.ledger()
    assert accepted["url"] == f"https://www.facebook.com/reel/{begun['video_id']}"
    listed = client.http.get(f"{BASE}/1/video_reels").json()["data"]
    assert [entry["id"] for entry in listed] == [begun["video_id"]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"seconds": 91}, 1363128),
        ({"width": 1920, "height": 1080}, 1363040),
        ({"width": 270, "height": 480}, 1363127),
        ({"cut": 10}, 352),
    ],
)
def test_a_bad_reel_is_taken_and_fails_later(query: Any, code: int, client: Client):
    client.set(processing_looks=0)
    video = reel(client, **query)
    assert finish(client, video).is_success
    status = read(client, video, "status")["status"]
    assert status["video_status"] == "error"
    assert status["processing_phase"]["errors"][0]["code"] == code
    assert client.ledger() == []


def test_a_page_has_thirty_reels_a_day(client: Client):
    client.limit("facebook", "reels", 1)
    assert finish(client, reel(client)).is_success
    assert fault(finish(client, reel(client))) == (9, 1390008)


def test_stories_of_a_photo_and_of_a_film(client: Client):
    photo = sent(client, "photos", url=client.sample_url("a.jpg"), published="false")["id"]
    first = sent(client, "photo_stories", photo_id=photo)
    second = finish(client, reel(client, "video_stories"), "video_stories").json()
    assert first["success"]
    assert second["success"]
    listed = client.http.get(f"{BASE}/1/stories").json()["data"]
    assert [entry["media_type"] for entry in listed] == ["video", "photo"]
    assert client.http.get(f"{BASE}/1/published_posts").json()["data"] == []
    assert read(client, second["post_id"], "url")["url"].startswith("https://www.facebook.com/")


def test_posts_are_listed_with_what_is_asked_for(client: Client):
    made = [sent(client, "feed", message=f"no {number}")["id"] for number in range(3)]
    fields = "id,message,permalink_url,created_time"
    query = {"fields": fields, "limit": "2"}
    first = client.http.get(f"{BASE}/1/published_posts", params=query).json()
    assert [post["id"] for post in first["data"]] == made[:0:-1]
    assert first["data"][0]["message"] == "no 2"
    following = client.http.get(first["paging"]["next"]).json()
    assert [post["id"] for post in following["data"]] == made[:1]


def test_a_post_is_edited_commented_on_and_deleted(client: Client):
    post = sent(client, "feed", message="hi")["id"]
    assert client.http.post(f"{BASE}/{post}/comments", data={"message": "first"}).is_success
    assert client.http.post(f"{BASE}/{post}", data={"message": "better"}).is_success
    found = read(client, post, "message,comments.limit(0).summary(true)")
    assert found["message"] == "better"
    assert found["comments"]["summary"]["total_count"] == 1
    assert client.http.delete(f"{BASE}/{post}").json() == {"success": True}
    assert fault(client.http.get(f"{BASE}/{post}")) == (100, 33)


def test_insights_of_a_post_and_of_the_page(client: Client):
    post = sent(client, "feed", message="hi")["id"]
    client.forward(2 * 86_400)
    query = {"metric": "post_media_view,post_total_media_view_unique,post_clicks"}
    found = client.http.get(f"{BASE}/{post}/insights", params=query).json()["data"]
    views, reach, clicks = (entry["values"][0]["value"] for entry in found)
    assert views > reach > clicks > 0
    gone = client.http.get(f"{BASE}/{post}/insights", params={"metric": "post_impressions"})
    assert fault(gone) == (100, None)
    counted = read(client, post, "shares,comments.limit(0).summary(true),reactions.summary(true)")
    assert counted["reactions"]["summary"]["total_count"] > counted["shares"]["count"] > 0
    days = client.http.get(f"{BASE}/1/insights", params={"metric": "page_media_view"}).json()
    assert len(days["data"][0]["values"]) == 2
    video = reel(client)
    finish(client, video)
    client.forward(86_400)
    query = {"metric": "blue_reels_play_count"}
    plays = client.http.get(f"{BASE}/{video}/video_insights", params=query).json()["data"]
    assert plays[0]["values"][0]["value"] > 0


def test_the_page_and_its_token(client: Client):
    client.know("facebook", name="Acme", instagram="17841")
    page = read(client, "1", "name,followers_count,instagram_business_account,picture{url}")
    assert (page["name"], page["followers_count"]) == ("Acme", 120)
    assert page["instagram_business_account"] == {"id": "17841"}
    (found,) = client.http.get(f"{BASE}/me/accounts?fields=access_token").json()["data"]
    assert found == {"id": "1", "access_token": "t"}
    inspected = client.http.get(f"{BASE}/debug_token", params={"input_token": "t"}).json()["data"]
    assert (inspected["is_valid"], inspected["expires_at"]) == (True, 0)


def test_a_long_token_is_had_for_one_that_lives(client: Client):
    form = {"grant_type": "fb_exchange_token", "client_id": "c", "fb_exchange_token": "t"}
    fresh = client.http.post("/facebook/oauth/access_token", data=form).json()
    assert fresh["expires_in"] == 5_183_944
    again = client.http.post("/facebook/oauth/access_token", data=form)
    assert fault(again) == (190, 463)


def test_a_planned_post_is_listed_from_its_time_on_and_a_draft_never(client: Client):
    client.at("2026-11-24T12:00:00Z")
    hidden = {"published": "false"}
    sent(client, "feed", message="later", scheduled_publish_time="2026-11-24T13:00:00Z", **hidden)
    sent(client, "feed", message="draft", **hidden)
    assert client.http.get(f"{BASE}/1/published_posts").json()["data"] == []
    client.forward(3600)
    listed = client.http.get(f"{BASE}/1/published_posts?fields=message").json()["data"]
    assert [post["message"] for post in listed] == ["later"]
