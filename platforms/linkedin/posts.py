"""LinkedIn Posts API (https://learn.microsoft.com/linkedin/marketing/community-management): text,
one or several pictures, a video, a document; articles, polls, reshares; by members and Pages.

A Page's posts can be listed; a member's cannot. There LinkedIn's own refusal of duplicates (422,
with the URN of the post that it has) tells on the next try what became of the one before.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from domain.content import ContentType, Json, Media, MediaType
from domain.failures import OutcomeUnknown, Rejected, Unavailable
from platforms import followups, timeline, uploads
from platforms.adapter import Absent, Job, Published, PublishFlow, SettleFlow, Unsettled
from platforms.flow import (
    Answer,
    Reply,
    Request,
    Save,
    Step,
    Unreadable,
    call,
    fenced,
    text_of,
)
from platforms.followups import Part, Replies
from platforms.linkedin import api, errors, media, options
from platforms.linkedin.wording import little_text, plain_text
from platforms.refusals import Meaning
from platforms.timeline import Seen

DELETED: Final = (
    "LinkedIn takes it for a duplicate of a post that was deleted, for a day or two; change the"
    " text or wait"
)
NO_LIST: Final = "LinkedIn does not list a member's posts"
NO_TEXT: Final = f"{NO_LIST}, and without a text it does not tell duplicates either"


def publish(job: Job) -> PublishFlow:
    """``POST /rest/posts``, after the media have been uploaded and are available; then the first
    comment. `options` says which settings there are."""
    return followups.publish(job, _post, COMMENT)


def settle(job: Job) -> SettleFlow:
    """A Page is looked through. A member's post is taken for absent after a minute: LinkedIn
    refuses it, with the URN, if it is there after all. That goes by the text; a post without one
    stays open."""
    return followups.settle(job, _look, COMMENT)


def _post(job: Job) -> PublishFlow:
    try:
        urns = yield from media.attached(job, _media(job))
    except Rejected as refused:
        if not job.content.media:
            refused.item = "metadata.linkedin.article.thumbnail"
        raise
    kept = {"uploads": _uploads(urns)} if urns else {}
    yield Save({**kept, "sent": True})
    try:
        answer = yield from fenced(api.post(job.account, "posts", _body(job, urns)))
    except Unavailable:
        yield Save({**kept, **_before(job)})
        raise
    if not answer.ok:
        earlier = yield from _refused(job, answer, kept)
        return _published(earlier)
    return _published(text_of(answer.headers.get("x-restli-id"), answer.status))


def _media(job: Job) -> list[Media]:
    """What is uploaded: the post's media, or the picture of its article."""
    thumbnail = options.thumbnail(job.content)
    if thumbnail is None or thumbnail.startswith("urn:"):
        return list(job.content.media)
    return [media.picture(thumbnail)]


def _uploads(urns: Sequence[str]) -> list[Json]:
    return [{"urn": urn, "sent_all": True, "available": True} for urn in urns]


