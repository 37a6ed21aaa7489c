"""LinkedIn: what it takes, what it refuses and in which words."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.sandbox.client import Client

HEADERS = {"linkedin-version": "202609", "x-restli-protocol-version": "2.0.0"}
PAGE = "urn:li:organization:5583111"
MEMBER = "urn:li:person:1"


@pytest.fixture
def page(client: Client) -> Client:
    """The account is an organisation's."""
    client.know("linkedin", id=PAGE, token="page", username="acme", name="Acme")
    client.http.headers["authorization"] = "Bearer page"
    return client


def call(client: Client, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {**HEADERS, **more.pop("headers", {})}
    return client.http.request(method, f"/linkedin{path}", headers=headers, **more)


def body(author: str = MEMBER, commentary: str = "hello", **more: Any) -> dict[str, Any]:
    return {
        "author": author,
        "commentary": commentary,
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
        **more,
    }


def post(client: Client, author: str = MEMBER, commentary: str = "hello", **more: Any):
    return call(client, "POST", "/rest/posts", json=body(author, commentary, **more))


def image(client: Client, owner: str = MEMBER, name: str = "a.jpg") -> str:
    wanted = {"initializeUploadRequest": {"owner": owner}}
    kind = "documents" if name.endswith(".pdf") else "images"
    value = call(client, "POST", f"/rest/{kind}?action=initializeUpload", json=wanted).json()[
        "value"
    ]
    assert client.http.put(value["uploadUrl"], content=client.sample(name)).status_code == 201
    return str(value[kind.removesuffix("s")])


def start_video(client: Client, size: int, owner: str = MEMBER) -> Any:
    wanted = {"initializeUploadRequest": {"owner": owner, "fileSizeBytes": size}}
    answer = call(client, "POST", "/rest/videos?action=initializeUpload", json=wanted)
    return answer.raise_for_status().json()["value"]


def finish_video(client: Client, urn: str, tags: list[str]) -> httpx.Response:
    wanted = {"video": urn, "uploadToken": "", "uploadedPartIds": tags}
    address = "/rest/videos?action=finalizeUpload"
    return call(client, "POST", address, json={"finalizeUploadRequest": wanted})


def parts(client: Client, value: Any, film: bytes) -> list[str]:
    """Upload every part without a token; their ETags."""
    tags = []
    for part in value["uploadInstructions"]:
        content = film[part["firstByte"] : part["lastByte"] + 1]
        sent = client.bare.put(part["uploadUrl"], content=content)
        tags.append(sent.raise_for_status().headers["etag"])
    return tags


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def status_of(client: Client, kind: str, urn: str) -> Any:
    return call(client, "GET", f"/rest/{kind}/{quote(urn, safe='')}").json()


def test_a_post_is_made_with_its_urn_in_a_header(client: Client):
    made = post(client)
    assert (made.status_code, made.content) == (201, b"")
    urn = made.headers["x-restli-id"]
    assert urn.startswith("urn:li:share:")
    (accepted,) = client.ledger()
    assert accepted["url"] == f"https://www.linkedin.com/feed/update/{urn}/"


@pytest.mark.parametrize("version", ["", "20260901", "202508"])
def test_a_version_that_is_not_active_is_refused(version: str, client: Client):
    headers = {"linkedin-version": version}
    refused = call(client, "POST", "/rest/posts", json=body(), headers=headers)
    assert code(refused) == (426, "NONEXISTENT_VERSION")


@pytest.mark.parametrize(
    ("commentary", "shown"),
    [
        (r"sale \(all week\) \#sale", "sale (all week) #sale"),
        ("cut (here) and gone", "cut "),
        (r"hi @[Acme \(Ltd\)](urn:li:organization:1)!", "hi Acme (Ltd)!"),
        (r"{hashtag|\#|sale} now", "#sale now"),
    ],
)
def test_little_text_is_read_as_linkedin_reads_it(commentary: str, shown: str, client: Client):
    assert post(client, commentary=commentary).is_success
    assert [accepted["text"] for accepted in client.ledger()] == [shown]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"commentary": "x" * 3001}, (400, "FIELD_LENGTH_TOO_LONG")),
        ({"commentary": "😀" * 1501}, (400, "FIELD_LENGTH_TOO_LONG")),
        ({"commentary": " "}, (400, "INVALID_VALUE_BLANK_FIELD")),
        ({"author": PAGE}, (403, "ACCESS_DENIED")),
        ({"visibility": "FRIENDS"}, (400, "INVALID_VALUE_FOR_FIELD")),
        ({"content": {"media": {"id": "urn:li:image:x"}}}, (400, "INVALID_IMAGE_ID")),
        ({"content": {"media": {"id": "urn:li:share:x"}}}, (400, "INVALID_URN_TYPE")),
        ({"content": {"article": {"source": "x", "title": "t"}}}, (400, "INVALID_URL")),
        ({"content": {"article": {"source": "https://x.y"}}}, (400, "MISSING_FIELD")),
        ({"content": {"multiImage": {"images": [{}]}}}, (400, "INVALID_VALUE_FOR_FIELD")),
        ({"content": {"reel": {}}}, (400, "INVALID_VALUE_FOR_FIELD")),
    ],
)
def test_a_wrong_body_is_refused_by_field(
    more: dict[str, Any], expected: tuple[int, str], client: Client
):
    assert code(call(client, "POST", "/rest/posts", json=body(**more))) == expected
    assert client.ledger() == []


