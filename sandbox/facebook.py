"""Facebook Pages: https://developers.facebook.com/docs/pages-api"""

from __future__ import annotations

from aiohttp import web

from sandbox.meta import check_user, refuse, timestamp, wording
from sandbox.routes import Call, Route, SimulatedPlatform, answer

VERSION = r"/{version:v\d+\.\d+}"


def feed(call: Call) -> web.Response:
    text = str(call.form.get("message", ""))
    if not text and "link" not in call.form:
        raise refuse(100, "(#100) Param message or link is needed")
    return answer({"id": _accept(call, "text", text)})


def photo(call: Call) -> web.Response:
    if "url" not in call.form:
        raise refuse(324, "(#324) Requires upload file")
    photo_id = call.world.number(12)
    if str(call.form.get("published", "true")) == "false":
        return answer({"id": photo_id})
    text = str(call.form.get("caption", ""))
    post_id = _accept(call, "image", text, (str(call.form["url"]),))
    return answer({"id": photo_id, "post_id": post_id})


def posts(call: Call) -> web.Response:
    check_user(call)
    since = float(call.request.query.get("since", 0))
    data = [
        {
            "id": post.id,
            "message": post.shown,
            "created_time": timestamp(post.at),
            "permalink_url": post.url,
        }
        for post in call.posts()
        if post.at >= since
    ]
    return answer({"data": data[: int(call.request.query.get("limit", 25))]})


def _accept(call: Call, kind: str, text: str, media: tuple[str, ...] = ()) -> str:
    check_user(call)
    if len(text) > 63_206:
        raise refuse(100, "(#100) The text is too long")
    latest = next(iter(call.posts()), None)
    if latest is not None and latest.text == text and not media:
        raise refuse(506, "Duplicate status message", 1455006)
    post_id = f"{call.account.id}_{call.world.number(12)}"
    url = f"https://www.facebook.com/{post_id}"
    call.accept(post_id, url, kind=kind, text=text, media=media)
    return post_id


FACEBOOK = SimulatedPlatform(
    "facebook",
    (
        Route("POST", f"{VERSION}/{{user}}/feed", "publish", feed),
        Route("POST", f"{VERSION}/{{user}}/photos", "publish", photo),
        Route("GET", f"{VERSION}/{{user}}/published_posts", "read", posts),
    ),
    wording(80001),
)
