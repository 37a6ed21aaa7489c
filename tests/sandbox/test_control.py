"""How the sandbox is run: settings, limits, figures, sample media, the page, the guide."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sandbox.control import PREFIX
from tests.sandbox.client import Client

ROOT = Path(__file__).resolve().parents[2]


def tweet(client: Client, text: str, **more: Any) -> str:
    made = client.http.post("/twitter/2/tweets", json={"text": text, **more})
    return str(made.raise_for_status().json()["data"]["id"])


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("accounts", {"platform": "twitter", "id": "1"}, "token"),
        ("accounts", {"platform": "twitter", "id": "1", "token": "t", "colour": 1}, "colour"),
        ("settings", {"speed": 1}, "speed"),
        ("limits", {"platform": "tiktok", "name": "likes", "limit": 1}, "name"),
        ("figures", {"platform": "twitter", "post": "19", "likes": 1}, "post"),
        ("figures", {"platform": "twitter", "account": "9"}, "account"),
    ],
)
def test_what_is_not_known_is_refused_by_name(
    route: str, body: dict[str, Any], field: str, client: Client
):
    answer = client.http.post(f"{PREFIX}/{route}", json=body)
    assert answer.status_code == 400
    assert answer.text.startswith(f"{field}:")


def test_settings_that_are_not_named_stay(client: Client):
    client.set(processing_looks=3)
    client.set(latency=0.001)
    found = client.http.get(f"{PREFIX}/settings").json()
    assert (found["processing_looks"], found["latency"]) == (3, 0.001)


def test_limits_can_be_counted_without_being_enforced(client: Client):
    client.limit("twitter", "posts", 0)
    client.set(limits=False)
    assert tweet(client, "still")


def test_figures_can_be_set_and_then_stand_still(client: Client):
    post = tweet(client, "known")
    body = {"platform": "twitter", "post": post, "likes": 7, "impressions": 100}
    client.http.post(f"{PREFIX}/figures", json=body).raise_for_status()
    client.forward(90 * 86_400)
    query = {"ids": post, "tweet.fields": "public_metrics"}
    (found,) = client.http.get("/twitter/2/tweets", params=query).json()["data"]
    assert found["public_metrics"]["like_count"] == 7
    assert found["public_metrics"]["retweet_count"] > 0
    body = {"platform": "twitter", "account": "1", "followers": 5000}
    client.http.post(f"{PREFIX}/figures", json=body).raise_for_status()
    me = client.http.get("/twitter/2/users/me?user.fields=public_metrics").json()["data"]
    assert me["public_metrics"]["followers_count"] == 5000


def test_a_quarter_passes_in_steps_and_followers_come(client: Client):
    seen = []
    for _ in range(3):
        client.forward(30 * 86_400)
        me = client.http.get("/twitter/2/users/me?user.fields=public_metrics").json()["data"]
        seen.append(me["public_metrics"]["followers_count"])
    assert seen == [210, 300, 390]


def test_the_ledger_counts_comments_that_were_made_twice(client: Client):
    post = client.http.post("/facebook/v25.0/1/feed", data={"message": "hi"}).json()["id"]
    for _ in range(2):
        client.http.post(f"/facebook/v25.0/{post}/comments", data={"message": "first"})
    found = client.http.get(f"{PREFIX}/ledger?summary=1").json()
    assert (found["count"], found["comments"]) == (1, 2)
    assert [(twice["kind"], twice["times"]) for twice in found["duplicates"]] == [("comment", 2)]


@pytest.mark.parametrize(
    ("name", "form"), [("a.jpg", "JPEG"), ("b.png", "PNG"), ("c.webp", "WEBP")]
)
def test_sample_pictures_are_real(name: str, form: str, client: Client):
    body = client.sample(name, width=640, height=480, bytes=100_000)
    with Image.open(io.BytesIO(body)) as picture:
        assert (picture.format, picture.size) == (form, (640, 480))
    assert len(body) == 100_000
    assert client.sample(f"other-{name}") != client.sample(name)


def test_sample_films_have_real_headers(client: Client):
    body = client.sample("a.mp4", width=720, height=1280, seconds=12, bytes=5000)
    assert (body[4:8], len(body)) == (b"ftyp", 5000)
    assert b"moov" in body
    short = client.sample("a.mp4", bytes=5000, cut=100)
    assert len(short) == 4900


def test_the_page_shows_what_was_accepted_and_escapes_it(client: Client):
    tweet(client, "<script>alert(1)</script> & more")
    gone = tweet(client, "gone")
    client.http.delete(f"/twitter/2/tweets/{gone}")
    form = {"url": client.sample_url("a.jpg"), "caption": "pic", "alt_text_custom": 'a "lake"'}
    client.http.post("/facebook/v25.0/1/photos", data=form)
    page = client.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page.text
    assert "<script" not in page.text
    assert 'alt="a &quot;lake&quot;"' in page.text
    assert page.text.index("gone") < page.text.index("alert(1)")
    assert '<article class="gone">' in page.text


def test_the_page_is_short_however_long_the_ledger_is(client: Client):
    client.set(limits=False)
    for number in range(45):
        tweet(client, f"post {number}")
    assert "and 5 earlier" in client.http.get("/").text


def test_help_lists_every_control_route_and_every_fault(client: Client):
    command = [sys.executable, "-m", "sandbox", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for word in ("POST faults", "POST clock", "drop_after", "remove_after", "alter_text", "skip"):
        assert word in shown
    assert max(map(len, shown.splitlines())) <= 100
