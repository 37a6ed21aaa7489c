"""X: what it takes, what it refuses and in which words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.client import Client, data

UPLOAD = "/twitter/2/media/upload"


def tweet(client: Client, text: str = "hello", **more: Any) -> httpx.Response:
    return client.http.post("/twitter/2/tweets", json={"text": text, **more})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and what the problem is about."""
    body = answer.json()
    return answer.status_code, body["errors"][0]["message"] if "errors" in body else body["detail"]


def initialize(client: Client, body: bytes, kind: str, category: str) -> str:
    wanted = {"media_type": kind, "total_bytes": len(body), "media_category": category}
    return str(data(client.http.post(f"{UPLOAD}/initialize", json=wanted))["id"])


def append(client: Client, media: str, index: int, body: bytes) -> httpx.Response:
    form = {"segment_index": str(index)}
    return client.http.post(f"{UPLOAD}/{media}/append", data=form, files={"media": body})


def photo(client: Client, name: str = "a.jpg") -> str:
    form = {"media_category": "tweet_image"}
    sent = client.http.post(UPLOAD, data=form, files={"media": client.sample(name)})
    return str(data(sent)["id"])


def film(client: Client, **query: Any) -> tuple[str, Any]:
    """An uploaded film: its id, and what finalize said."""
    body = client.sample("a.mp4", **query)
    media = initialize(client, body, "video/mp4", "tweet_video")
    half = len(body) // 2
    for index, part in enumerate((body[:half], body[half:])):
        assert append(client, media, index, part).is_success
    return media, data(client.http.post(f"{UPLOAD}/{media}/finalize"))


def status_of(client: Client, media: str) -> Any:
    query = {"command": "STATUS", "media_id": media}
    return data(client.http.get(UPLOAD, params=query))["processing_info"]


def test_links_come_back_as_t_co_with_what_they_stand_for(client: Client):
    made = data(tweet(client, "sale https://example.org/s today"))
    assert "https://t.co/" in made["text"]
    found = client.http.get(
        "/twitter/2/users/1/tweets", params={"tweet.fields": "entities,created_at"}
    )
    (read,) = data(found)
    (entity,) = read["entities"]["urls"]
    assert entity["expanded_url"] == "https://example.org/s"
    assert read["text"][entity["start"] : entity["end"]] == entity["url"]
    (accepted,) = client.ledger()
    assert accepted["text"] == "sale https://example.org/s today"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x" * 280, 201),
        ("x" * 281, 403),
        ("字" * 140, 201),
        ("字" * 141, 403),
        ("👩‍👩‍👧‍👦" * 140, 201),
        ("👍🏽" * 141, 403),
        ("https://example.org/" + "a" * 400, 201),
        ("x" * 257 + " example.org/" + "a" * 99, 403),
    ],
)
def test_a_text_is_weighed(text: str, status: int, client: Client):
    assert tweet(client, text).status_code == status


def test_a_premium_account_may_write_25000_characters(client: Client):
    client.know("twitter", premium=True)
    long = "x" * 25_000
    made = data(tweet(client, long))
    found = client.http.get(
        "/twitter/2/tweets", params={"ids": made["id"], "tweet.fields": "note_tweet"}
    )
    assert data(found)[0]["note_tweet"]["text"] == long


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"colour": 1}, 400, "not defined"),
        ({"media": {"media_ids": []}}, 400, "1 to 4"),
        ({"media": {"media_ids": ["19"]}}, 400, "Your media IDs are invalid."),
        ({"poll": {"options": ["a"], "duration_minutes": 5}}, 400, "2 to 4"),
        ({"poll": {"options": ["a", "b" * 26], "duration_minutes": 5}}, 400, "1 to 25"),
        ({"poll": {"options": ["a", "b"], "duration_minutes": 4}}, 400, "5 to 10080"),
        ({"reply_settings": "nobody"}, 400, "reply_settings"),
        ({"reply": {"in_reply_to_tweet_id": "19"}}, 403, "deleted or not visible"),
        ({"quote_tweet_id": "19"}, 400, "quote_tweet_id"),
        ({"text": "$ABC and $DEF"}, 403, "cashtag"),
        ({"text": ""}, 400, "required"),
    ],
)
def test_a_wrong_body_is_refused_by_field(
    body: dict[str, Any], status: int, words: str, client: Client
):
    found = refusal(tweet(client, **{"text": "hi", **body}))
    assert found[0] == status
    assert words in found[1]
    assert client.ledger() == []