def test_a_field_that_is_missing_is_named(client: Client):
    wanted = body()
    del wanted["visibility"]
    refused = call(client, "POST", "/rest/posts", json=wanted)
    assert code(refused) == (400, "MISSING_FIELD")
    assert "visibility" in refused.json()["message"]


def test_the_same_text_again_is_refused_with_the_urn_of_the_first(page: Client):
    first = post(page, PAGE).headers["x-restli-id"]
    again = post(page, PAGE)
    assert again.status_code == 422
    assert first in again.json()["message"]
    assert again.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    gone = call(page, "DELETE", f"/rest/posts/{quote(first, safe='')}")
    assert gone.status_code == 204
    ghost = post(page, PAGE)
    assert first in ghost.json()["message"]
    assert call(page, "GET", f"/rest/posts/{quote(first, safe='')}").status_code == 404
    page.forward(86_401)
    assert post(page, PAGE).status_code == 201


def test_one_image_several_images_a_document_an_article_and_a_poll(client: Client):
    images = [image(client, name=f"{number}.jpg") for number in range(3)]
    poll = {
        "question": "Well?",
        "options": [{"text": "a"}, {"text": "b"}],
        "settings": {"duration": "ONE_DAY"},
    }
    article = {"source": "https://example.org", "title": "t", "thumbnail": images[0]}
    contents = [
        {"media": {"id": images[0], "altText": "A shelf"}},
        {"multiImage": {"images": [{"id": urn, "altText": "x"} for urn in images]}},
        {"media": {"id": image(client, name="a.pdf"), "title": "Report"}},
        {"article": article},
        {"poll": poll},
    ]
    for number, content in enumerate(contents):
        assert post(client, commentary=f"post {number}", content=content).status_code == 201
    kinds = [accepted["kind"] for accepted in client.ledger()]
    assert kinds == ["image", "carousel", "document", "article", "poll"]


def test_an_image_that_was_not_uploaded_is_waited_for(client: Client):
    wanted = {"initializeUploadRequest": {"owner": MEMBER}}
    made = call(client, "POST", "/rest/images?action=initializeUpload", json=wanted)
    urn = made.json()["value"]["image"]
    refused = post(client, content={"media": {"id": urn}})
    assert code(refused) == (400, "MEDIA_ASSET_WAITING_UPLOAD")
    without = client.bare.put(made.json()["value"]["uploadUrl"], content=b"x")
    assert without.status_code == 401