def _body(job: Job, urns: Sequence[str]) -> dict[str, Json]:
    content, told = job.content, job.content.options
    body: dict[str, Json] = {
        "author": api.author(job.account),
        "commentary": little_text(content.text, options.mentions(content)),
        "visibility": told.get("visibility", "PUBLIC"),
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    shown = _content(job, urns)
    if shown:
        body["content"] = shown
    if told.get("reshare"):
        body["reshareContext"] = {"parent": told["reshare"]}
    return body


def _content(job: Job, urns: Sequence[str]) -> dict[str, Json]:
    content = job.content
    if content.options.get("poll"):
        return {"poll": options.poll(content)}
    if content.options.get("article"):
        thumbnail = urns[0] if urns else options.thumbnail(content)
        picture: dict[str, Json] = {"thumbnail": thumbnail} if thumbnail else {}
        return {"article": {**options.article(content), **picture}}
    if content.kind is ContentType.CAROUSEL and len(urns) > 1:
        pictures = zip(urns, content.media, strict=True)
        return {"multiImage": {"images": [_described(urn, one) for urn, one in pictures]}}
    if not urns:
        return {}
    (shown,) = content.media
    titled: dict[str, Json] = {}
    if shown.type in (MediaType.VIDEO, MediaType.DOCUMENT):
        title = shown.title or content.title
        if shown.type is MediaType.DOCUMENT:
            title = title or "Document"
        titled = {"title": title} if title else {}
    return {"media": {**_described(urns[0], shown), **titled}}


def _described(urn: str, shown: Media) -> dict[str, Json]:
    described = shown.alt_text and shown.type in (MediaType.IMAGE, MediaType.GIF)
    return {"id": urn, "altText": shown.alt_text} if described else {"id": urn}


def _refused(job: Job, answer: Answer, kept: Mapping[str, Json]) -> Generator[Step, Reply, str]:
    """LinkedIn said no. A duplicate is ours only when an earlier call had been left open: of a
    member its URN is returned, at a Page it is looked at first. Media that LinkedIn does not know
    any more are uploaded anew."""
    before = _before(job)
    named = errors.duplicate_of(answer)
    ours = named if before and named not in job.known else None
    failure = errors.refusal(answer, job.now)
    if ours is not None and not api.is_page(job.account):
        return ours
    if ours is not None:
        yield Save({**kept, **before, "duplicate_of": ours})
        raise failure
    stale = errors.meaning(answer) is Meaning.STALE
    yield Save(before if stale else {**kept, **before})
    if isinstance(failure, OutcomeUnknown) and (named or not before):
        raise Rejected(failure.message, item="content", code=failure.code, status=failure.status)
    raise failure


def _before(job: Job) -> dict[str, Json]:
    """Whether an earlier call of ours may have made the post."""
    return {"sent": True} if job.checkpoint.get("sent") else {}


def _look(job: Job) -> SettleFlow:
    earlier = job.checkpoint.get("duplicate_of")
    if isinstance(earlier, str):
        answer = yield from call(api.get(job.account, f"posts/{api.encoded(earlier)}"))
        if answer.status == 404:
            return Absent(Rejected(DELETED, item="content", code="DUPLICATE_POST"))
        return _published(earlier)
    if not api.is_page(job.account):
        if not job.content.text.strip():
            return Unsettled(NO_TEXT)
        return Absent() if timeline.waited(job) else Unsettled(NO_LIST)
    path = f"posts?q=author&author={api.encoded(api.author(job.account))}&count=100&sortBy=CREATED"
    answer = yield from call(api.get(job.account, path, api.FINDER))
    if not answer.ok:
        raise errors.refusal(answer, job.now)
    since = timeline.since(job)
    posts = [one for one in _seen(answer) if one.at >= since]
    return timeline.recognised(job, posts, {str(entry["urn"]) for entry in uploads.kept(job)})


def _published(urn: str) -> Published:
    return Published(urn, f"https://www.linkedin.com/feed/update/{urn}/")


def _seen(answer: Answer) -> Iterator[Seen]:
    rows = answer.json().get("elements")
    if not isinstance(rows, list):
        raise Unreadable(answer.status)
    for row in rows:
        made = row.get("createdAt") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(made, int):
            urn = text_of(row.get("id"), answer.status)
            at = datetime.fromtimestamp(made / 1000, UTC)
            text = plain_text(str(row.get("commentary") or ""))
            yield Seen(_published(urn), text, at, frozenset(_shown(row.get("content"))))


def _shown(content: Json) -> Iterator[str]:
    """The URNs of the media that a listed post shows."""
    if not isinstance(content, dict):
        return
    several = content.get("multiImage")
    images = several.get("images") if isinstance(several, dict) else None
    for one in [content.get("media"), *(images if isinstance(images, list) else [])]:
        if isinstance(one, dict) and one.get("id"):
            yield str(one["id"])


def _prepare(job: Job, part: Part) -> Generator[Step, Reply, Request]:
    """A comment is plain text: what is escaped there is shown with its backslashes."""
    yield from ()
    body: dict[str, Json] = {
        "actor": api.author(job.account),
        "object": part.parent,
        "message": {"text": part.text},
    }
    return api.post(job.account, _comments(part), body)


def _named(answer: Answer, job: Job) -> str:
    if not answer.ok:
        raise errors.refusal(answer, job.now)
    body = answer.json()
    names = (body.get("commentUrn"), body.get("$URN"), body.get("id"))
    return next((str(name) for name in names if name), "posted")


def _find(job: Job, part: Part) -> Generator[Step, Reply, str | None]:
    """Members' comments cannot be read; then the question stays open."""
    answer = yield from call(api.get(job.account, _comments(part)))
    if not answer.ok:
        raise errors.refusal(answer, job.now)
    rows = answer.json().get("elements")
    if not isinstance(rows, list):
        raise Unreadable(answer.status)
    for row in rows:
        message = row.get("message") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(message, dict) and message.get("text") == part.text:
            return str(row.get("id") or "posted")
    return None


def _comments(part: Part) -> str:
    return f"socialActions/{api.encoded(part.parent)}/comments"


COMMENT: Final = Replies(
    what="comment",
    texts=lambda job: followups.texts_of(job.content, options.FIRST_COMMENT.name),
    prepare=_prepare,
    named=_named,
    find=_find,
)