def test_a_chain_of_replies_hangs_together(client: Client):
    first = data(tweet(client, "one"))["id"]
    second = data(tweet(client, "two", reply={"in_reply_to_tweet_id": first}))["id"]
    assert [post["reply_to"] for post in client.ledger()] == [None, first]
    found = client.http.get(
        "/twitter/2/tweets", params={"ids": second, "tweet.fields": "referenced_tweets"}
    )
    assert data(found)[0]["referenced_tweets"] == [{"type": "replied_to", "id": first}]


def test_a_poll_and_a_quote_are_posts_of_their_own(client: Client):
    first = data(tweet(client, "one"))["id"]
    assert tweet(client, "two", quote_tweet_id=first).is_success
    poll = {"options": ["a", "b"], "duration_minutes": 60}
    assert tweet(client, "three", poll=poll).is_success
    assert [post["kind"] for post in client.ledger()] == ["text", "text", "poll"]


def test_photos_with_alt_text_make_a_post_and_mixed_media_do_not(client: Client):
    photos = [photo(client, "a.jpg"), photo(client, "b.png")]
    described = {"id": photos[0], "metadata": {"alt_text": {"text": "A lake"}}}
    assert data(client.http.post("/twitter/2/media/metadata", json=described))["id"] == photos[0]
    made = data(tweet(client, "look", media={"media_ids": photos}))
    assert "https://t.co/" in made["text"]
    (accepted,) = client.ledger()
    assert accepted["kind"] == "carousel"
    assert accepted["details"]["alt_texts"] == ["A lake", None]
    client.set(processing_looks=0)
    both = [photo(client), film(client)[0]]
    assert refusal(tweet(client, "both", media={"media_ids": both}))[0] == 400


def test_a_film_is_usable_once_its_processing_has_succeeded(client: Client):
    media, finalized = film(client)
    assert finalized["processing_info"]["state"] == "pending"
    early = tweet(client, "film", media={"media_ids": [media]})
    assert refusal(early) == (400, "Your media IDs are invalid.")
    assert early.json()["errors"][0]["parameters"] == {"media.media_ids": [f"[{media}]"]}
    states = [status_of(client, media)["state"] for _ in range(2)]
    assert states[-1] == "succeeded"
    assert tweet(client, "film", media={"media_ids": [media]}).is_success
    (accepted,) = client.ledger()
    assert accepted["kind"] == "video"


@pytest.mark.parametrize("query", [{"cut": 20}, {"seconds": 141}, {"seconds": 0.2}])
def test_processing_fails_for_a_film_that_x_does_not_take(query: dict[str, Any], client: Client):
    client.set(processing_looks=0)
    _, finalized = film(client, **query)
    assert finalized["processing_info"]["state"] == "failed"
    assert finalized["processing_info"]["error"]["name"] == "InvalidMedia"


def test_segments_have_to_add_up_and_are_of_4_mib_at_most(client: Client):
    media = initialize(client, b"x" * 10, "video/mp4", "tweet_video")
    assert append(client, media, 1, b"x" * 5).is_success
    short = client.http.post(f"{UPLOAD}/{media}/finalize")
    assert "do not add up" in refusal(short)[1]
    large = append(client, media, 0, b"x" * (4 * 1024**2 + 1))
    assert (large.status_code, large.content) == (413, b"")


def test_media_belong_to_who_uploaded_them_and_expire_after_a_day(client: Client):
    media = photo(client)
    client.know("twitter", id="2", token="other")
    other = {"authorization": "Bearer other"}
    wanted = {"text": "theirs", "media": {"media_ids": [media]}}
    stolen = client.http.post("/twitter/2/tweets", json=wanted, headers=other)
    assert refusal(stolen)[0] == 400
    client.forward(86_401)
    assert refusal(tweet(client, "late", media={"media_ids": [media]}))[0] == 400


