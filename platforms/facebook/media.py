"""Videos, reels and stories of Facebook Pages
(https://developers.facebook.com/docs/video-api/guides/reels-publishing,
https://developers.facebook.com/docs/page-stories-api).

Facebook fetches the media from its URL; a reel or a story may also be sent to it, resumed by the
offset that it tells (setting ``upload``). A reel or a video of a story is uploaded first, under an
id that tells afterwards what became of it; a plain video gets its id in the publishing call.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from domain.content import ContentType, Json, MediaType
from domain.failures import Failure, Rejected, Unavailable
from platforms import graph, timeline
from platforms.adapter import (
    Absent,
    Job,
    Published,
    PublishFlow,
    SettleFlow,
    Settlement,
    Unsettled,
)
from platforms.facebook.options import UPLOAD
from platforms.flow import (
    Answer,
    Reply,
    Request,
    Save,
    Step,
    Unreadable,
    Upload,
    Wait,
    call,
    fenced,
    measure,
    text_of,
    upload,
)
from platforms.refusals import of_item

VERSION: Final = "v25.0"
SITE: Final = "https://www.facebook.com"
POLL_EVERY: Final = 5.0
POLL_FOR: Final = 1800.0
FETCH_SECONDS: Final = 300.0
SEND_SECONDS: Final = 900.0
RESUMES: Final = 3
OFFSET_FAULTS: Final = (b"OffsetInvalidError", b"PartialRequestError")
PROCESSING: Final = "Facebook is processing the video"
STARTED: Final = (("video", "video_id"), ("upload_url", "upload_url"))
DONE: Final = ("complete", "completed")
PHASES: Final = ("uploading_phase", "processing_phase", "publishing_phase")


def page(job: Job) -> str:
    return f"/{VERSION}/{job.account.platform_user_id}"


def is_film(job: Job) -> bool:
    return job.content.media[0].type is MediaType.VIDEO


def video(job: Job) -> PublishFlow:
    """``POST /{page}/videos``: Facebook answers with an id, and publishes when it is through."""
    title = {"title": job.content.title} if job.content.title else {}
    form = {
        "file_url": job.content.media[0].url,
        "description": job.content.text,
        "published": "true",
        **title,
    }
    request = Request("POST", f"{page(job)}/videos", form=form, timeout=FETCH_SECONDS)
    answer = yield from fenced(request)
    body = _of_item(answer, job.now)
    yield Save({"video": text_of(body.get("id"), answer.status)})
    yield Wait(POLL_EVERY, POLL_FOR, PROCESSING)
    raise TypeError("a wait ends the flow")


def reel(job: Job) -> PublishFlow:
    """Start, let Facebook fetch the video, wait until it has, finish. Option ``place`` is passed
    on."""
    content = job.content
    title = {"title": content.title} if content.title else {}
    place = graph.formed(content.options, ("place",))
    form = {"video_state": "PUBLISHED", "description": content.text, **title, **place}
    yield from _finished(job, "video_reels", form)
    yield Wait(POLL_EVERY, POLL_FOR, PROCESSING)
    raise TypeError("a wait ends the flow")


def story(job: Job) -> PublishFlow:
    """A story has no text. Its photo is uploaded unpublished first; its video goes like a reel."""
    if is_film(job):
        yield from _finished(job, "video_stories", {})
        yield Wait(POLL_EVERY, POLL_FOR, PROCESSING)
        raise TypeError("a wait ends the flow")
    photo = job.checkpoint.get("photo")
    if not isinstance(photo, str):
        photo = yield from hidden_photo(job, 0)
        yield Save({"photo": photo})
    request = Request("POST", f"{page(job)}/photo_stories", form={"photo_id": photo})
    answer = yield from fenced(request)
    post_id = text_of(_of_item(answer, job.now).get("post_id"), answer.status)
    yield Save({"photo": photo, "published_id": post_id})
    link = yield from graph.field_of(_node(post_id, "url"), "url")
    return Published(post_id, _link(link))


def hidden_photo(job: Job, position: int) -> Generator[Step, Reply, str]:
    """Upload one photo without publishing it; Facebook keeps it for a day. Returns its id."""
    photo = job.content.media[position]
    alt = {"alt_text_custom": photo.alt_text} if photo.alt_text else {}
    form = {"url": photo.url, "published": "false", **alt}
    answer = yield from call(Request("POST", f"{page(job)}/photos", form=form))
    try:
        body = graph.object_of(answer, job.now)
    except Rejected as refused:
        raise of_item(refused, position) from None
    return text_of(body.get("id"), answer.status)


def settle(job: Job) -> SettleFlow:
    """By the id of the upload; for a plain video whose id got lost, by the Page's list."""
    if job.content.kind is ContentType.STORY and not is_film(job):
        found = yield from _among_stories(job, job.checkpoint.get("photo"))
        return found
    known = job.checkpoint.get("video")
    if isinstance(known, str):
        settlement = yield from _status(job, known)
        if isinstance(settlement, Absent):
            # What failed cannot be finished any more; the next try uploads anew.
            yield Save({} if settlement.because else job.checkpoint)
        return settlement
    if job.content.kind is ContentType.VIDEO:
        found = yield from _among_videos(job)
        return found
    return Unsettled("the video's id was not kept")


