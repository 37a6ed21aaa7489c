"""The Posts API: create, edit, delete, read back, and comments beneath own posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.ledger import Post
from sandbox.linkedin import restli, text
from sandbox.linkedin.wording import (
    check,
    duplicate_of,
    forbidden,
    is_page,
    need,
    not_found,
    refuse,
    urn_of,
)
from sandbox.routes import Call, Refused, answer
from sandbox.work import Work, sources

NEEDED: Final = ("author", "commentary", "visibility", "distribution", "lifecycleState")
VISIBILITIES: Final = ("PUBLIC", "CONNECTIONS", "LOGGED_IN")
DURATIONS: Final = ("ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS")
TEXT_MAX, COMMENT_MAX, TITLE_MAX, ALT_MAX = 3000, 1250, 400, 4086
GHOST_SECONDS: Final = 86_400.0


def create(call: Call) -> web.Response:
    check(call)
    need(call, "w_member_social", "w_organization_social", "posts.CREATE.20260901")
    _check_fields(call)
    content = call.form.get("content") or {}
    kind, works = _content(call, content)
    shown = text.shown(str(call.form["commentary"]))
    if not shown.strip() and kind == "text":
        raise refuse("INVALID_VALUE_BLANK_FIELD", "commentary: is blank")
    if text.units(shown) > TEXT_MAX:
        raise refuse("FIELD_LENGTH_TOO_LONG", f"commentary: longer than {TEXT_MAX} characters")
    _check_twin(call, shown)
    number = call.world.number(7)
    urn = f"urn:li:{'ugcPost' if kind in ('video', 'carousel', 'poll') else 'share'}:{number}"
    details = {name: call.form[name] for name in ("visibility", "content") if name in call.form}
    url = f"https://www.linkedin.com/feed/update/{urn}/"
    media = sources(works)
    call.accept(urn, url, kind=kind, text=shown, media=media, details=details)
    return web.Response(status=201, headers={"x-restli-id": urn})


def change(call: Call) -> web.Response:
    """PARTIAL_UPDATE of the commentary."""
    check(call)
    post = _mine(call)
    patch = call.form.get("patch")
    given = patch.get("$set", {}).get("commentary") if isinstance(patch, dict) else None
    if call.request.headers.get("x-restli-method") != "PARTIAL_UPDATE" or given is None:
        raise refuse("INVALID_VALUE_FOR_FIELD", "patch.$set.commentary: is needed")
    post.shown = text.shown(str(given))
    return web.Response(status=204)


def delete(call: Call) -> web.Response:
    check(call)
    post = call.post(call.path("urn"))
    if post is not None:
        post.removed_at = call.now
    return web.Response(status=204)


def single(call: Call) -> web.Response:
    check(call)
    _check_readable(call)
    return answer(_element(call, _mine(call)))


def listed(call: Call) -> web.Response:
    """The finder by author, or BATCH_GET by ids."""
    check(call)
    _check_readable(call)
    ids = restli.items(call, "ids")
    if ids:
        found = {urn: post for urn in ids if (post := call.post(urn)) is not None}
        results = {urn: _element(call, post) for urn, post in found.items()}
        lost: dict[str, Any] = {urn: {"status": 404} for urn in ids if urn not in found}
        return answer({"results": results, "statuses": {}, "errors": lost})
    if call.query.get("author") != urn_of(call.account):
        raise refuse("INVALID_URN_ID", "author: is not yours")
    start, count = int(call.query.get("start", 0)), int(call.query.get("count", 10))
    posts = call.posts()
    elements = [_element(call, post) for post in posts[start : start + min(count, 100)]]
    paging: dict[str, Any] = {"start": start, "count": count, "total": len(posts), "links": []}
    if len(posts) > start + count:
        paging["links"] = [{"rel": "next", "href": f"/rest/posts?start={start + count}"}]
    return answer({"elements": elements, "paging": paging})


def comment(call: Call) -> web.Response:
    check(call)
    need(call, "w_member_social_feed", "w_organization_social_feed", "socialActions.CREATE")
    post = _mine(call)
    message = call.form.get("message")
    words = str(message.get("text", "")) if isinstance(message, dict) else ""
    if call.form.get("actor") != urn_of(call.account):
        raise Refused(forbidden("socialActions.CREATE"))
    if not words.strip():
        raise refuse("MISSING_FIELD", "message.text: is needed")
    if text.units(words) > COMMENT_MAX:
        raise refuse("FIELD_LENGTH_TOO_LONG", f"message.text: longer than {COMMENT_MAX}")
    made = call.accept_comment(post, words)
    number = made.id.rpartition("_")[2]
    body = {
        "actor": urn_of(call.account),
        "object": post.id,
        "id": number,
        "$URN": f"urn:li:comment:({post.id},{number})",
        "commentUrn": f"urn:li:comment:({post.id},{number})",
        "message": {"text": words},
        "created": {"time": int(made.at * 1000)},
    }
    return answer(body, 201, {"x-restli-id": number})


def comments(call: Call) -> web.Response:
    check(call)
    elements = [
        {"id": made.id.rpartition("_")[2], "message": {"text": made.text}, "object": post.id}
        for post in (_mine(call),)
        for made in post.comments
    ]
    return answer({"elements": elements, "paging": {"start": 0, "count": len(elements)}})


def _check_fields(call: Call) -> None:
    for name in NEEDED:
        if name not in call.form:
            raise refuse("MISSING_FIELD", f"{name}: field is required but not found")
    if call.form["author"] != urn_of(call.account):
        raise Refused(forbidden())
    spread = call.form["distribution"]
    feed = spread.get("feedDistribution") if isinstance(spread, dict) else None
    for name, given, known in (
        ("visibility", call.form["visibility"], VISIBILITIES),
        ("lifecycleState", call.form["lifecycleState"], ("PUBLISHED", "DRAFT")),
        ("distribution.feedDistribution", feed, ("MAIN_FEED", "NONE")),
    ):
        if given not in known:
            raise refuse("INVALID_VALUE_FOR_FIELD", f"{name}: {given} is not one of {known}")


def _check_twin(call: Call, shown: str) -> None:
    """The same words of the same author; those of a deleted post count for another day."""
    twin = call.world.ledger.same_text("linkedin", call.account.id, shown) if shown else None
    if twin is not None and twin.there(call.now - GHOST_SECONDS):
        raise Refused(duplicate_of(twin.id))


def _content(call: Call, content: Any) -> tuple[str, list[Work]]:
    """The kind of post, and the assets that it shows."""
    if not isinstance(content, dict) or len(content) > 1:
        raise refuse("INVALID_VALUE_FOR_FIELD", "content: one of media, multiImage, article, poll")
    match content:
        case {"media": dict() as media}:
            work = _medium(call, media)
            return work.kind, [work]
        case {"multiImage": {"images": list() as images}}:
            return "carousel", _images(call, images)
        case {"article": dict() as article}:
            return "article", _article(call, article)
        case {"poll": dict() as poll}:
            _check_poll(poll)
            return "poll", []
        case {} if not content:
            return "text", []
    raise refuse("INVALID_VALUE_FOR_FIELD", f"content.{', '.join(content)}: not as documented")


def _medium(call: Call, media: Mapping[str, Any]) -> Work:
    work = _asset(call, media, ("image", "video", "document"))
    if work.kind == "document" and not media.get("title"):
        raise refuse("MISSING_FIELD", "content.media.title: is needed for a document")
    return work


def _images(call: Call, images: list[Any]) -> list[Work]:
    if not 2 <= len(images) <= 20:
        raise refuse("INVALID_VALUE_FOR_FIELD", "content.multiImage.images: 2 to 20")
    return [_asset(call, image, ("image",)) for image in images]


def _asset(call: Call, media: Any, kinds: tuple[str, ...]) -> Work:
    urn = str(media.get("id", "")) if isinstance(media, dict) else ""
    name = urn.split(":")[2] if urn.count(":") == 3 else ""
    if name not in kinds:
        raise refuse("INVALID_URN_TYPE", f"content: {urn} is not one of {', '.join(kinds)}")
    if len(str(media.get("altText", ""))) > ALT_MAX:
        raise refuse("FIELD_LENGTH_TOO_LONG", f"altText: longer than {ALT_MAX} characters")
    work = call.work(urn, *kinds)
    if work is None:
        raise refuse(f"INVALID_{'VIDEO' if name == 'video' else 'IMAGE'}_ID", f"{urn}: not yours")
    state = work.state(call.now)
    if not work.details["uploaded"] or state == "IN_PROGRESS":
        raise refuse("MEDIA_ASSET_WAITING_UPLOAD", f"{urn}: is not available yet")
    if state != "FINISHED":
        raise refuse("MEDIA_ASSET_PROCESSING_FAILED", f"{urn}: {work.failure}")
    return work


def _article(call: Call, article: Mapping[str, Any]) -> list[Work]:
    source = urlsplit(str(article.get("source", "")))
    if source.scheme not in ("http", "https") or not source.netloc:
        raise refuse("INVALID_URL", "content.article.source: is not a URL")
    if not article.get("title"):
        raise refuse("MISSING_FIELD", "content.article.title: field is required but not found")
    if len(str(article["title"])) > TITLE_MAX:
        raise refuse("FIELD_LENGTH_TOO_LONG", f"content.article.title: longer than {TITLE_MAX}")
    if "thumbnail" not in article:
        return []
    return [_asset(call, {"id": article["thumbnail"]}, ("image",))]


def _check_poll(poll: Mapping[str, Any]) -> None:
    question, options, settings = (poll.get(n) for n in ("question", "options", "settings"))
    if not isinstance(question, str) or not 1 <= len(question) <= 140:
        raise refuse("FIELD_LENGTH_TOO_LONG", "content.poll.question: 1 to 140 characters")
    texts = [option.get("text", "") for option in options] if isinstance(options, list) else []
    if not 2 <= len(texts) <= 4 or not all(1 <= len(words) <= 30 for words in texts):
        raise refuse("INVALID_VALUE_FOR_FIELD", "content.poll.options: 2 to 4, of 1 to 30")
    if not isinstance(settings, dict) or settings.get("duration") not in DURATIONS:
        raise refuse("INVALID_VALUE_FOR_FIELD", f"content.poll.settings.duration: {DURATIONS}")


def _mine(call: Call) -> Post:
    post = call.post(call.path("urn"))
    if post is None:
        raise not_found(call.path("urn"))
    return post


def _check_readable(call: Call) -> None:
    """A member's posts cannot be read: r_member_social is closed."""
    if not is_page(call.account) or not call.account.allows("r_organization_social"):
        raise Refused(forbidden("posts.GET"))


def _element(call: Call, post: Post) -> dict[str, Any]:
    at = int(post.at * 1000)
    return {
        "id": post.id,
        "author": urn_of(call.account),
        "commentary": text.escaped(post.shown),
        "lifecycleState": "PUBLISHED",
        "createdAt": at,
        "publishedAt": at,
        "lastModifiedAt": at,
        "distribution": {"feedDistribution": "MAIN_FEED"},
        **post.details,
    }
