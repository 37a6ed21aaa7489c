"""TikTok: what it takes, what it refuses and in which words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.client import Client

PUBLISH = "/tiktok/v2/post/publish"
PUBLIC = "PUBLIC_TO_EVERYONE"


def call(client: Client, path: str, **body: Any) -> httpx.Response:
    return client.http.post(f"{PUBLISH}/{path}/", json=body)


def data(answer: httpx.Response) -> Any:
    assert answer.json()["error"]["code"] == "ok", answer.text
    return answer.json()["data"]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def film(client: Client, size: int, chunk: int | None = None, **info: Any) -> httpx.Response:
    chunk = chunk or size
    source = {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": chunk,
        "total_chunk_count": size // chunk,
    }
    info = {"title": "hi", "privacy_level": PUBLIC, **info}
    return call(client, "video/init", post_info=info, source_info=source)


def pulled(client: Client, url: str) -> httpx.Response:
    info = {"title": "hi", "privacy_level": PUBLIC}
    source = {"source": "PULL_FROM_URL", "video_url": url}
    return call(client, "video/init", post_info=info, source_info=source)


def photos(client: Client, *urls: str, mode: str = "DIRECT_POST", **info: Any) -> httpx.Response:
    info = {"title": "hi", "privacy_level": PUBLIC, **info}
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0}
    return call(
        *(client, "content/init"),
        media_type="PHOTO",
        post_mode=mode,
        post_info=info,
        source_info=source,
    )


def put(client: Client, url: str, body: bytes, first: int, total: int) -> httpx.Response:
    headers = {"content-range": f"bytes {first}-{first + len(body) - 1}/{total}"}
    return client.bare.put(url, content=body, headers=headers)


def uploaded(client: Client, **info: Any) -> str:
    """A film that went up in one piece: its publish_id."""
    body = client.sample("a.mp4")
    made = data(film(client, len(body), **info))
    assert put(client, made["upload_url"], body, 0, len(body)).status_code == 201
    return str(made["publish_id"])


def status(client: Client, publish_id: str) -> Any:
    return data(call(client, "status/fetch", publish_id=publish_id))


def finished(client: Client, publish_id: str) -> Any:
    return [status(client, publish_id) for _ in range(2)][-1]


def test_a_film_goes_up_in_chunks_one_after_the_other(client: Client):
    body = client.sample("a.mp4", bytes=12_000_000)
    made = data(film(client, len(body), 5_000_000))
    url, total = made["upload_url"], len(body)
    early = put(client, url, body[5_000_000:], 5_000_000, total)
    assert early.status_code == 416
    first = put(client, url, body[:5_000_000], 0, total)
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-4999999/{total}")
    assert put(client, url, body[5_000_000:8_000_000], 5_000_000, total).status_code == 400
    assert client.ledger() == []
    assert put(client, url, body[5_000_000:], 5_000_000, total).status_code == 201
    assert [post["text"] for post in client.ledger()] == ["hi"]


@pytest.mark.parametrize(
    ("size", "chunk", "status"),
    [
        (4_000_000, 4_000_000, 200),
        (4_000_000, 2_000_000, 400),
        (64 * 1024**2, 64 * 1024**2, 200),
        (70_000_000, 70_000_000, 400),
        (70_000_000, 10_000_000, 200),
        (0, 0, 400),
    ],
)
def test_chunks_have_their_rules(size: int, chunk: int, status: int, client: Client):
    source = {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": chunk,
        "total_chunk_count": size // chunk if chunk else 0,
    }
    info = {"privacy_level": PUBLIC}
    answer = call(client, "video/init", post_info=info, source_info=source)
    assert answer.status_code == status


def test_the_id_is_told_after_processing_and_moderation(client: Client):
    client.set(moderation_seconds=60)
    made = uploaded(client)
    assert status(client, made)["status"] == "PROCESSING_UPLOAD"
    waiting = status(client, made)
    assert waiting["status"] == "PUBLISH_COMPLETE"
    assert waiting["publicaly_available_post_id"] == []
    client.forward(61)
    (accepted,) = client.ledger()
    assert status(client, made)["publicaly_available_post_id"] == [int(accepted["id"])]


def test_a_post_for_oneself_never_has_an_id(client: Client):
    made = uploaded(client, privacy_level="SELF_ONLY")
    assert finished(client, made)["publicaly_available_post_id"] == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"cut": 10}, "file_format_check_failed"),
        ({"seconds": 601}, "duration_check_failed"),
        ({"width": 200}, "picture_size_check_failed"),
        ({"status": 404}, "video_pull_failed"),
    ],
)
def test_a_bad_film_fails_with_its_reason(query: dict[str, int], reason: str, client: Client):
    made = data(pulled(client, client.sample_url("a.mp4", **query)))["publish_id"]
    found = finished(client, made)
    assert (found["status"], found["fail_reason"]) == ("FAILED", reason)
    assert client.ledger() == []


def test_a_film_is_fetched_from_a_url(client: Client):
    made = data(pulled(client, client.sample_url("a.mp4")))
    assert "upload_url" not in made
    assert status(client, made["publish_id"])["status"] == "PROCESSING_DOWNLOAD"
    assert finished(client, made["publish_id"])["status"] == "PUBLISH_COMPLETE"
    assert len(client.ledger()) == 1


def test_photos_are_fetched_and_posted_together(client: Client):
    urls = [client.sample_url(f"{number}.jpg") for number in range(3)]
    made = data(photos(client, *urls, description="All week #sale"))["publish_id"]
    assert finished(client, made)["status"] == "PUBLISH_COMPLETE"
    (accepted,) = client.ledger()
    assert (accepted["kind"], accepted["text"]) == ("carousel", "All week #sale")
    assert accepted["details"]["title"] == "hi"
    bad = data(photos(client, urls[0], client.sample_url("a.png")))["publish_id"]
    assert finished(client, bad)["fail_reason"] == "file_format_check_failed"
    lost = data(photos(client, client.sample_url("a.jpg", status=404)))["publish_id"]
    assert finished(client, lost)["fail_reason"] == "photo_pull_failed"
    assert len(client.ledger()) == 1


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"privacy_level": "EVERYBODY"}, (403, "privacy_level_option_mismatch")),
        ({"privacy_level": "FOLLOWER_OF_CREATOR"}, (403, "privacy_level_option_mismatch")),
        ({"title": "x" * 2201}, (400, "invalid_params")),
        ({"title": "😀" * 1101}, (400, "invalid_params")),
        (
            {"privacy_level": "SELF_ONLY", "brand_content_toggle": True},
            (400, "invalid_params"),
        ),
    ],
)
def test_wrong_post_info_is_refused(
    info: dict[str, Any], expected: tuple[int, str], client: Client
):
    assert code(film(client, 1000, **info)) == expected


def test_photos_have_their_limits(client: Client):
    url = client.sample_url("a.jpg")
    assert code(photos(client)) == (400, "invalid_params")
    assert code(photos(client, *[url] * 36)) == (400, "invalid_params")
    assert code(photos(client, url, title="x" * 91)) == (400, "invalid_params")
    assert code(photos(client, url, description="x" * 4001)) == (400, "invalid_params")


def test_hosts_have_to_be_verified(client: Client):
    client.know("tiktok", shared_links=["media.example.org"])
    refused = photos(client, client.sample_url("a.jpg"))
    assert code(refused) == (403, "url_ownership_unverified")


def test_an_application_that_was_not_audited_posts_privately_alone(client: Client):
    client.know("tiktok", unaudited=True)
    refused = (403, "unaudited_client_can_only_post_to_private_accounts")
    assert code(film(client, 1000)) == refused
    client.know("tiktok", unaudited=True, private=True)
    assert code(film(client, 1000, privacy_level="SELF_ONLY")) == (200, "ok")


def test_creator_info_gives_the_levels_and_the_cap_with_status_200(client: Client):
    info = data(call(client, "creator_info/query"))
    assert PUBLIC in info["privacy_level_options"]
    assert info["creator_username"] == "ada"
    client.limit("tiktok", "posts", 1)
    uploaded(client)
    assert code(call(client, "creator_info/query")) == (200, "spam_risk_too_many_posts")
    assert code(film(client, 1000)) == (403, "spam_risk_too_many_posts")
    client.forward(86_401)
    assert code(film(client, 1000)) == (200, "ok")


def test_a_draft_goes_to_the_inbox(client: Client):
    source = {"source": "PULL_FROM_URL", "video_url": client.sample_url("a.mp4")}
    made = data(call(client, "inbox/video/init", source_info=source))["publish_id"]
    assert made.startswith("v_inbox_url~")
    assert finished(client, made)["status"] == "SEND_TO_USER_INBOX"
    photo = photos(client, client.sample_url("a.jpg"), mode="MEDIA_UPLOAD")
    assert finished(client, data(photo)["publish_id"])["status"] == "SEND_TO_USER_INBOX"


def test_six_a_minute_and_then_a_429(client: Client):
    client.at("2026-11-24T12:00:00Z")
    codes = [film(client, 1000).status_code for _ in range(7)]
    assert codes == [200] * 6 + [429]
    client.forward(60)
    assert film(client, 1000).status_code == 200


def test_an_upload_url_dies_after_an_hour(client: Client):
    made = data(film(client, 4))
    client.forward(3600)
    assert put(client, made["upload_url"], b"abcd", 0, 4).status_code == 403


def test_a_publish_id_is_known_to_its_own_account(client: Client):
    made = uploaded(client)
    assert code(call(client, "status/fetch", publish_id="v_none")) == (400, "invalid_publish_id")
    client.know("tiktok", id="2", token="other")
    client.http.headers["authorization"] = "Bearer other"
    other = call(client, "status/fetch", publish_id=made)
    assert code(other) == (400, "token_not_authorized_for_specified_publish_id")


def test_public_videos_are_listed_and_counted(client: Client):
    uploaded(client, title="seen")
    uploaded(client, title="unseen", privacy_level="SELF_ONLY")
    client.forward(86_400)
    fields = {"fields": "id,title,create_time,share_url,like_count,view_count"}
    listed = client.http.post("/tiktok/v2/video/list/", params=fields, json={"max_count": 20})
    (found,) = data(listed)["videos"]
    assert found["title"] == "seen"
    assert found["view_count"] > found["like_count"] > 0
    wanted = {"filters": {"video_ids": [found["id"], "7300"]}}
    queried = client.http.post("/tiktok/v2/video/query/", params=fields, json=wanted)
    assert [video["id"] for video in data(queried)["videos"]] == [found["id"]]
    many = {"filters": {"video_ids": ["1"] * 21}}
    refused = client.http.post("/tiktok/v2/video/query/", params=fields, json=many)
    assert code(refused) == (400, "invalid_params")


def test_a_field_of_the_profile_needs_its_scope(client: Client):
    client.know("tiktok", scopes=["user.info.basic", "user.info.stats"], name="Ada")
    address = "/tiktok/v2/user/info/"
    found = client.http.get(address, params={"fields": "display_name,follower_count"})
    assert data(found)["user"] == {"display_name": "Ada", "follower_count": 120}
    refused = client.http.get(address, params={"fields": "display_name,username"})
    assert code(refused) == (401, "scope_not_authorized")


def test_a_refresh_gives_a_new_pair_and_a_dead_one_is_an_error_with_status_200(client: Client):
    form = {
        "client_key": "k",
        "client_secret": "s",
        "grant_type": "refresh_token",
        "refresh_token": "r1",
    }
    fresh = client.http.post("/tiktok/v2/oauth/token/", data=form).json()
    assert fresh["refresh_token"] != "r1"
    dead = client.http.post("/tiktok/v2/oauth/token/", data=form)
    assert (dead.status_code, dead.json()["error"]) == (200, "invalid_grant")