def _finished(job: Job, edge: str, form: Mapping[str, str]) -> Generator[Step, Reply, None]:
    kept = yield from _uploaded(job, edge)
    whole = {"upload_phase": "finish", "video_id": str(kept["video"]), **form}
    answer = yield from fenced(Request("POST", f"{page(job)}/{edge}", form=whole))
    body = _of_item(answer, job.now)
    if body.get("success") is not True:
        raise Unreadable(answer.status)
    yield Save({**kept, "post": body.get("post_id")})


def _uploaded(job: Job, edge: str) -> Generator[Step, Reply, dict[str, Json]]:
    """Returns the checkpoint of a video that Facebook has, fetched or sent."""
    kept = dict(job.checkpoint)
    if not {"video", "upload_url"} <= kept.keys():
        form = {"upload_phase": "start"}
        answer = yield from call(Request("POST", f"{page(job)}/{edge}", form=form))
        body = graph.object_of(answer, job.now)
        kept = {name: text_of(body.get(of), answer.status) for name, of in STARTED}
        yield Save(kept)
    if not kept.get("fetched"):
        take = _sent if job.content.options.get(UPLOAD.name) == "bytes" else _fetched
        yield from take(job, kept)
        kept["fetched"] = True
        yield Save(kept)
    answer = yield from call(_node(str(kept["video"]), "status"))
    status = _status_of(graph.object_of(answer, job.now), answer)
    failed = _failed(status, answer, job.now)
    if failed is not None:
        yield Save({})
        raise failed
    if _phase(status, "uploading_phase").get("status") not in DONE:
        yield Wait(POLL_EVERY, POLL_FOR, "Facebook is fetching the video")
    return kept


def _sent(job: Job, kept: Mapping[str, Json]) -> Generator[Step, Reply, None]:
    """Send the bytes from where Facebook has them to; after a break it is asked anew."""
    film = job.content.media[0]
    facts = yield from measure(film)
    for _ in range(RESUMES):
        answer = yield from call(_node(str(kept["video"]), "status"))
        status = _status_of(graph.object_of(answer, job.now), answer)
        offset = _offset(_phase(status, "uploading_phase"))
        if offset >= facts.size:
            return
        headers = {"offset": str(offset), "file_size": str(facts.size)}
        request = Request(
            "POST", str(kept["upload_url"]), headers=headers, scheme="OAuth", timeout=SEND_SECONDS
        )
        answer = yield from upload(Upload(request, film, offset))
        if not any(mark in answer.content for mark in OFFSET_FAULTS):
            yield from _taken(answer, job)
            return
    raise Unavailable("Facebook did not take the video's bytes", status=answer.status)


def _offset(uploading: Mapping[str, Json]) -> int:
    """Documented as ``bytes_transfered``, and as ``bytes_transferred`` elsewhere."""
    known = uploading.get("bytes_transfered", uploading.get("bytes_transferred"))
    return known if isinstance(known, int) else 0


def _fetched(job: Job, kept: Mapping[str, Json]) -> Generator[Step, Reply, None]:
    """The address goes in a header, which takes ASCII only."""
    address = quote(job.content.media[0].url, safe="%/:=&?~#+!$,;'@()*[]")
    headers = {"file_url": address}
    answer = yield from call(
        Request(
            "POST", str(kept["upload_url"]), headers=headers, scheme="OAuth", timeout=FETCH_SECONDS
        )
    )
    yield from _taken(answer, job)


def _taken(answer: Answer, job: Job) -> Generator[Step, Reply, None]:
    if answer.ok:
        return
    if b"debug_info" in answer.content:
        yield Save({})
        raise Unavailable("Facebook could not take the video", status=answer.status)
    _of_item(answer, job.now, published=False)


def _status(job: Job, known: str) -> Generator[Step, Reply, Settlement]:
    answer = yield from call(_node(known, "status,post_id,permalink_url"))
    body = graph.object_of(answer, job.now)
    status = _status_of(body, answer)
    failed = _failed(status, answer, job.now)
    if failed is not None:
        return Absent(failed)
    if _is_out(status, job.content.kind):
        found = yield from _named(job, known, body)
        return found
    if job.content.kind is not ContentType.VIDEO and _is_idle(status) and timeline.waited(job):
        # The finishing call did not arrive. Repeated for the same upload it cannot make a second
        # post; a plain video would be one, so of that the status alone proves nothing.
        return Absent()
    yield Wait(POLL_EVERY, POLL_FOR, PROCESSING)
    return Unsettled(PROCESSING)