def test_a_video_goes_up_in_parts_and_is_processed(client: Client):
    film = client.sample("a.mp4", bytes=9_000_000)
    value = start_video(client, len(film))
    ends = [part["lastByte"] for part in value["uploadInstructions"]]
    assert ends == [4_194_303, 8_388_607, 8_999_999]
    tags = parts(client, value, film)
    wrong = finish_video(client, value["video"], tags[::-1])
    assert code(wrong) == (400, "UPDATING_ASSET_FAILED")
    assert finish_video(client, value["video"], tags).status_code == 200
    content = {"media": {"id": value["video"], "title": "Film"}}
    assert code(post(client, content=content)) == (400, "MEDIA_ASSET_WAITING_UPLOAD")
    states = [status_of(client, "videos", value["video"])["status"] for _ in range(2)]
    assert states == ["PROCESSING", "AVAILABLE"]
    assert post(client, content=content).headers["x-restli-id"].startswith("urn:li:ugcPost:")


def test_a_video_that_is_too_short_fails_with_a_reason(client: Client):
    client.set(processing_looks=0)
    film = client.sample("a.mp4", seconds=2)
    value = start_video(client, len(film))
    finish_video(client, value["video"], parts(client, value, film))
    found = status_of(client, "videos", value["video"])
    assert found["status"] == "PROCESSING_FAILED"
    assert "3 seconds" in found["processingFailureReason"]
    refused = post(client, content={"media": {"id": value["video"]}})
    assert code(refused) == (400, "MEDIA_ASSET_PROCESSING_FAILED")


def test_an_upload_url_dies_after_a_day(client: Client):
    value = start_video(client, 10)
    client.forward(86_400)
    url = value["uploadInstructions"][0]["uploadUrl"]
    assert client.bare.put(url, content=b"x" * 10).status_code == 401


def test_a_member_may_not_read_posts_or_images_and_a_page_may(client: Client):
    urn = post(client).headers["x-restli-id"]
    assert call(client, "GET", f"/rest/posts/{quote(urn, safe='')}").status_code == 403
    picture = image(client)
    assert status_of(client, "images", picture)["code"] == "ACCESS_DENIED"
    client.know("linkedin", id=PAGE, token="page")
    client.http.headers["authorization"] = "Bearer page"
    own = image(client, PAGE)
    assert status_of(client, "images", own)["status"] == "AVAILABLE"


def test_the_posts_of_a_page_are_listed_newest_first(page: Client):
    urns = [post(page, PAGE, f"no {n} \\(new\\)").headers["x-restli-id"] for n in range(3)]
    query = {"q": "author", "author": PAGE, "count": 2}
    found = call(page, "GET", "/rest/posts", params=query).json()
    assert [element["id"] for element in found["elements"]] == urns[:0:-1]
    assert found["elements"][0]["commentary"] == r"no 2 \(new\)"
    assert found["paging"]["links"][0]["rel"] == "next"


def test_a_urn_that_is_not_encoded_is_refused(page: Client):
    urn = post(page, PAGE).headers["x-restli-id"]
    assert call(page, "GET", f"/rest/posts/{urn}").status_code == 400


def test_a_first_comment_is_kept_as_it_is_written(page: Client):
    urn = post(page, PAGE).headers["x-restli-id"]
    wanted = {"actor": PAGE, "object": urn, "message": {"text": "more (here)"}}
    address = f"/rest/socialActions/{quote(urn, safe='')}/comments"
    made = call(page, "POST", address, json=wanted)
    assert (made.status_code, made.json()["object"]) == (201, urn)
    (accepted,) = page.ledger()
    assert [comment["text"] for comment in accepted["comments"]] == ["more (here)"]


def test_a_text_can_be_edited(page: Client):
    urn = post(page, PAGE).headers["x-restli-id"]
    address = f"/rest/posts/{quote(urn, safe='')}"
    patch = {"patch": {"$set": {"commentary": "better"}}}
    method = {"x-restli-method": "PARTIAL_UPDATE"}
    assert call(page, "POST", address, json=patch, headers=method).status_code == 204
    assert call(page, "GET", address).json()["commentary"] == "better"


