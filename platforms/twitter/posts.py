"""X, API v2 (https://docs.x.com/x-api): text, up to four photos, a GIF, a video; polls, quotes and
threads.

One call makes the post. X refuses the same text again for a while (403), which says that an
earlier try got through, not which post it made; the account's timeline tells.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from domain.content import Json
from domain.failures import OutcomeUnknown, Rejected, Unavailable
from platforms import followups, timeline, uploads
from platforms.adapter import Absent, Job, Published, PublishFlow, SettleFlow
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
from platforms.refusals import Meaning
from platforms.timeline import Seen
from platforms.twitter import errors, options
from platforms.twitter.media import attached
from platforms.twitter.vocabulary import either, fields
from platforms.uploads import Entry

FIELDS: Final = (
    "created_at",
    "text",
    "entities",
    "note_tweet",
    "attachments",
    "referenced_tweets",
)
REFUSED_TWICE: Final = "X has this text already, from before or since deleted; change the text"


def publish(job: Job) -> PublishFlow:
    """``POST /2/tweets``, after the media have been uploaded and processed; then the further posts
    of a thread. `options` says which settings there are."""
    return followups.publish(job, _post, THREAD)


def settle(job: Job) -> SettleFlow:
    """Looks through the account's latest posts."""
    return followups.settle(job, _look, THREAD)


def permalink(username: str, post_id: str) -> str:
    return f"https://x.com/{username}/status/{post_id}"


def _post(job: Job) -> PublishFlow:
    media = yield from attached(job)
    kept: dict[str, Json] = {"uploads": list[Json](media)} if media else {}
    yield Save({**kept, "first_sent": int(job.now.timestamp()), **_before(job)})
    try:
        answer = yield from fenced(Request("POST", "/2/tweets", body=_body(job, media)))
    except Unavailable:
        yield Save({**kept, **_before(job)})
        raise
    if not answer.ok:
        yield from _refused(job, answer, kept)
    post_id = text_of(errors.object_of(answer, job.now).get("id"), answer.status)
    return Published(post_id, permalink(job.account.username, post_id))


def _body(job: Job, shown: Sequence[Entry]) -> dict[str, Json]:
    content = job.content
    body = options.passed_on(content)
    if content.text:
        body["text"] = content.text
    if shown:
        media: dict[str, Json] = {"media_ids": [entry["id"] for entry in shown]}
        tagged = content.options.get(options.TAGGED.name)
        if tagged:
            media[options.TAGGED.name] = tagged
        body["media"] = media
    return body


def _refused(job: Job, answer: Answer, kept: dict[str, Json]) -> Generator[Step, Reply, None]:
    """X said no. That the text is there already is a doubt only when an earlier call of ours may
    have brought it there; media that X does not take any more are uploaded anew."""
    before = _before(job)
    failure = errors.refusal(answer, job.now)
    match errors.meaning(answer):
        case Meaning.DUPLICATE if before:
            yield Save({**kept, **before, "duplicate": True})
        case Meaning.DUPLICATE:
            yield Save(kept)
            words = f"{failure.message}: it was posted before"
            raise Rejected(words, item="content", code="duplicate", status=answer.status)
        case Meaning.STALE:
            yield Save(before)
        case _:
            yield Save({**kept, **before})
    raise failure


def _before(job: Job) -> dict[str, Json]:
    """Since when an earlier call of ours may have made the post, if one may."""
    first_sent = job.checkpoint.get("first_sent")
    return {} if first_sent is None else {"first_sent": first_sent}


def _look(job: Job) -> SettleFlow:
    """When X says that the text is there already, an earlier try may have made it: then from the
    first try on."""
    first = job.checkpoint.get("first_sent")
    duplicate = job.checkpoint.get("duplicate") and isinstance(first, int)
    since = datetime.fromtimestamp(first, UTC) if duplicate and isinstance(first, int) else None
    rows = yield from _rows(job, (since - timeline.CLOCK_SLACK) if since else timeline.since(job))
    answers = bool(job.content.options.get("reply"))
    posts = [_seen(job, row) for row in rows if answers or _parent(row) is None]
    found = timeline.recognised(job, posts, _keys(job), since)
    if isinstance(found, Absent) and duplicate:
        return Absent(Rejected(REFUSED_TWICE, item="content", code="duplicate", status=403))
    return found