def _named(
    job: Job, known: str, body: Mapping[str, Json]
) -> Generator[Step, Reply, Published | Unsettled]:
    """As what the video is out: a story by its place among the stories, a plain video as its
    post, a reel under its own id."""
    if job.content.kind is ContentType.STORY:
        found = yield from _among_stories(job, known)
        if isinstance(found, Published):
            return found
        post = job.checkpoint.get("post") or body.get("post_id")
        return Published(str(post), None) if post else Unsettled("it is out, but not listed yet")
    if job.content.kind is ContentType.REEL:
        return Published(known, f"{SITE}/reel/{known}")
    post_id = body.get("post_id")
    return Published(str(post_id) if post_id else known, _link(body.get("permalink_url")))


def _among_stories(job: Job, upload: Json) -> Generator[Step, Reply, Settlement]:
    if not isinstance(upload, str):
        return Unsettled("the upload's id was not kept")
    query = {"fields": "post_id,status,media_id,url", "limit": "100"}
    answer = yield from call(Request("GET", f"{page(job)}/stories", query=query))
    for row in graph.rows(answer, job.now):
        if str(row.get("media_id")) == upload:
            return Published(text_of(row.get("post_id"), answer.status), _link(row.get("url")))
    # A photo or video can be posted as a story once only, so trying it again is safe.
    return Absent() if timeline.waited(job) else Unsettled("the Page's stories do not show it yet")


def _among_videos(job: Job) -> Generator[Step, Reply, Settlement]:
    """A video is listed at some time while it is processed; none promises when."""
    query = {
        "fields": "id,description,created_time,permalink_url",
        "limit": "100",
        "since": str(int(timeline.since(job).timestamp())),
    }
    answer = yield from call(Request("GET", f"{page(job)}/videos", query=query))
    posts = [
        (
            str(row.get("description") or ""),
            graph.moment(row.get("created_time")),
            Published(text_of(row.get("id"), answer.status), None),
        )
        for row in graph.recent(graph.rows(answer, job.now), "created_time", timeline.since(job))
    ]
    found = timeline.nearest(job, posts)
    if isinstance(found, Published):
        yield Save({"video": found.id})
        found = yield from _status(job, found.id)
    elif isinstance(found, Absent) and not timeline.waited(job, timedelta(seconds=POLL_FOR)):
        return Unsettled("Facebook may still be fetching the video")
    return found


def _node(node: str, fields: str) -> Request:
    return Request("GET", f"/{VERSION}/{node}", query={"fields": fields})


def _of_item(answer: Answer, now: datetime, *, published: bool = True) -> dict[str, Json]:
    """The answer's object. A refusal of the content is one of its only media."""
    try:
        return graph.object_of(answer, now, published=published)
    except Rejected as refused:
        raise of_item(refused, 0) from None


def _status_of(body: Mapping[str, Json], answer: Answer) -> Mapping[str, Json]:
    status = body.get("status")
    if not isinstance(status, dict):
        raise Unreadable(answer.status)
    return status


def _phase(status: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    phase = status.get(name)
    return phase if isinstance(phase, dict) else {}


def _failed(status: Mapping[str, Json], answer: Answer, now: datetime) -> Failure | None:
    phases = [_phase(status, name) for name in PHASES]
    bad = [phase for phase in phases if phase.get("status") == "error"]
    if not bad and status.get("video_status") not in ("error", "upload_failed", "expired"):
        return None
    for phase in bad:
        errors = phase.get("errors") or phase.get("error")
        first = errors[0] if isinstance(errors, list) else errors
        if isinstance(first, dict):
            failure = graph.failure_of(first, answer, now)
            return of_item(failure, 0) if isinstance(failure, Rejected) else failure
    return Unavailable(f"Facebook could not process the video ({status.get('video_status')})")


def _is_out(status: Mapping[str, Json], kind: ContentType) -> bool:
    publishing = _phase(status, "publishing_phase")
    if not publishing:
        return kind is ContentType.VIDEO and status.get("video_status") == "ready"
    said = publishing.get("publish_status")
    return publishing.get("status") in DONE and said in ("published", None)


def _is_idle(status: Mapping[str, Json]) -> bool:
    publishing = _phase(status, "publishing_phase").get("status")
    processing = _phase(status, "processing_phase").get("status")
    return publishing == "not_started" and processing != "in_progress"


def _link(value: Json) -> str | None:
    """Some links come as paths."""
    if not isinstance(value, str):
        return None
    return f"{SITE}{value}" if value.startswith("/") else value