def test_the_day_has_a_limit_that_opens_at_midnight(client: Client):
    client.at("2026-11-24T12:00:00Z")
    client.limit("linkedin", "posts", 1)
    assert post(client).is_success
    full = post(client, commentary="second")
    assert full.status_code == 429
    assert "DAY" in full.json()["message"]
    client.at("2026-11-25T00:00:00Z")
    assert post(client, commentary="second").is_success


def test_the_figures_of_a_page_are_given_by_post(page: Client):
    urn = post(page, PAGE).headers["x-restli-id"]
    page.forward(86_400)
    listed = f"List({quote(urn, safe='')})"
    entity = quote(PAGE, safe="")
    address = (
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
        f"&organizationalEntity={entity}&shares={listed}"
    )
    (element,) = call(page, "GET", address).json()["elements"]
    totals = element["totalShareStatistics"]
    assert element["share"] == urn
    assert totals["impressionCount"] > totals["uniqueImpressionsCount"] > totals["likeCount"] > 0
    coded = address.replace("List(", "List%28").replace(")", "%29")
    assert call(page, "GET", coded).status_code == 400


def test_the_figures_of_a_page_are_given_by_day(page: Client):
    page.at("2026-11-01T00:00:00Z")
    post(page, PAGE)
    page.forward(3 * 86_400)
    start, end = 1_793_491_200_000, 1_793_750_400_000
    address = (
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
        f"&organizationalEntity={quote(PAGE, safe='')}"
        f"&timeIntervals=(timeRange:(start:{start},end:{end}),timeGranularityType:DAY)"
    )
    found = call(page, "GET", address).json()["elements"]
    seen = [element["totalShareStatistics"]["impressionCount"] for element in found]
    assert len(seen) == 3
    assert seen[0] > seen[1] > seen[2] > 0


def test_the_figures_of_a_member_are_given_one_by_one(client: Client):
    urn = post(client).headers["x-restli-id"]
    client.forward(86_400)
    address = (
        f"/rest/memberCreatorPostAnalytics?q=entity&entity=(share:{quote(urn, safe='')})"
        "&queryType=REACTION&aggregation=TOTAL"
    )
    (element,) = call(client, "GET", address).json()["elements"]
    assert element["count"] > 0
    client.know("linkedin", scopes=["w_member_social"])
    assert call(client, "GET", address).status_code == 403


def test_live_counts_and_followers(page: Client):
    urn = post(page, PAGE).headers["x-restli-id"]
    page.forward(10 * 86_400)
    found = call(page, "GET", f"/rest/socialMetadata/{quote(urn, safe='')}").json()
    assert found["reactionSummaries"]["LIKE"]["count"] > 0
    sizes = f"/rest/networkSizes/{quote(PAGE, safe='')}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"
    assert call(page, "GET", sizes).json() == {"firstDegreeSize": 150}
    name = call(page, "GET", "/rest/organizations/5583111").json()
    assert (name["localizedName"], name["vanityName"]) == ("Acme", "acme")


def test_a_member_has_a_profile_and_followers(client: Client):
    me = call(client, "GET", "/v2/userinfo").json()
    assert (me["sub"], me["name"]) == ("1", "ada")
    (count,) = call(client, "GET", "/rest/memberFollowersCount?q=me").json()["elements"]
    assert count == {"memberFollowersCount": 120}


def test_a_refresh_token_lives_a_year_from_the_grant_and_stays_the_same(client: Client):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        "client_id": "c",
        "client_secret": "s",
    }
    first = client.http.post("/linkedin/oauth/v2/accessToken", data=form).json()
    assert first["refresh_token"] == "r1"
    client.forward(86_400)
    again = client.http.post("/linkedin/oauth/v2/accessToken", data=form).json()
    assert again["refresh_token_expires_in"] < first["refresh_token_expires_in"]
    asked = {"client_id": "c", "client_secret": "s", "token": first["access_token"]}
    dead = client.http.post("/linkedin/oauth/v2/introspectToken", data=asked).json()
    assert not dead["active"]
    client.know("linkedin", partner=False)
    refused = client.http.post("/linkedin/oauth/v2/accessToken", data=form)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