def _prepare(job: Job, part: Part) -> Generator[Step, Reply, Request]:
    body: dict[str, Json] = {
        "text": part.text,
        "reply": {"in_reply_to_tweet_id": part.parent},
        **({"made_with_ai": True} if job.content.options.get("made_with_ai") else {}),
    }
    yield from ()
    return Request("POST", "/2/tweets", body=body)


def _named(answer: Answer, job: Job) -> str:
    return text_of(errors.object_of(answer, job.now).get("id"), answer.status)


def _find(job: Job, part: Part) -> Generator[Step, Reply, str | None]:
    """By what it answers and by its text; one that fits only in part leaves the question open."""
    known = {part.parent, str(part.kept.get("published_id"))}
    rows = yield from _rows(job, timeline.since(job))
    others = [row for row in rows if str(row["id"]) not in known]
    alike = [row for row in others if timeline.same_text(_text(row), part.text)]
    for row in alike:
        if _parent(row) in (part.parent, None):
            return str(row["id"])
    if any(_parent(row) == part.parent for row in others):
        raise OutcomeUnknown("a post with another text answers the one before")
    return None


THREAD: Final = Replies(
    what="further post",
    texts=lambda job: followups.texts_of(job.content, options.THREAD.name),
    prepare=_prepare,
    named=_named,
    find=_find,
    chained=True,
)


def _rows(job: Job, since: datetime) -> Generator[Step, Reply, list[dict[str, Json]]]:
    query = {
        "max_results": "100",
        "start_time": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "exclude": "retweets",
        **fields(job.account, *FIELDS),
    }
    path = f"/2/users/{job.account.platform_user_id}/tweets"
    answer = yield from call(Request("GET", path, query=query))
    if not answer.ok:
        raise errors.refusal(answer, job.now)
    rows = answer.json().get("data", [])
    if not isinstance(rows, list):
        raise Unreadable(answer.status)
    found = [row for row in rows if isinstance(row, dict)]
    for row in found:
        text_of(row.get("id"), answer.status)
    return found


def _seen(job: Job, row: dict[str, Json]) -> Seen:
    post_id = str(row["id"])
    attachments = row.get("attachments")
    keys = attachments.get("media_keys") if isinstance(attachments, dict) else None
    return Seen(
        Published(post_id, permalink(job.account.username, post_id)),
        _text(row),
        _made(row) or job.intent_at or job.now,
        frozenset(str(key) for key in keys) if isinstance(keys, list) else frozenset(),
    )


def _made(row: dict[str, Json]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(row.get("created_at")))
    except ValueError:
        return None


def _text(row: dict[str, Json]) -> str:
    """The text as it was sent: of a long post the whole, without the link that X adds for media."""
    note = either(row, "note_tweet")
    text = str((note if isinstance(note, dict) else row).get("text") or "")
    for link in _links(row):
        if "media_key" in link:
            text = text.replace(str(link.get("url")), "")
    return text.strip()


def _links(row: dict[str, Json]) -> Iterator[dict[str, Json]]:
    entities = row.get("entities")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for link in urls if isinstance(urls, list) else []:
        if isinstance(link, dict):
            yield link


def _parent(row: dict[str, Json]) -> str | None:
    """The post that this one answers."""
    references = either(row, "referenced_tweets")
    for one in references if isinstance(references, list) else []:
        if isinstance(one, dict) and one.get("type") == "replied_to":
            return str(one.get("id"))
    return None


def _keys(job: Job) -> set[str]:
    """What X calls the media of this post."""
    return {str(entry["key"]) for entry in uploads.kept(job) if entry.get("key")}
