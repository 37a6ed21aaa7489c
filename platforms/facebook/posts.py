"""Facebook Pages, Graph API v25.0 (https://developers.facebook.com/docs/pages-api): text and link
posts, one or several photos, video, reel, story, first comment.

A post of photos and videos together does not exist. Page tokens have no refresh; they last until
somebody ends the connection.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.content import ContentType, Json
from domain.failures import Rejected
from platforms import followups, graph, timeline
from platforms.adapter import Absent, Job, Published, PublishFlow, SettleFlow
from platforms.comments import first_comment
from platforms.facebook import media as facebook_media
from platforms.facebook.media import VERSION, page
from platforms.facebook.options import FIRST_COMMENT, WITH_FEED, WITH_TEXT
from platforms.flow import Answer, Reply, Request, Save, Step, call, fenced, text_of
from platforms.refusals import placed

UPLOADED: Final = frozenset({ContentType.VIDEO, ContentType.REEL, ContentType.STORY})
COMMENT: Final = first_comment(VERSION, "message", "created_time", FIRST_COMMENT.name)


def publish(job: Job) -> PublishFlow:
    """The post, then its first comment."""
    return followups.publish(job, _head, COMMENT)


def settle(job: Job) -> SettleFlow:
    return followups.settle(job, _settled, COMMENT)


def _head(job: Job) -> PublishFlow:
    match job.content.kind:
        case ContentType.VIDEO:
            return facebook_media.video(job)
        case ContentType.REEL:
            return graph.anew(facebook_media.reel(job))
        case ContentType.STORY:
            return graph.anew(facebook_media.story(job))
    return graph.anew(_post(job))


def _settled(job: Job) -> SettleFlow:
    """By the upload's id where there is one, else in the Page's list of posts."""
    return facebook_media.settle(job) if job.content.kind in UPLOADED else _look(job)


def permalink(post_id: str) -> str:
    return f"{facebook_media.SITE}/{post_id}"


def _post(job: Job) -> PublishFlow:
    photos = yield from _photos(job)
    first = job.checkpoint.get("first_sent")
    kept: dict[str, Json] = {"first_sent": first or int(job.now.timestamp())}
    if photos:
        kept["photos"] = list[Json](photos)
    yield Save(kept)
    answer = yield from fenced(_request(job, photos))
    if not answer.ok and graph.is_duplicate(answer):
        yield Save({**kept, "duplicate": True})
    try:
        body = graph.object_of(answer, job.now, published=True)
    except Rejected as refused:
        raise placed(refused, len(job.content.media)) from None
    post_id = text_of(body.get("post_id") or body.get("id"), answer.status)
    return Published(post_id, permalink(post_id))


def _photos(job: Job) -> Generator[Step, Reply, list[str]]:
    """The photos of a post of several, uploaded without being published."""
    if len(job.content.media) < 2:
        return []
    kept = job.checkpoint.get("photos")
    photos = [str(photo) for photo in kept] if isinstance(kept, list) else []
    for position in range(len(photos), len(job.content.media)):
        photo = yield from facebook_media.hidden_photo(job, position)
        photos.append(photo)
        yield Save({**job.checkpoint, "photos": list[Json](photos)})
    return photos


def _request(job: Job, photos: Sequence[str]) -> Request:
    content = job.content
    options = graph.passed_on(content, WITH_FEED)
    if photos:
        attached = {
            f"attached_media[{place}]": f'{{"media_fbid":"{photo}"}}'
            for place, photo in enumerate(photos)
        }
        form = {"message": content.text, **attached, **options}
        return Request("POST", f"{page(job)}/feed", form=form)
    if content.media:
        photo = content.media[0]
        form = {"url": photo.url, "caption": content.text, "published": "true", **options}
        alt = {"alt_text_custom": photo.alt_text} if photo.alt_text else {}
        return Request("POST", f"{page(job)}/photos", form={**form, **alt})
    form = {"message": content.text, **options, **graph.passed_on(content, WITH_TEXT)}
    return Request("POST", f"{page(job)}/feed", form=form)


def _look(job: Job) -> SettleFlow:
    """Looks through the Page's latest posts. When Facebook says that the text is there already, an
    earlier try may have made it: then from the first try on."""
    since = _since(job)
    query = {
        "fields": "id,message,created_time,permalink_url",
        "limit": "100",
        "since": str(int(since.timestamp())),
    }
    answer = yield from call(Request("GET", f"{page(job)}/published_posts", query=query))
    posts = _posts(answer, job.now, since)
    duplicate = bool(job.checkpoint.get("duplicate"))
    found = timeline.nearest(replace(job, intent_at=since) if duplicate else job, posts)
    if isinstance(found, Absent) and duplicate:
        words = "Facebook refuses it: the Page's last post says the same; change the text"
        return Absent(Rejected(words, item="content", code="506"))
    return found


def _since(job: Job) -> datetime:
    first = job.checkpoint.get("first_sent")
    if job.checkpoint.get("duplicate") and isinstance(first, int):
        return (graph.moment(first) or job.now) - timeline.CLOCK_SLACK
    return timeline.since(job)


def _posts(
    answer: Answer, now: datetime, since: datetime
) -> list[tuple[str, datetime | None, Published]]:
    posts = []
    for row in graph.recent(graph.rows(answer, now), "created_time", since):
        post_id = text_of(row.get("id"), answer.status)
        link = row.get("permalink_url")
        url = link if isinstance(link, str) else permalink(post_id)
        at = graph.moment(row.get("created_time"))
        posts.append((str(row.get("message") or ""), at, Published(post_id, url)))
    return posts