def test_lookup_takes_100_ids_and_names_those_that_are_not_there(client: Client):
    made = data(tweet(client))["id"]
    query = {"ids": f"{made},190", "tweet.fields": "public_metrics,non_public_metrics"}
    found = client.http.get("/twitter/2/tweets", params=query)
    assert [post["id"] for post in data(found)] == [made]
    assert found.json()["errors"][0]["resource_id"] == "190"
    many = ",".join(map(str, range(101)))
    assert client.http.get("/twitter/2/tweets", params={"ids": many}).status_code == 400


def test_figures_grow_and_private_ones_are_given_for_30_days(client: Client):
    made = data(tweet(client))["id"]

    def read() -> httpx.Response:
        query = {"ids": made, "tweet.fields": "public_metrics,non_public_metrics"}
        return client.http.get("/twitter/2/tweets", params=query)

    seen = []
    for _ in range(3):
        client.forward(86_400)
        seen.append(data(read())[0]["public_metrics"]["impression_count"])
    assert 0 < seen[0] < seen[1] < seen[2]
    client.forward(30 * 86_400)
    old = read()
    assert "non_public_metrics" not in data(old)[0]
    assert old.json()["errors"][0]["type"].endswith("not-authorized-for-field")


def test_the_newer_vocabulary_is_answered_in_kind(client: Client):
    made = data(tweet(client))["id"]
    query = {"ids": made, "post.fields": "public_metrics"}
    (found,) = data(client.http.get("/twitter/2/tweets", params=query))
    assert "repost_count" in found["public_metrics"]
    assert "edit_history_post_ids" in found


def test_the_timeline_goes_by_pages_newest_first(client: Client):
    ids = [data(tweet(client, f"{number}"))["id"] for number in range(7)]
    first = client.http.get("/twitter/2/users/1/tweets", params={"max_results": 5})
    assert [post["id"] for post in data(first)] == ids[:1:-1]
    more = {"max_results": 5, "pagination_token": first.json()["meta"]["next_token"]}
    second = client.http.get("/twitter/2/users/1/tweets", params=more)
    assert [post["id"] for post in data(second)] == ids[1::-1]
    few = client.http.get("/twitter/2/users/1/tweets", params={"max_results": 4})
    assert refusal(few)[0] == 400


def test_a_deleted_post_is_gone_and_may_be_made_again(client: Client):
    made = data(tweet(client))["id"]
    assert data(client.http.delete(f"/twitter/2/tweets/{made}")) == {"deleted": True}
    assert client.http.get(f"/twitter/2/tweets/{made}").status_code == 404
    empty = client.http.get("/twitter/2/users/1/tweets").json()
    assert empty == {"meta": {"result_count": 0}}
    assert tweet(client).status_code == 201


def test_every_answer_says_how_the_window_stands_until_it_is_used_up(client: Client):
    client.at("2026-11-24T12:00:00Z")
    client.limit("twitter", "posts", 2)
    left = [tweet(client, f"{n}").headers["x-rate-limit-remaining"] for n in range(2)]
    assert left == ["1", "0"]
    full = tweet(client, "one too many")
    assert refusal(full) == (429, "Too Many Requests")
    client.forward(900)
    assert tweet(client, "in the next window").status_code == 201


def test_a_capped_plan_has_headers_of_24_hours(client: Client):
    client.know("twitter", plan="free")
    for number in range(17):
        assert tweet(client, f"{number}").is_success
    full = tweet(client, "the 18th")
    assert full.status_code == 429
    assert full.headers["x-user-limit-24hour-remaining"] == "0"
    assert int(full.headers["x-rate-limit-remaining"]) >= 0


def test_an_account_without_credits_has_to_pay(client: Client):
    client.know("twitter", credits=0)
    refused = tweet(client)
    assert refused.status_code == 402
    assert refused.json()["type"].endswith("credits")


def test_the_profile_has_what_is_asked_for(client: Client):
    client.know("twitter", followers=321, name="Ada")
    query = {"user.fields": "public_metrics,profile_image_url"}
    me = data(client.http.get("/twitter/2/users/me", params=query))
    assert me["public_metrics"]["followers_count"] == 321
    assert (me["username"], me["name"]) == ("ada", "Ada")
    assert "verified" not in me


def test_a_scope_that_was_not_granted_is_missing(client: Client):
    client.know("twitter", scopes=["tweet.read", "users.read"])
    refused = tweet(client)
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("oauth1-permissions")
